/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What libowl and `owl-decoder` say to each other, over a SOCK_SEQPACKET socket pair.
 *
 * The client sends one OwlDecoderRequest and gets one OwlDecoderReply, both of fixed size. The first request
 * is OPEN and carries the descriptor of the file (SCM_RIGHTS); a successful reply that has data carries a
 * sealed memfd of exactly `data_size` bytes. Either side closes the socket when the other breaks these rules.
 * Both are built from the same source, so there is one version only. */
#define OWL_DECODER_MAGIC 0x6c776f54u
#define OWL_DECODER_SOCKET 3 /* the descriptor of the decoder's end */

/* Limits, in pixels unless said otherwise. */
#define OWL_DECODER_MAX_PIXELS 250000000 /* of a picture */
#define OWL_DECODER_MAX_SIDE 1000000
#define OWL_DECODER_MAX_PAGE_PIXELS 16000000 /* of the raster of a PDF page */
#define OWL_DECODER_MAX_PAGES 1000000
#define OWL_DECODER_MAX_TEXT (16 * 1024 * 1024) /* bytes of the text of a page */
#define OWL_DECODER_MAX_WORDS 1000000 /* of a page */
#define OWL_DECODER_MAX_OUTLINE 20000 /* entries */
#define OWL_DECODER_MAX_DATA ((gint64) OWL_DECODER_MAX_PIXELS * 3)
#define OWL_DECODER_MAX_PASSWORD 255 /* bytes */
#define OWL_DECODER_SECONDS 30 /* a request */

typedef enum {
  OWL_DECODER_OPEN = 1,
  OWL_DECODER_PAGE_SIZE,
  OWL_DECODER_RENDER,
  OWL_DECODER_TEXT,
  OWL_DECODER_RECOGNISE, /* as TEXT, of what a scan shows */
  OWL_DECODER_CONTENTS,
} OwlDecoderOperation;

/* Kinds of files that are recognised and read. */
typedef enum {
  OWL_FORMAT_PNG = 1,
  OWL_FORMAT_JPEG,
  OWL_FORMAT_PDF,
  OWL_FORMAT_WEBP, /* this and the following where the decoder is built with them */
  OWL_FORMAT_GIF,
  OWL_FORMAT_TIFF,
  OWL_FORMAT_HEIC,
  OWL_FORMAT_AVIF,
} OwlFormat;

typedef struct {
  guint32 magic;
  guint32 serial;    /* 1, 2, … */
  guint32 operation; /* OwlDecoderOperation */
  gint32 page;
  gint32 max_width; /* of RENDER; 0: no limit */
  gint32 max_height;
  float region[4]; /* RENDER: left, top, width, height as fractions of the page; width 0: all of it */
  char password[OWL_DECODER_MAX_PASSWORD + 1]; /* OPEN: of a protected document, NUL-terminated; "" without */
} OwlDecoderRequest;

/* A word in the data of TEXT, RECOGNISE: `start` and `length` in bytes of the text. */
typedef struct {
  guint32 start;
  guint32 length;
  float x, y, width, height; /* fractions of the page, from its top left */
} OwlTextWord;

/* An entry of the outline, and the label of a page, in the data of CONTENTS: `start` and `length` in bytes of the text. */
typedef struct {
  guint32 start;
  guint32 length;
  gint32 page;
  gint32 depth;
} OwlContentsEntry;

/* The data of TEXT and RECOGNISE: this, `n_records` OwlTextWord, then the text. Of CONTENTS: this, `n_records` OwlContentsEntry of which the
 * first `n_outline` are the outline and the others labels, then the text. */
typedef struct {
  guint32 n_records;
  guint32 n_outline;
} OwlRecordsHeader;

typedef struct {
  guint32 magic;
  guint32 serial;
  guint32 operation;
  guint32 status; /* 0: done; else 1 + OwlErrorCode */
  guint32 format; /* OPEN: OwlFormat */
  gint32 n_pages; /* OPEN */
  gint32 width;   /* RENDER: of the pixels */
  gint32 height;
  double page_width; /* PAGE_SIZE: pixels or points */
  double page_height;
  guint64 data_size; /* bytes of the memfd; for all but RENDER it can be 0 without a memfd: there is nothing */
  char text[512];    /* NUL-terminated UTF-8: what is wrong, as a predicate of the file's name; PAGE_SIZE: the
                        label or "" */
} OwlDecoderReply;

G_END_DECLS
