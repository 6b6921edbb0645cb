/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/decoder-private.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

struct _OwlDecoder {
  char *name; /* for messages */
  OwlDecoderProcess process;
  guint32 serial;
  OwlFormat format;
  int n_pages;
  GError *failure; /* why the process was ended, once it was */
};

static guint timeout_ms = OWL_DECODER_SECONDS * 1000; /* atomic */

void
owl_decoder_set_timeout (guint milliseconds)
{
  g_atomic_int_set (&timeout_ms, milliseconds > 0 ? milliseconds : OWL_DECODER_SECONDS * 1000);
}

/* Ends the process after `exchange` and makes the error of this and all later requests. */
static void
give_up (OwlDecoder *decoder, OwlExchange exchange)
{
  const char *name = decoder->name;
  int status;

  /* For a process that ended by itself this is its own cause of death, not our signal. */
  status = owl_decoder_process_stop (&decoder->process);
  switch (exchange) {
  case OWL_EXCHANGE_CANCELLED:
    decoder->failure = g_error_new (OWL_ERROR, OWL_ERROR_CANCELLED, "Reading %s was cancelled", name);
    break;
  case OWL_EXCHANGE_TIMEOUT:
    decoder->failure = g_error_new (OWL_ERROR, OWL_ERROR_LIMIT, "%s takes too long to read", name);
    break;
  case OWL_EXCHANGE_GONE:
    if (WIFSIGNALED (status) && WTERMSIG (status) == SIGXCPU)
      decoder->failure = g_error_new (OWL_ERROR, OWL_ERROR_LIMIT, "%s takes too long to read", name);
    else
      decoder->failure = g_error_new (OWL_ERROR, OWL_ERROR_FORMAT,
                                      "%s made the program that reads it fail; it may be damaged", name);
    break;
  case OWL_EXCHANGE_DONE:
  case OWL_EXCHANGE_WRONG:
  default:
    decoder->failure =
        g_error_new (OWL_ERROR, OWL_ERROR_FORMAT,
                     "%s could not be read: the answer of the program that reads it is wrong", name);
    break;
  }
}

static gboolean
fail_for_good (OwlDecoder *decoder, OwlExchange exchange, GError **error)
{
  give_up (decoder, exchange);
  if (error)
    *error = g_error_copy (decoder->failure);
  return FALSE;
}

/* Terminated, UTF-8, without control characters. */
static gboolean
text_is_sane (const OwlDecoderReply *reply)
{
  gsize length = strnlen (reply->text, sizeof reply->text);

  if (length == sizeof reply->text || !g_utf8_validate (reply->text, (gssize) length, NULL))
    return FALSE;
  for (const char *p = reply->text; *p; p++) {
    if (g_ascii_iscntrl (*p))
      return FALSE;
  }
  return TRUE;
}

/* One request and its reply; sets `error` when the decoder is ended, the file is refused or the reply makes
 * no sense. */
static gboolean
ask (OwlDecoder *decoder, OwlDecoderRequest *request, int fd, OwlDecoderReply *reply, int *reply_fd,
     GCancellable *cancellable, GError **error)
{
  OwlExchange exchange;

  *reply_fd = -1;
  if (decoder->failure) {
    if (error)
      *error = g_error_copy (decoder->failure);
    return FALSE;
  }
  if (cancellable && g_cancellable_is_cancelled (cancellable)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_CANCELLED, "Reading %s was cancelled", decoder->name);
    return FALSE;
  }
  request->magic = OWL_DECODER_MAGIC;
  request->serial = ++decoder->serial;
  exchange = owl_decoder_process_exchange (&decoder->process, request, fd, reply, reply_fd,
                                           (gint64) g_atomic_int_get (&timeout_ms), cancellable);
  if (exchange != OWL_EXCHANGE_DONE)
    return fail_for_good (decoder, exchange, error);
  if (!text_is_sane (reply) || reply->status > 1 + OWL_ERROR_PASSWORD
      || (reply->status != 0 && *reply_fd >= 0)) {
    if (*reply_fd >= 0)
      close (*reply_fd);
    return fail_for_good (decoder, OWL_EXCHANGE_WRONG, error);
  }
  if (reply->status != 0) {
    g_set_error (error, OWL_ERROR, (int) reply->status - 1, "%s %s", decoder->name, reply->text);
    return FALSE;
  }
  return TRUE;
}

