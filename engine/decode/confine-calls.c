/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/confine-private.h"

#ifdef OWL_HAVE_SECCOMP

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>

/* What the libraries need to read memory and files, to run threads of their own and to answer. A call that is not here fails with EPERM, which
 * they take as "not to be had"; no call that reaches another process, the network or a new program is here. */
static const char *const allowed[] = {
  /* memory */
  "brk", "madvise", "mmap", "mprotect", "mremap", "munmap", "memfd_create", "membarrier",
  /* descriptors */
  "close", "close_range", "dup", "eventfd2", "fadvise64", "fcntl", "fstat", "fstatfs", "ftruncate", "getdents64", "lseek", "poll", "ppoll",
  "pread64", "preadv", "read", "readv", "write", "writev", "sendmsg", "recvmsg",
  /* looking for files; what may be opened is below and with Landlock */
  "access", "faccessat", "faccessat2", "getcwd", "lstat", "newfstatat", "readlink", "readlinkat", "stat", "statfs", "statx",
  /* threads, signals, time, itself */
  "arch_prctl", "clock_getres", "clock_gettime", "clock_nanosleep", "exit", "exit_group", "futex", "getegid", "geteuid", "getgid", "getpid",
  "getrandom", "getrusage", "gettid", "gettimeofday", "getuid", "nanosleep", "restart_syscall", "rseq", "rt_sigaction", "rt_sigprocmask",
  "rt_sigreturn", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_yield", "set_robust_list", "set_tid_address",
  "sigaltstack", "sysinfo", "tgkill", "uname",
};

static void
allow (scmp_filter_ctx filter, const char *name)
{
  int number = seccomp_syscall_resolve_name (name);

  if (number != __NR_SCMP_ERROR)
    seccomp_rule_add (filter, SCMP_ACT_ALLOW, number, 0);
}

static void
allow_in_part (scmp_filter_ctx filter)
{
  /* What must not be among the flags of an open: files are opened for reading. */
  const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);

  seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (open), 1, SCMP_A1 (SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
  seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (openat), 1, SCMP_A2 (SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
  /* Threads, but no processes. The flags of clone3 cannot be looked at: without it the C library takes clone. */
  seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (clone), 1, SCMP_A0 (SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
  seccomp_rule_add (filter, SCMP_ACT_ERRNO (ENOSYS), SCMP_SYS (clone3), 0);
  /* Limits of its own, names of threads. */
  seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (prlimit64), 1, SCMP_A0 (SCMP_CMP_EQ, 0));
  seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (prctl), 1, SCMP_A0 (SCMP_CMP_EQ, PR_SET_NAME));
}

gboolean
owl_confine_calls (void)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ERRNO (EPERM));
  gboolean done;

  if (!filter)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (allowed); i++)
    allow (filter, allowed[i]);
  allow_in_part (filter);
  done = seccomp_load (filter) == 0;
  seccomp_release (filter);
  return done;
}

#else

gboolean
owl_confine_calls (void)
{
  return FALSE;
}

#endif
