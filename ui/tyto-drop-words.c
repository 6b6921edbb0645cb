/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-drop-words.h"

#include "app/models/import-source.h"

#include <glib/gi18n.h>
#include <string.h>

typedef struct {
  guint n_pictures, n_documents, n_unknown, n_web, n_other;
  GFile *document, *unknown, *other; /* the last of each; borrowed */
} Counts;

gboolean
tyto_drop_is_web (GFile *file)
{
  static const char *const schemes[] = { "http", "https", "ftp", "dav", "davs", "data", "blob" };

  for (gsize i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (g_file_has_uri_scheme (file, schemes[i]))
      return TRUE;
  return FALSE;
}

/* By the name alone: nothing is opened while the pointer moves. */
static void
count_file (Counts *counts, GFile *file)
{
  g_autofree char *name = g_file_get_basename (file), *type = NULL, *mime = NULL;
  gboolean uncertain = TRUE;

  if (tyto_drop_is_web (file)) {
    counts->n_web++;
    return;
  }
  type = g_content_type_guess (name, NULL, 0, &uncertain);
  mime = g_content_type_get_mime_type (type);
  if (mime && strcmp (mime, "application/pdf") == 0) {
    counts->n_documents++;
    counts->document = file;
  } else if (mime && g_str_has_prefix (mime, "image/")) {
    counts->n_pictures++;
  } else if (!mime || uncertain || strcmp (mime, "application/octet-stream") == 0) {
    counts->n_unknown++;
    counts->unknown = file;
  } else {
    counts->n_other++;
    counts->other = file;
  }
}

static char *
name_of (GFile *file)
{
  g_autofree char *name = g_file_get_basename (file);

  return g_utf8_make_valid (name ? name : "", -1);
}

static char *
describe_counts (const Counts *c, gboolean *refused)
{
  guint n_attached = c->n_pictures + c->n_unknown;
  g_autofree char *pictures = NULL, *documents = NULL, *name = NULL;

  *refused = n_attached + c->n_documents == 0;
  if (*refused && c->n_other == 1) {
    name = name_of (c->other);
    return g_strdup_printf (_("%s is neither a picture nor a PDF document"), name);
  }
  if (*refused && c->n_other > 1)
    return g_strdup (_("These are neither pictures nor PDF documents"));
  if (*refused)
    return g_strdup (_("Save the picture first, then drop the file: Tyto does not go to the web"));

  if (n_attached == 1 && c->n_unknown == 1) {
    name = name_of (c->unknown);
    pictures = g_strdup_printf (_("Attach %s"), name);
  } else if (n_attached > 0) {
    pictures = g_strdup_printf (ngettext ("Attach %u picture", "Attach %u pictures", n_attached), n_attached);
  }
  if (c->n_documents == 1) {
    name = (g_free (name), name_of (c->document));
    documents = g_strdup_printf (_("Choose pages of %s"), name);
  } else if (c->n_documents > 1) {
    documents = g_strdup_printf (ngettext ("Choose pages of %u document", "Choose pages of %u documents", c->n_documents), c->n_documents);
  }
  if (pictures && documents)
    return g_strdup_printf ("%s\n%s", pictures, documents);
  return pictures ? g_steal_pointer (&pictures) : g_steal_pointer (&documents);
}

GPtrArray *
tyto_drop_parse_text (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GPtrArray *files = g_ptr_array_new_with_free_func (g_object_unref);

  for (gsize i = 0; lines[i]; i++) {
    g_autofree char *scheme = NULL;

    g_strstrip (lines[i]);
    scheme = *lines[i] == '#' || strchr (lines[i], ' ') ? NULL : g_uri_parse_scheme (lines[i]);
    if (scheme)
      g_ptr_array_add (files, g_file_new_for_uri (lines[i]));
    else if (g_path_is_absolute (lines[i]))
      g_ptr_array_add (files, g_file_new_for_path (lines[i]));
  }
  return files;
}

char *
tyto_drop_describe (const GValue *value, gboolean *refused)
{
  Counts counts = { 0 };

  *refused = FALSE;
  if (value && G_VALUE_HOLDS (value, GDK_TYPE_FILE_LIST)) {
    GSList *files = gdk_file_list_get_files (g_value_get_boxed (value));
    g_autofree char *path = files && !files->next ? g_file_get_path (files->data) : NULL;

    if (path && tyto_import_source_seems_likely (path))
      return g_strdup (_("Import this model"));
    for (GSList *l = files; l; l = l->next)
      count_file (&counts, l->data);
    return describe_counts (&counts, refused);
  }
  if (value && G_VALUE_HOLDS_STRING (value)) {
    g_autoptr (GPtrArray) files = tyto_drop_parse_text (g_value_get_string (value));

    for (guint i = 0; i < files->len; i++)
      count_file (&counts, g_ptr_array_index (files, i));
    if (files->len > 0)
      return describe_counts (&counts, refused);
    *refused = TRUE;
    return g_strdup (_("Drop picture or PDF files here"));
  }
  return g_strdup (_("Attach a picture"));
}
