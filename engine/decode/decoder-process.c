/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/decoder-private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "owl-decoder"
#define MAX_DESCRIPTORS 4 /* taken from a message, to be able to close those that should not be there */

/* Where fontconfig looks, and what the sanitisers read; nothing else of the environment is passed on. */
static const char *const kept_variables[] = {
  "HOME",
  "XDG_CACHE_HOME",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "TESSDATA_PREFIX",
  "FONTCONFIG_FILE",
  "FONTCONFIG_PATH",
  "FONTCONFIG_SYSROOT",
#ifdef __SANITIZE_ADDRESS__
  "ASAN_OPTIONS",
  "UBSAN_OPTIONS",
#endif
};

/* The program lies beside the running one, in `engine/` of a build tree, or where it is installed. */
static char *
find_program (GError **error)
{
  static const char *const places[] = { ".", "engine", "../engine", "../../engine" };
  const char *chosen = g_getenv ("OWL_DECODER");
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = self ? g_path_get_dirname (self) : NULL;
  char *path;

  if (chosen && *chosen)
    return g_strdup (chosen);
  for (gsize i = 0; folder && i < G_N_ELEMENTS (places); i++) {
    path = g_build_filename (folder, places[i], PROGRAM, NULL);
    if (g_file_test (path, G_FILE_TEST_IS_REGULAR) && g_file_test (path, G_FILE_TEST_IS_EXECUTABLE))
      return path;
    g_free (path);
  }
  path = g_build_filename (OWL_LIBEXECDIR, PROGRAM, NULL);
  if (!g_file_test (path, G_FILE_TEST_IS_EXECUTABLE)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO,
                 "The program %s, which reads pictures, is missing: it should be %s", PROGRAM, path);
    g_clear_pointer (&path, g_free);
  }
  return path;
}

static char **
make_environment (void)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_add (builder, "LC_ALL=C.UTF-8");
  /* Text recognition would otherwise take every processor from the model. */
  g_strv_builder_add (builder, "OMP_THREAD_LIMIT=1");
  for (gsize i = 0; i < G_N_ELEMENTS (kept_variables); i++) {
    const char *value = g_getenv (kept_variables[i]);
    g_autofree char *entry = value ? g_strconcat (kept_variables[i], "=", value, NULL) : NULL;

    if (entry)
      g_strv_builder_add (builder, entry);
  }
  return g_strv_builder_end (builder);
}

typedef struct {
  const char *program;
  int socket;
  int pid;
  int result; /* an errno */
  gboolean done;
} Start;

static GMutex start_lock;
static GCond start_done;

/* On the thread that starts all decoders. A decoder dies with its parent *thread*, so that must be one that
 * never ends. posix_spawn neither copies the memory of the app nor runs any of its code in the child. */
static void
start_on_thread (gpointer data, gpointer unused)
{
  Start *start = data;
  char *argv[] = { (char *) PROGRAM, NULL };
  g_auto (GStrv) environment = make_environment ();
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  int result, pid = 0;

  sigemptyset (&none);
  sigfillset (&all);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setsigmask (&attributes, &none);
  posix_spawnattr_setsigdefault (&attributes, &all);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_addopen (&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen (&actions, 1, "/dev/null", O_WRONLY, 0);
#ifndef __SANITIZE_ADDRESS__
  posix_spawn_file_actions_addopen (&actions, 2, "/dev/null", O_WRONLY, 0);
#endif
  posix_spawn_file_actions_adddup2 (&actions, start->socket, OWL_DECODER_SOCKET);
  posix_spawn_file_actions_addclosefrom_np (&actions, OWL_DECODER_SOCKET + 1);
  result = posix_spawn (&pid, start->program, &actions, &attributes, argv, environment);
  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attributes);

  g_mutex_lock (&start_lock);
  start->pid = pid;
  start->result = result;
  start->done = TRUE;
  g_cond_broadcast (&start_done);
  g_mutex_unlock (&start_lock);
}

static void
run_start (Start *start)
{
  static GThreadPool *pool;

  g_mutex_lock (&start_lock);
  /* An exclusive pool keeps its thread for ever. */
  if (!pool)
    pool = g_thread_pool_new (start_on_thread, NULL, 1, TRUE, NULL);
  g_thread_pool_push (pool, start, NULL);
  while (!start->done)
    g_cond_wait (&start_done, &start_lock);
  g_mutex_unlock (&start_lock);
}

gboolean
owl_decoder_process_start (OwlDecoderProcess *process, GError **error)
{
  g_autofree char *program = find_program (error);
  Start start = { .program = program };
  int sockets[2];

  if (!program)
    return FALSE;
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "The program that reads pictures could not be started: %s",
                 g_strerror (errno));
    return FALSE;
  }
  /* Above the numbers that the child fills first. */
  start.socket = fcntl (sockets[1], F_DUPFD_CLOEXEC, OWL_DECODER_SOCKET + 1);
  close (sockets[1]);
  if (start.socket >= 0)
    run_start (&start);
  else
    start.result = errno;
  if (start.socket >= 0)
    close (start.socket);
  if (start.result != 0) {
    close (sockets[0]);
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s, which reads pictures, could not be started: %s",
                 program, g_strerror (start.result));
    return FALSE;
  }
  process->pid = start.pid;
  process->socket = sockets[0];
  return TRUE;
}

