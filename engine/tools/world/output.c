/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/output.h"

#include "base/error.h"
#include "image/resize.h"
#include "tools/world/replies.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct _WorldOutput {
  char *folder, *lines_path, *lines_part, *pack_path, *pack_part;
  FILE *lines, *pack;
  int side;
  guint32 n_pictures;
  guint8 *square;
  gboolean with_facts;
  json_t *facts; /* of the pictures since the last record */
};

static FILE *
open_for_writing (const char *path, GError **error)
{
  FILE *file = g_fopen (path, "wb");

  if (!file)
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", path, g_strerror (errno));
  return file;
}

static gboolean
write_bytes (FILE *file, const char *path, const void *bytes, gsize size, GError **error)
{
  if (fwrite (bytes, 1, size, file) == size)
    return TRUE;
  g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", path, g_strerror (errno));
  return FALSE;
}

static gboolean
write_head (WorldOutput *output, GError **error)
{
  guint32 numbers[2] = { GUINT32_TO_LE (output->n_pictures), GUINT32_TO_LE ((guint32) output->side) };

  return write_bytes (output->pack, output->pack_part, "OWLPACK1", 8, error) && write_bytes (output->pack, output->pack_part, numbers, sizeof numbers, error);
}

WorldOutput *
world_output_open (const char *folder, const char *split, int side, gboolean with_facts, GError **error)
{
  g_autoptr (WorldOutput) output = g_new0 (WorldOutput, 1);

  if (g_mkdir_with_parents (folder, 0755) != 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", folder, g_strerror (errno));
    return NULL;
  }
  output->folder = g_strdup (folder);
  output->side = side;
  output->with_facts = with_facts;
  output->lines_path = g_strdup_printf ("%s/%s.jsonl", folder, split);
  output->lines_part = g_strconcat (output->lines_path, ".part", NULL);
  output->lines = open_for_writing (output->lines_part, error);
  if (!output->lines)
    return NULL;
  if (side > 0) {
    output->pack_path = g_strdup_printf ("%s/%s.pack", folder, split);
    output->pack_part = g_strconcat (output->pack_path, ".part", NULL);
    output->pack = open_for_writing (output->pack_part, error);
    if (!output->pack || !write_head (output, error))
      return NULL;
    output->square = g_malloc ((gsize) side * side * 3);
  }
  return g_steal_pointer (&output);
}

gboolean
world_write_png (const char *path, const guint8 *pixels, int width, int height, GError **error)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  guint8 *data = cairo_image_surface_get_data (surface);
  int stride = cairo_image_surface_get_stride (surface);
  cairo_status_t status;

  for (int y = 0; y < height; y++) {
    guint32 *row = (guint32 *) (gpointer) (data + (gsize) y * stride);

    for (int x = 0; x < width; x++) {
      const guint8 *p = pixels + ((gsize) y * width + x) * 3;

      row[x] = (guint32) p[0] << 16 | (guint32) p[1] << 8 | p[2];
    }
  }
  cairo_surface_mark_dirty (surface);
  status = cairo_surface_write_to_png (surface, path);
  cairo_surface_destroy (surface);
  if (status == CAIRO_STATUS_SUCCESS)
    return TRUE;
  g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", path, cairo_status_to_string (status));
  return FALSE;
}

gboolean
world_output_add_picture (WorldOutput *output, const guint8 *pixels, int width, int height, json_t *facts, GError **error)
{
  g_autofree char *path = NULL;

  if (facts && !output->facts)
    output->facts = json_array ();
  if (facts)
    json_array_append_new (output->facts, facts);
  if (output->pack) {
    owl_resize (pixels, width, height, output->square, output->side, output->side);
    output->n_pictures++;
    return write_bytes (output->pack, output->pack_part, output->square, (gsize) output->side * output->side * 3, error);
  }
  path = g_strdup_printf ("%s/%06u.png", output->folder, output->n_pictures++);
  return world_write_png (path, pixels, width, height, error);
}

gboolean
world_output_add_record (WorldOutput *output, const WorldRecord *record, GError **error)
{
  g_autofree char *text = world_record_get_text (record), *line = NULL;
  g_autoptr (GString) tasks = g_string_new (NULL);
  json_t *images = json_array (), *object = json_object ();
  guint n_scenes = 0;
  gboolean ok;

  for (const WorldRecord *part = record; part; part = part->then)
    n_scenes += part->n_scenes;
  for (guint i = 0; i < n_scenes; i++) {
    g_autofree char *name = g_strdup_printf (output->pack ? "#%u" : "%06u.png", output->n_pictures - n_scenes + i);

    json_array_append_new (images, json_string (name));
  }
  for (const WorldRecord *part = record; part; part = part->then)
    for (guint i = 0; i < part->turns->len; i++)
      g_string_append_printf (tasks, "%s%s", tasks->len ? "," : "", world_task_get_name (g_array_index (part->turns, WorldTurn, i).task));
  json_object_set_new (object, "image", images);
  json_object_set_new (object, "text", json_string (text));
  json_object_set_new (object, "task_type", json_string (tasks->str));
  if (output->with_facts)
    json_object_set_new (object, "said", world_facts_of_replies (record));
  if (output->facts)
    json_object_set_new (object, "facts", g_steal_pointer (&output->facts));
  line = json_dumps (object, JSON_COMPACT);
  json_decref (object);
  if (!line) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "a record is not valid UTF-8: %s", text);
    return FALSE;
  }
  ok = write_bytes (output->lines, output->lines_part, line, strlen (line), error) && write_bytes (output->lines, output->lines_part, "\n", 1, error);
  return ok;
}

static gboolean
finish (FILE **file, const char *part, const char *path, GError **error)
{
  gboolean ok = fclose (*file) == 0 && g_rename (part, path) == 0;

  *file = NULL;
  if (!ok)
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", path, g_strerror (errno));
  return ok;
}

gboolean
world_output_close (WorldOutput *output, GError **error)
{
  if (output->pack && (fseek (output->pack, 0, SEEK_SET) != 0 || !write_head (output, error)))
    return FALSE;
  return (!output->pack || finish (&output->pack, output->pack_part, output->pack_path, error)) && finish (&output->lines, output->lines_part, output->lines_path, error);
}

void
world_output_free (WorldOutput *output)
{
  if (!output)
    return;
  if (output->lines) {
    fclose (output->lines);
    g_unlink (output->lines_part);
  }
  if (output->pack) {
    fclose (output->pack);
    g_unlink (output->pack_part);
  }
  g_free (output->folder);
  g_free (output->lines_path);
  g_free (output->lines_part);
  g_free (output->pack_path);
  g_free (output->pack_part);
  json_decref (output->facts);
  g_free (output->square);
  g_free (output);
}
