/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the decoder denies itself, tried out by a process that has confined itself in the same way. */
#include "decode/confine-private.h"
#include "decode/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit status of a child whose kernel or build lacks what is tested. */
#define SKIPPED 77

static gboolean
fails (long result)
{
  return result < 0 && (errno == EPERM || errno == EACCES);
}

static void *
do_nothing (void *data)
{
  return data;
}

static int
try_files (void)
{
  g_autofree char *own = g_build_filename (g_get_home_dir (), NULL);

  static const char *const readable[] = { "/etc/hostname", "/nowhere", NULL };

  if (!owl_confine_files (readable))
    return SKIPPED;
  if (!fails (open ("/etc/passwd", O_RDONLY)) || !fails (open (own, O_RDONLY | O_DIRECTORY)) || !fails (open ("/proc/self/maps", O_RDONLY)))
    return 1;
  if (!fails (open ("/tmp/owl-confine-test", O_WRONLY | O_CREAT, 0600)) || !fails (open ("/dev/shm", O_TMPFILE | O_RDWR, 0600)))
    return 2;
  if (!fails (mkdir ("/tmp/owl-confine-test", 0700)) || !fails (open ("/dev/null", O_WRONLY)))
    return 3;
  /* Fonts stay readable. */
  if (open ("/etc/fonts/fonts.conf", O_RDONLY) < 0 && errno != ENOENT)
    return 4;
  if (open ("/usr/share/fonts", O_RDONLY | O_DIRECTORY) < 0 && errno != ENOENT)
    return 5;
  /* What was asked for as well, and nothing beside it. */
  if (open (readable[0], O_RDONLY) < 0 && errno != ENOENT)
    return 6;
  if (!fails (open ("/etc/group", O_RDONLY)))
    return 7;
  return 0;
}

static int
try_calls (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (9), .sin_addr = { htonl (INADDR_LOOPBACK) } };
  char *const argv[] = { (char *) "true", NULL };
  int before = socket (AF_INET, SOCK_STREAM, 0), pair[2];
  GThread *thread;
  void *memory;

  if (!owl_confine_calls ())
    return SKIPPED;
  if (!fails (socket (AF_INET, SOCK_STREAM, 0)) || !fails (socket (AF_UNIX, SOCK_STREAM, 0)) || !fails (socketpair (AF_UNIX, SOCK_STREAM, 0, pair)))
    return 1;
  if (!fails (connect (before, (struct sockaddr *) &address, sizeof address)))
    return 2;
  if (!fails (execv ("/bin/true", argv)) || !fails (fork ()) || !fails (syscall (SYS_vfork)))
    return 3;
  if (!fails (kill (getppid (), 0)) || !fails (ptrace (PTRACE_ATTACH, getppid (), NULL, NULL)) ||
      !fails (syscall (SYS_process_vm_readv, getppid (), NULL, 0, NULL, 0, 0)))
    return 4;
  if (!fails (open ("/tmp/owl-confine-test", O_WRONLY | O_CREAT, 0600)) || !fails (unlink ("/tmp/owl-confine-test")) ||
      !fails (rename ("/tmp/a", "/tmp/b")) || !fails (open ("/tmp", O_TMPFILE | O_RDWR, 0600)))
    return 5;
  if (!fails (syscall (SYS_io_uring_setup, 1, NULL)) || !fails (syscall (SYS_bpf, 0, NULL, 0)) || !fails (syscall (SYS_unshare, 0)) ||
      !fails (syscall (SYS_keyctl, 0)))
    return 6;
  /* Memory and threads are still to be had. */
  memory = mmap (NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || open ("/dev/null", O_RDONLY) < 0 || memfd_create ("x", MFD_CLOEXEC | MFD_ALLOW_SEALING) < 0)
    return 7;
  thread = g_thread_new ("thread", do_nothing, memory);
  return g_thread_join (thread) == memory ? 0 : 8;
}

/* All of it, as the decoder does it. */
static int
try_everything (void)
{
  struct rlimit limit;
  const char *none = NULL;

  owl_confine_process (&none);
  owl_confine_request ();
  if (getrlimit (RLIMIT_CPU, &limit) != 0 || limit.rlim_cur > 600)
    return 1;
  if (getrlimit (RLIMIT_AS, &limit) != 0 || limit.rlim_cur > (rlim_t) 8 << 30)
    return 2;
  if (mmap (NULL, (gsize) 64 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED)
    return 3;
  return 0;
}

static void
run_confined (gconstpointer data)
{
  int (*func) (void) = data;
  int status;
  pid_t pid;

#ifdef __SANITIZE_ADDRESS__
  g_test_skip ("the address sanitiser needs what is forbidden here");
  return;
#endif
  pid = fork ();
  if (pid == 0) {
    prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    _exit (func ());
  }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == SKIPPED)
    g_test_skip ("not to be had here");
  else
    g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/confine/files", try_files, run_confined);
  g_test_add_data_func ("/confine/calls", try_calls, run_confined);
  g_test_add_data_func ("/confine/everything", try_everything, run_confined);
  return g_test_run ();
}
