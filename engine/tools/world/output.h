/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/record.h"

#include <gio/gio.h>
#include <jansson.h>

G_BEGIN_DECLS

/* Writes records to a folder: SPLIT.jsonl in the official format, and pictures as PNG files or, already resized as inference does it, in SPLIT.pack:
 * "OWLPACK1", u32 count, u32 side (little endian), then count * side * side * 3 bytes RGB; a record names its picture "#INDEX". */
typedef struct _WorldOutput WorldOutput;

/* `side` 0: PNG files. `with_facts`: records say what the pictures and the replies should tell. Nothing stands under a final name until `_close`. */
WorldOutput *world_output_open (const char *folder, const char *split, int side, gboolean with_facts, GError **error);
/* `facts` (taken; may be NULL) go to the record. */
gboolean world_output_add_picture (WorldOutput *output, const guint8 *pixels, int width, int height, json_t *facts, GError **error);
/* The record's pictures are the ones added last. */
gboolean world_output_add_record (WorldOutput *output, const WorldRecord *record, GError **error);
gboolean world_output_close (WorldOutput *output, GError **error);
/* Without `_close` the unfinished files are removed. */
void world_output_free (WorldOutput *output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WorldOutput, world_output_free)

/* Writes RGB pixels as PNG. */
gboolean world_write_png (const char *path, const guint8 *pixels, int width, int height, GError **error);

G_END_DECLS