typedef struct {
  void *data;
  gsize size;
} Mapping;

static void
mapping_free (gpointer data)
{
  Mapping *mapping = data;

  munmap (mapping->data, mapping->size);
  g_free (mapping);
}

/* Maps the memfd of a reply if it has exactly the right size and can never change; takes `fd`. NULL if not.
 */
static GBytes *
map_reply (int fd, guint64 size)
{
  struct stat status;
  void *data = MAP_FAILED;
  Mapping *mapping;
  int seals = fd >= 0 ? fcntl (fd, F_GET_SEALS) : -1;

  if (seals >= 0 && (seals & SEALS) == SEALS && size > 0 && size <= OWL_DECODER_MAX_DATA
      && fstat (fd, &status) == 0 && status.st_size == (off_t) size)
    data = mmap (NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  if (fd >= 0)
    close (fd);
  if (data == MAP_FAILED)
    return NULL;
  mapping = g_new (Mapping, 1);
  *mapping = (Mapping){ data, size };
  return g_bytes_new_with_free_func (data, size, mapping_free, mapping);
}

static gboolean
description_is_sane (const OwlDecoderReply *reply)
{
  if (reply->format == OWL_FORMAT_PDF)
    return reply->n_pages >= 1 && reply->n_pages <= OWL_DECODER_MAX_PAGES;
  return reply->format >= OWL_FORMAT_PNG && reply->format <= OWL_FORMAT_AVIF && reply->n_pages == 1;
}

/* Asks a new process to open `fd`. */
static OwlDecoder *
open_checked (int fd, const char *name, const char *password, GCancellable *cancellable, GError **error)
{
  g_autoptr (OwlDecoder) decoder = g_new0 (OwlDecoder, 1);
  OwlDecoderRequest request = { .operation = OWL_DECODER_OPEN };
  OwlDecoderReply reply;
  gboolean done;
  int reply_fd;

  decoder->name = g_strdup (name);
  decoder->process = (OwlDecoderProcess) OWL_DECODER_PROCESS_NONE;
  if (!owl_decoder_process_start (&decoder->process, error))
    return NULL;
  g_strlcpy (request.password, password ? password : "", sizeof request.password);
  done = ask (decoder, &request, fd, &reply, &reply_fd, cancellable, error);
  explicit_bzero (request.password, sizeof request.password);
  if (!done)
    return NULL;
  if (reply_fd >= 0 || !description_is_sane (&reply)) {
    if (reply_fd >= 0)
      close (reply_fd);
    fail_for_good (decoder, OWL_EXCHANGE_WRONG, error);
    return NULL;
  }
  decoder->format = reply.format;
  decoder->n_pages = reply.n_pages;
  return g_steal_pointer (&decoder);
}

OwlDecoder *
owl_decoder_open_fd (int fd, const char *name, GCancellable *cancellable, GError **error)
{
  return owl_decoder_open_protected (fd, name, NULL, cancellable, error);
}

OwlDecoder *
owl_decoder_open_protected (int fd, const char *name, const char *password, GCancellable *cancellable, GError **error)
{
  g_autofree char *valid_name = g_utf8_make_valid (name, -1);
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  struct stat status;
  OwlDecoder *decoder;
  int reading_fd = -1;

  if (fstat (fd, &status) != 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s could not be read: %s", valid_name, g_strerror (errno));
    return NULL;
  }
  if (!S_ISREG (status.st_mode)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO,
                 S_ISDIR (status.st_mode) ? "%s is a folder" : "%s is not an ordinary file", valid_name);
    return NULL;
  }
  if (password && strlen (password) > OWL_DECODER_MAX_PASSWORD) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_PASSWORD, "%s does not open with this password", valid_name);
    return NULL;
  }
  /* The decoder shall not be able to write. */
  if ((fcntl (fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
    reading_fd = open (link, O_RDONLY | O_CLOEXEC);
  decoder = open_checked (reading_fd >= 0 ? reading_fd : fd, valid_name, password, cancellable, error);
  if (reading_fd >= 0)
    close (reading_fd);
  return decoder;
}

OwlDecoder *
owl_decoder_open_path (const char *path, GCancellable *cancellable, GError **error)
{
  g_autofree char *name = g_filename_display_basename (path);
  /* O_NONBLOCK: a pipe of that name must not hold us up. */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  OwlDecoder *decoder;

  if (fd < 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s could not be opened: %s", name, g_strerror (errno));
    return NULL;
  }
  decoder = owl_decoder_open_fd (fd, name, cancellable, error);
  close (fd);
  return decoder;
}

void
owl_decoder_close (OwlDecoder *decoder)
{
  if (!decoder)
    return;
  owl_decoder_process_stop (&decoder->process);
  g_clear_error (&decoder->failure);
  g_free (decoder->name);
  g_free (decoder);
}

OwlDocumentKind
owl_decoder_get_kind (const OwlDecoder *decoder)
{
  return decoder->format == OWL_FORMAT_PDF ? OWL_DOCUMENT_PDF : OWL_DOCUMENT_PICTURE;
}

int
owl_decoder_get_n_pages (const OwlDecoder *decoder)
{
  return decoder->n_pages;
}

const char *
owl_decoder_get_mime_type (const OwlDecoder *decoder)
{
  switch (decoder->format) {
  case OWL_FORMAT_PNG:
    return "image/png";
  case OWL_FORMAT_JPEG:
    return "image/jpeg";
  case OWL_FORMAT_WEBP:
    return "image/webp";
  case OWL_FORMAT_GIF:
    return "image/gif";
  case OWL_FORMAT_TIFF:
    return "image/tiff";
  case OWL_FORMAT_HEIC:
    return "image/heic";
  case OWL_FORMAT_AVIF:
    return "image/avif";
  case OWL_FORMAT_PDF:
  default:
    return "application/pdf";
  }
}

gboolean
owl_decoder_get_page_size (OwlDecoder *decoder, int page, double *width, double *height, char **label,
                           GCancellable *cancellable, GError **error)
{
  OwlDecoderRequest request = { .operation = OWL_DECODER_PAGE_SIZE, .page = page };
  OwlDecoderReply reply;
  int reply_fd;

  if (!ask (decoder, &request, -1, &reply, &reply_fd, cancellable, error))
    return FALSE;
  if (reply_fd >= 0 || !isfinite (reply.page_width) || !isfinite (reply.page_height)
      || reply.page_width <= 0.0 || reply.page_height <= 0.0) {
    if (reply_fd >= 0)
      close (reply_fd);
    return fail_for_good (decoder, OWL_EXCHANGE_WRONG, error);
  }
  if (width)
    *width = reply.page_width;
  if (height)
    *height = reply.page_height;
  if (label)
    *label = reply.text[0] ? g_strdup (reply.text) : NULL;
  return TRUE;
}

/* Of a picture the client cuts the part out itself: its pixels are all there is. */
static OwlPicture *
crop_region (OwlPicture *picture, const OwlRegion *region, int max_width, int max_height)
{
  int full_width = owl_picture_get_width (picture), full_height = owl_picture_get_height (picture);
  int x = CLAMP ((int) round (region->x * full_width), 0, full_width - 1);
  int y = CLAMP ((int) round (region->y * full_height), 0, full_height - 1);
  int width = CLAMP ((int) round ((region->x + region->width) * full_width) - x, 1, full_width - x);
  int height = CLAMP ((int) round ((region->y + region->height) * full_height) - y, 1, full_height - y);
  g_autoptr (OwlPicture) part = owl_picture_crop (picture, x, y, width, height);
  double scale = 1.0;

  if (max_width > 0)
    scale = MIN (scale, (double) max_width / width);
  if (max_height > 0)
    scale = MIN (scale, (double) max_height / height);
  return owl_picture_scale (part, MAX (1, (int) round (width * scale)), MAX (1, (int) round (height * scale)));
}

static OwlPicture *
render (OwlDecoder *decoder, int page, const OwlRegion *region, int max_width, int max_height, GCancellable *cancellable, GError **error)
{
  OwlDecoderRequest request = {
    .operation = OWL_DECODER_RENDER, .page = page, .max_width = max_width, .max_height = max_height
  };
  OwlDecoderReply reply;
  g_autoptr (GBytes) bytes = NULL;
  int reply_fd;

  if (region) {
    request.region[0] = (float) region->x;
    request.region[1] = (float) region->y;
    request.region[2] = (float) region->width;
    request.region[3] = (float) region->height;
  }
  if (!ask (decoder, &request, -1, &reply, &reply_fd, cancellable, error))
    return NULL;
  bytes = map_reply (reply_fd, reply.data_size);
  if (!bytes || reply.width < 1 || reply.height < 1
      || (gint64) reply.width * reply.height > OWL_DECODER_MAX_PIXELS
      || (guint64) reply.width * (guint64) reply.height * 3 != reply.data_size
      || (max_width > 0 && reply.width > max_width) || (max_height > 0 && reply.height > max_height)) {
    fail_for_good (decoder, OWL_EXCHANGE_WRONG, error);
    return NULL;
  }
  return owl_picture_new (reply.width, reply.height, bytes);
}

OwlPicture *
owl_decoder_render (OwlDecoder *decoder, int page, int max_width, int max_height, GCancellable *cancellable,
                    GError **error)
{
  return render (decoder, page, NULL, max_width, max_height, cancellable, error);
}

OwlPicture *
owl_decoder_render_region (OwlDecoder *decoder, int page, const OwlRegion *region, int max_width, int max_height,
                           GCancellable *cancellable, GError **error)
{
  g_autoptr (OwlPicture) picture = NULL;

  /* Written so that a NaN is refused too. */
  if (!(region->x >= 0.0 && region->y >= 0.0 && region->width > 0.0 && region->height > 0.0 && region->x + region->width <= 1.0 + 1e-6 &&
        region->y + region->height <= 1.0 + 1e-6)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT, "%s: the part lies outside the page", decoder->name);
    return NULL;
  }
  if (owl_decoder_get_kind (decoder) == OWL_DOCUMENT_PDF)
    return render (decoder, page, region, max_width, max_height, cancellable, error);
  picture = render (decoder, page, NULL, 0, 0, cancellable, error);
  return picture ? crop_region (picture, region, max_width, max_height) : NULL;
}

/* Asks for something that comes as records; `bytes` gets it, or NULL for nothing. */
static gboolean
ask_records (OwlDecoder *decoder, OwlDecoderOperation operation, int page, GBytes **bytes, GCancellable *cancellable, GError **error)
{
  OwlDecoderRequest request = { .operation = operation, .page = page };
  OwlDecoderReply reply;
  int reply_fd;

  *bytes = NULL;
  if (!ask (decoder, &request, -1, &reply, &reply_fd, cancellable, error))
    return FALSE;
  if (reply.data_size == 0 && reply_fd < 0)
    return TRUE;
  *bytes = map_reply (reply_fd, reply.data_size);
  return *bytes || fail_for_good (decoder, OWL_EXCHANGE_WRONG, error);
}

static OwlPageText *
read_page (OwlDecoder *decoder, OwlDecoderOperation operation, int page, GCancellable *cancellable, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  OwlPageText *text;

  if (!ask_records (decoder, operation, page, &bytes, cancellable, error))
    return NULL;
  text = owl_page_text_new_from_reply (bytes, operation == OWL_DECODER_RECOGNISE);
  if (!text)
    fail_for_good (decoder, OWL_EXCHANGE_WRONG, error);
  return text;
}

OwlPageText *
owl_decoder_read_page (OwlDecoder *decoder, int page, GCancellable *cancellable, GError **error)
{
  return read_page (decoder, OWL_DECODER_TEXT, page, cancellable, error);
}

OwlPageText *
owl_decoder_recognise_page (OwlDecoder *decoder, int page, GCancellable *cancellable, GError **error)
{
  return read_page (decoder, OWL_DECODER_RECOGNISE, page, cancellable, error);
}

char *
owl_decoder_get_page_text (OwlDecoder *decoder, int page, GCancellable *cancellable, GError **error)
{
  g_autoptr (OwlPageText) text = owl_decoder_read_page (decoder, page, cancellable, error);

  return text ? g_strdup (owl_page_text_get_text (text)) : NULL;
}

OwlContents *
owl_decoder_read_contents (OwlDecoder *decoder, GCancellable *cancellable, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  OwlContents *contents;

  if (!ask_records (decoder, OWL_DECODER_CONTENTS, 0, &bytes, cancellable, error))
    return NULL;
  contents = owl_contents_new_from_reply (bytes, decoder->n_pages);
  if (!contents)
    fail_for_good (decoder, OWL_EXCHANGE_WRONG, error);
  return contents;
}
