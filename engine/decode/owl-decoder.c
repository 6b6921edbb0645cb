/* SPDX-License-Identifier: GPL-3.0-or-later */

/* owl-decoder: reads one picture or document for libowl, which starts it with a socket as descriptor 3 and
 * nothing else. See decoder-protocol.h. It ends when the socket closes. */

#include "decode/confine.h"
#include "decode/document.h"
#include "decode/module.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Waits for the next request. FALSE when there is none: the client is gone or breaks the rules. `fd` gets the
 * passed descriptor or -1. */
static gboolean
receive_request (OwlDecoderRequest *request, int *fd)
{
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (sizeof (int))];
  } control;
  struct iovec part = { .iov_base = request, .iov_len = sizeof *request };
  struct msghdr message = {
    .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
  };
  struct cmsghdr *header;
  gssize n;

  *fd = -1;
  do
    n = recvmsg (OWL_DECODER_SOCKET, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  header = n > 0 ? CMSG_FIRSTHDR (&message) : NULL;
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS
      && header->cmsg_len == CMSG_LEN (sizeof (int)))
    memcpy (fd, CMSG_DATA (header), sizeof *fd);
  return n == (gssize) sizeof *request && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
         && request->magic == OWL_DECODER_MAGIC;
}

static gboolean
send_reply (const OwlDecoderReply *reply, int fd)
{
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE (sizeof (int))];
  } control = { 0 };
  struct iovec part = { .iov_base = (void *) reply, .iov_len = sizeof *reply };
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
    n = sendmsg (OWL_DECODER_SOCKET, &message, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return n == (gssize) sizeof *reply;
}

/* Copies as much of `text` as fits, whole characters only. */
static void
set_text (OwlDecoderReply *reply, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  const char *end;

  g_strlcpy (reply->text, valid, sizeof reply->text);
  if (!g_utf8_validate (reply->text, -1, &end))
    reply->text[end - reply->text] = '\0';
}

static OwlDocument *
open_document (OwlSource *source, OwlDecoderReply *reply, GError **error)
{
  struct stat status;
  OwlDocument *document;

  if (source->fd < 0 || fstat (source->fd, &status) != 0) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_IO, "could not be read");
    return NULL;
  }
  source->size = status.st_size;
  document = owl_document_open (source, error);
  if (document) {
    reply->format = document->klass->format;
    reply->n_pages = document->n_pages;
  }
  return document;
}

static gboolean
answer_page_size (OwlDocument *document, const OwlDecoderRequest *request, OwlDecoderReply *reply,
                  GError **error)
{
  g_autofree char *label = NULL;

  if (!document->klass->get_page_size (document, request->page, &reply->page_width, &reply->page_height,
                                       &label, error))
    return FALSE;
  set_text (reply, label ? label : "");
  return TRUE;
}

static gboolean
answer_render (OwlDocument *document, const OwlDecoderRequest *request, OwlDecoderReply *reply,
               OwlSharedData *data, GError **error)
{
  OwlSharedPixels pixels = { .shared = OWL_SHARED_DATA_NONE };
  const float *region = request->region[2] > 0.0f ? request->region : NULL;
  gboolean done = document->klass->render (document, request->page, region, request->max_width, request->max_height, &pixels, error)
                  && owl_shared_data_seal (&pixels.shared, error);

  *data = pixels.shared;
  reply->width = pixels.width;
  reply->height = pixels.height;
  reply->data_size = pixels.shared.size;
  return done;
}

/* Header, records and text in one piece of memory. */
static gboolean
share_records (const OwlRecords *records, OwlDecoderReply *reply, OwlSharedData *data, GError **error)
{
  const GArray *list = records->entries->len > 0 ? records->entries : records->words;
  OwlRecordsHeader header = { list->len, records->n_outline };
  gsize n_bytes = list->len * (gsize) g_array_get_element_size ((GArray *) list);

  if (list->len == 0 && records->text->len == 0)
    return TRUE;
  if (!owl_shared_data_init (data, sizeof header + n_bytes + records->text->len, error))
    return FALSE;
  memcpy (data->data, &header, sizeof header);
  if (n_bytes > 0)
    memcpy (data->data + sizeof header, list->data, n_bytes);
  memcpy (data->data + sizeof header + n_bytes, records->text->str, records->text->len);
  reply->data_size = data->size;
  return owl_shared_data_seal (data, error);
}

static gboolean
recognise (OwlDocument *document, int page, OwlRecords *records, GError **error)
{
#ifdef OWL_HAVE_TESSERACT
  OwlRecogniseFunc function = (OwlRecogniseFunc) owl_module_load ("recognise", "owl_recognise_text", error);

  return function && function (document, page, records, error);
#else
  g_set_error_literal (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "has no text of its own, and text recognition is not built in");
  return FALSE;
#endif
}

static gboolean
answer_text (OwlDocument *document, const OwlDecoderRequest *request, OwlDecoderReply *reply,
             OwlSharedData *data, GError **error)
{
  g_auto (OwlRecords) records;

  owl_records_init (&records);
  if (request->operation == OWL_DECODER_CONTENTS) {
    if (document->klass->get_contents)
      document->klass->get_contents (document, &records);
  } else if (request->operation == OWL_DECODER_RECOGNISE) {
    if (!recognise (document, request->page, &records, error))
      return FALSE;
  } else if (document->klass->get_text && !document->klass->get_text (document, request->page, &records, error)) {
    return FALSE;
  }
  return share_records (&records, reply, data, error);
}

static gboolean
answer (OwlDocument *document, const OwlDecoderRequest *request, OwlDecoderReply *reply, OwlSharedData *data,
        GError **error)
{
  if (request->page < 0 || request->page >= document->n_pages) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT, "has no page %d", request->page + 1);
    return FALSE;
  }
  switch (request->operation) {
  case OWL_DECODER_PAGE_SIZE:
    return answer_page_size (document, request, reply, error);
  case OWL_DECODER_RENDER:
    return answer_render (document, request, reply, data, error);
  case OWL_DECODER_TEXT:
  case OWL_DECODER_RECOGNISE:
  case OWL_DECODER_CONTENTS:
    return answer_text (document, request, reply, data, error);
  default:
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_UNSUPPORTED, "got an unknown request");
    return FALSE;
  }
}

int
main (void)
{
  OwlSource source = { .fd = -1 };
  OwlDocument *document = NULL;
  OwlDecoderRequest request;
  int fd;

  owl_confine_process (owl_modules_locate ());
  while (receive_request (&request, &fd)) {
    OwlDecoderReply reply = { .magic = OWL_DECODER_MAGIC,
                              .serial = request.serial,
                              .operation = request.operation };
    g_auto (OwlSharedData) data = OWL_SHARED_DATA_NONE;
    g_autoptr (GError) error = NULL;
    gboolean done;

    owl_confine_request ();
    if (!document) {
      source.fd = fd;
      request.password[OWL_DECODER_MAX_PASSWORD] = '\0';
      source.password = *request.password ? request.password : NULL;
      document = request.operation == OWL_DECODER_OPEN ? open_document (&source, &reply, &error) : NULL;
      source.password = NULL;
      done = document != NULL;
    } else {
      done = fd < 0 && answer (document, &request, &reply, &data, &error);
    }
    if (!done) {
      owl_shared_data_clear (&data);
      reply.data_size = 0;
      reply.status = 1 + (guint32) (error ? error->code : OWL_ERROR_IO);
      set_text (&reply, error ? error->message : "could not be read");
    }
    /* A document that could not be opened leaves nothing to ask. */
    if (!send_reply (&reply, data.fd) || !document)
      break;
  }
  return 0;
}
