/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A decoder that misbehaves: takes the place of owl-decoder ($OWL_DECODER) in the tests of its client. What
 * it does wrong is written in the file that it is asked to open: "open WHAT", or "render WHAT" to do it at
 * the second request. */

#include "decode/decoder-protocol.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static void
send_bytes (const void *data, size_t size, const int *fds, int n_fds)
{
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (8 * sizeof (int))];
  } control = { 0 };
  struct iovec part = { .iov_base = (void *) data, .iov_len = size };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

  if (n_fds > 0) {
    struct cmsghdr *header;

    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE ((size_t) n_fds * sizeof (int));
    header = CMSG_FIRSTHDR (&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN ((size_t) n_fds * sizeof (int));
    memcpy (CMSG_DATA (header), fds, (size_t) n_fds * sizeof (int));
  }
  if (sendmsg (OWL_DECODER_SOCKET, &message, MSG_NOSIGNAL) < 0)
    _exit (3);
}

static int
receive (OwlDecoderRequest *request)
{
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (sizeof (int))];
  } control = { 0 };
  struct iovec part = { .iov_base = request, .iov_len = sizeof *request };
  struct msghdr message = {
    .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
  };
  int fd = -1;

  if (recvmsg (OWL_DECODER_SOCKET, &message, 0) != sizeof *request)
    _exit (0);
  if (CMSG_FIRSTHDR (&message))
    memcpy (&fd, CMSG_DATA (CMSG_FIRSTHDR (&message)), sizeof fd);
  return fd;
}

static int
make_memfd (size_t size, int seals)
{
  int fd = memfd_create ("fake", MFD_ALLOW_SEALING);

  if (ftruncate (fd, (off_t) size) != 0 || fcntl (fd, F_ADD_SEALS, seals) != 0)
    _exit (4);
  return fd;
}

/* The numbers of the open descriptors and the names of the variables: what the client let through. */
static void
describe_surroundings (char *text, size_t size)
{
  DIR *folder = opendir ("/proc/self/fd");
  struct dirent *entry;
  size_t used = 0;

  while (folder && (entry = readdir (folder))) {
    if (entry->d_name[0] != '.' && atoi (entry->d_name) != dirfd (folder))
      used += (size_t) snprintf (text + used, size - used, "%s ", entry->d_name);
  }
  for (char **variable = environ; *variable; variable++)
    used += (size_t) snprintf (text + used, size - used, "%.*s ", (int) strcspn (*variable, "="), *variable);
}

/* Answers wrongly, or not at all. `reply` is right as it stands, but for the data of a rendering of 2 x 2
 * pixels. */
static void
misbehave (const char *what, OwlDecoderReply *reply)
{
  int fds[8], n_fds = 0;
  size_t size = sizeof *reply;
  gboolean is_render = reply->operation == OWL_DECODER_RENDER;

  if (is_render) {
    reply->width = reply->height = 2;
    reply->data_size = 12;
    fds[n_fds++] = make_memfd (strcmp (what, "small-memory") == 0   ? 11
                               : strcmp (what, "large-memory") == 0 ? 4096
                                                                    : 12,
                               strcmp (what, "unsealed") == 0 ? F_SEAL_GROW | F_SEAL_SHRINK : SEALS);
  }
  if (strcmp (what, "hang") == 0)
    pause ();
  else if (strcmp (what, "crash") == 0)
    abort ();
  else if (strcmp (what, "exit") == 0)
    _exit (0);
  else if (strcmp (what, "processor-time") == 0)
    raise (SIGXCPU);
  else if (strcmp (what, "short") == 0)
    size -= 1;
  else if (strcmp (what, "tiny") == 0)
    size = 1;
  else if (strcmp (what, "long") == 0)
    size += 8; /* the caller's buffer is larger */
  else if (strcmp (what, "magic") == 0)
    reply->magic ^= 1;
  else if (strcmp (what, "serial") == 0)
    reply->serial += 1;
  else if (strcmp (what, "operation") == 0)
    reply->operation = OWL_DECODER_TEXT;
  else if (strcmp (what, "status") == 0)
    reply->status = 1000;
  else if (strcmp (what, "format") == 0)
    reply->format = 99;
  else if (strcmp (what, "no-pages") == 0)
    reply->n_pages = 0;
  else if (strcmp (what, "negative-pages") == 0)
    reply->format = OWL_FORMAT_PDF, reply->n_pages = -1;
  else if (strcmp (what, "endless-text") == 0)
    memset (reply->text, 'x', sizeof reply->text);
  else if (strcmp (what, "bytes") == 0)
    reply->status = 1, strcpy (reply->text, "is \xff\xfe");
  else if (strcmp (what, "control") == 0)
    reply->status = 1, strcpy (reply->text, "is \x1b[31m red");
  else if (strcmp (what, "no-memory") == 0)
    n_fds = 0;
  else if (strcmp (what, "three-descriptors") == 0)
    fds[n_fds++] = open ("/dev/null", O_RDONLY), fds[n_fds++] = open ("/dev/null", O_RDONLY);
  else if (strcmp (what, "many-descriptors") == 0)
    while (n_fds < 8)
      fds[n_fds++] = open ("/dev/null", O_RDONLY);
  else if (strcmp (what, "descriptor-with-error") == 0)
    reply->status = 1, fds[n_fds++] = open ("/dev/null", O_RDONLY);
  else if (strcmp (what, "descriptor") == 0)
    fds[n_fds++] = open ("/dev/null", O_RDONLY);
  else if (strcmp (what, "device") == 0)
    fds[0] = open ("/dev/zero", O_RDONLY);
  else if (strcmp (what, "zero-width") == 0)
    reply->width = 0;
  else if (strcmp (what, "negative") == 0)
    reply->width = reply->height = -2;
  else if (strcmp (what, "huge") == 0)
    reply->width = reply->height = G_MAXINT32;
  else if (strcmp (what, "wide") == 0)
    reply->width = 4, reply->height = 1;
  else if (strcmp (what, "huge-size") == 0)
    reply->data_size = G_MAXUINT64;
  else if (strcmp (what, "not-finite") == 0)
    reply->page_width = __builtin_nan ("");
  else if (strcmp (what, "surroundings") == 0)
    describe_surroundings (reply->text, sizeof reply->text);
  else if (strcmp (what, "nothing") != 0)
    _exit (5);
  send_bytes (reply, size, fds, n_fds);
}

int
main (void)
{
  struct {
    OwlDecoderReply reply;
    char more[64];
  } buffer;
  OwlDecoderRequest request;
  char instruction[64] = "";
  char *what;
  int fd;

  /* One that hangs shall not outlive a test that was killed. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  fd = receive (&request);
  if (fd < 0 || pread (fd, instruction, sizeof instruction - 1, 0) <= 0)
    return 1;
  what = strchr (instruction, ' ') + 1;
  for (;;) {
    gboolean is_open = request.operation == OWL_DECODER_OPEN;

    memset (&buffer, 0, sizeof buffer);
    buffer.reply = (OwlDecoderReply){
      .magic = OWL_DECODER_MAGIC,
      .serial = request.serial,
      .operation = request.operation,
      .page_width = 2,
      .page_height = 2,
    };
    if (is_open) {
      buffer.reply.format = OWL_FORMAT_PNG;
      buffer.reply.n_pages = 1;
    }
    misbehave (g_str_has_prefix (instruction, is_open ? "open" : "later") ? what : "nothing", &buffer.reply);
    receive (&request);
  }
}
