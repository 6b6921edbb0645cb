/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/tools.h"

G_BEGIN_DECLS

/* What `chat` and `probe` share: a model, its adapters and the pictures, as the command line names them. */
typedef struct {
  OwlModel *model;
  GPtrArray *adapters; /* OwlAdapter */
  GPtrArray *visuals;  /* OwlVisual */
  OwlDetail detail;    /* of pictures that are added; OWL_DETAIL_DEFAULT until the caller sets it */
  double load_ms, encode_ms;
} OwlToolModel;

/* `adapters`: NULL-terminated ADAPTER[:STRENGTH]; may be NULL. */
gboolean owl_tool_model_open (OwlToolModel *m, const char *path, char **adapters, int threads, GError **error);
void owl_tool_model_clear (OwlToolModel *m);

/* The pixels of FILE; FILE#N is page N (from 1) of a PDF, FILE alone its first. */
OwlPicture *owl_tool_read_picture (const char *file, GError **error);

/* The pixels of all of `files` (NULL-terminated; may be NULL): an array of OwlPicture, which the caller owns. */
GPtrArray *owl_tool_read_pictures (char **files, GError **error);

/* Encodes a picture in `m->detail`; the visual is added to the list. */
gboolean owl_tool_model_encode (OwlToolModel *m, OwlPicture *picture, GCancellable *cancellable, GError **error);

/* Reads the picture and encodes it. */
gboolean owl_tool_model_add_picture (OwlToolModel *m, const char *file, GCancellable *cancellable, GError **error);

/* Parses "overview" and "fine"; NULL is the model's default. */
gboolean owl_tool_parse_detail (const char *name, OwlDetail *detail);

/* Parses "f32", "f16", "q8_0"; NULL is the default. */
gboolean owl_tool_parse_kv (const char *name, OwlKvType *kv);

/* A whole file, or standard input for "-". */
char *owl_tool_read_file (const char *path, gsize *length, GError **error);

G_END_DECLS