static gboolean
send_request (int socket, const OwlDecoderRequest *request, int fd)
{
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (sizeof (int))];
  } control = { 0 };
  struct iovec part = { .iov_base = (void *) request, .iov_len = sizeof *request };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
  gssize n;

  if (fd >= 0) {
    struct cmsghdr *header;

    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    header = CMSG_FIRSTHDR (&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN (sizeof (int));
    memcpy (CMSG_DATA (header), &fd, sizeof fd);
  }
  do
    n = sendmsg (socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  return n == (gssize) sizeof *request;
}

/* Waits until the socket has something to say. */
static OwlExchange
wait_for_reply (int socket, gint64 deadline, GCancellable *cancellable)
{
  GPollFD cancel = { .fd = -1 };
  struct pollfd fds[2] = { { .fd = socket, .events = POLLIN } };
  OwlExchange result = OWL_EXCHANGE_TIMEOUT;
  gboolean has_cancel = cancellable && g_cancellable_make_pollfd (cancellable, &cancel);
  gint64 left;

  fds[1].fd = has_cancel ? cancel.fd : -1;
  fds[1].events = POLLIN;
  while ((left = deadline - g_get_monotonic_time ()) > 0) {
    int n = poll (fds, 2, (int) MIN ((left + 999) / 1000, G_MAXINT));

    if (n < 0 && errno != EINTR)
      break;
    if (cancellable && g_cancellable_is_cancelled (cancellable)) {
      result = OWL_EXCHANGE_CANCELLED;
      break;
    }
    if (n > 0 && fds[0].revents != 0) {
      result = OWL_EXCHANGE_DONE;
      break;
    }
  }
  if (has_cancel)
    g_cancellable_release_fd (cancellable);
  return result;
}

/* Takes the descriptors out of a message: the only one goes to `fd`, others are closed. FALSE if there were
 * others. */
static gboolean
take_descriptors (struct msghdr *message, int *fd)
{
  int n_found = 0;

  for (struct cmsghdr *header = CMSG_FIRSTHDR (message); header; header = CMSG_NXTHDR (message, header)) {
    gsize n;

    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
      continue;
    n = (header->cmsg_len - CMSG_LEN (0)) / sizeof (int);
    for (gsize i = 0; i < n; i++) {
      int found;

      memcpy (&found, CMSG_DATA (header) + i * sizeof (int), sizeof found);
      if (n_found++ == 0)
        *fd = found;
      else
        close (found);
    }
  }
  return n_found <= 1 && !(message->msg_flags & MSG_CTRUNC);
}

static OwlExchange
receive_reply (int socket, const OwlDecoderRequest *request, OwlDecoderReply *reply, int *fd)
{
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (MAX_DESCRIPTORS * sizeof (int))];
  } control;
  struct iovec part = { .iov_base = reply, .iov_len = sizeof *reply };
  struct msghdr message = {
    .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
  };
  gboolean descriptors_right;
  gssize n;

  do
    n = recvmsg (socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return OWL_EXCHANGE_GONE;
  descriptors_right = take_descriptors (&message, fd);
  if (n == 0 && *fd < 0)
    return OWL_EXCHANGE_GONE;
  if (!descriptors_right || n != (gssize) sizeof *reply || (message.msg_flags & MSG_TRUNC)
      || reply->magic != OWL_DECODER_MAGIC || reply->serial != request->serial
      || reply->operation != request->operation)
    return OWL_EXCHANGE_WRONG;
  return OWL_EXCHANGE_DONE;
}

OwlExchange
owl_decoder_process_exchange (OwlDecoderProcess *process, const OwlDecoderRequest *request, int request_fd,
                              OwlDecoderReply *reply, int *reply_fd, gint64 timeout_ms,
                              GCancellable *cancellable)
{
  gint64 deadline = g_get_monotonic_time () + timeout_ms * 1000;
  OwlExchange result;

  *reply_fd = -1;
  if (!send_request (process->socket, request, request_fd))
    return OWL_EXCHANGE_GONE;
  result = wait_for_reply (process->socket, deadline, cancellable);
  if (result == OWL_EXCHANGE_DONE)
    result = receive_reply (process->socket, request, reply, reply_fd);
  if (result != OWL_EXCHANGE_DONE && *reply_fd >= 0) {
    close (*reply_fd);
    *reply_fd = -1;
  }
  return result;
}

int
owl_decoder_process_stop (OwlDecoderProcess *process)
{
  int status = 0;

  if (process->socket >= 0)
    close (process->socket);
  if (process->pid > 0) {
    kill (process->pid, SIGKILL);
    while (waitpid (process->pid, &status, 0) < 0 && errno == EINTR)
      continue;
  }
  *process = (OwlDecoderProcess) OWL_DECODER_PROCESS_NONE;
  return status;
}
