/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/confine.h"

#include "decode/confine-private.h"
#include "decode/decoder-protocol.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* The most that a picture of 250 megapixels needs: a progressive CMYK JPEG has 4 coefficients of 2 bytes a
 * pixel, the decoded picture 3 bytes, and a slightly smaller rendering of it 3 more. (An interlaced PNG that
 * is turned needs less: 3 + 3 + 3.) Then libraries, fonts, buffers. */
#define BYTES_PER_PIXEL (4 * 2 + 3 + 3)
#define OTHER_BYTES (G_GUINT64_CONSTANT (384) * 1024 * 1024)
#define MEMORY_LIMIT (G_GUINT64_CONSTANT (1) * OWL_DECODER_MAX_PIXELS * BYTES_PER_PIXEL + OTHER_BYTES)
#define MAX_DESCRIPTORS 64

static void
set_limit (int resource, guint64 value)
{
  struct rlimit limit = { .rlim_cur = value, .rlim_max = value };

  setrlimit (resource, &limit);
}

void
owl_confine_process (const char *const *readable)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  set_limit (RLIMIT_CORE, 0);
  set_limit (RLIMIT_FSIZE, OWL_DECODER_MAX_DATA);
  signal (SIGXFSZ, SIG_IGN);
#ifndef __SANITIZE_ADDRESS__
  /* The address sanitiser reserves terabytes, opens files of its own, and looks for leaks with a thread that traces the others. */
  set_limit (RLIMIT_AS, MEMORY_LIMIT);
  set_limit (RLIMIT_NOFILE, MAX_DESCRIPTORS);
  /* Each as far as the kernel and the build have it: neither is everywhere, and one still holds without the other. */
  owl_confine_files (readable);
  owl_confine_calls ();
#endif
}

void
owl_confine_request (void)
{
  struct rlimit limit;
  struct rusage used;

  if (getrusage (RUSAGE_SELF, &used) != 0 || getrlimit (RLIMIT_CPU, &limit) != 0)
    return;
  limit.rlim_cur = (rlim_t) (used.ru_utime.tv_sec + used.ru_stime.tv_sec + OWL_DECODER_SECONDS + 2);
  setrlimit (RLIMIT_CPU, &limit);
}
