/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/tool-model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
show_loading (double fraction, gpointer user_data)
{
  owl_tool_progress ("Loading the model", fraction);
}

static void
show_encoding (double fraction, gpointer user_data)
{
  owl_tool_progress ("Reading the picture", fraction);
}

/* "name:0.5" → name and strength; a colon that is not followed by a number belongs to the name. */
static OwlAdapter *
open_adapter (OwlModel *model, const char *spec, GError **error)
{
  const char *colon = strrchr (spec, ':');
  g_autofree char *name = NULL;
  char *end;
  float strength;

  if (!colon || colon[1] == '\0')
    return owl_adapter_open (model, spec, 1.0f, error);
  strength = (float) g_ascii_strtod (colon + 1, &end);
  if (*end != '\0')
    return owl_adapter_open (model, spec, 1.0f, error);
  name = g_strndup (spec, colon - spec);
  return owl_adapter_open (model, name, strength, error);
}

gboolean
owl_tool_model_open (OwlToolModel *m, const char *path, char **adapters, int threads, GError **error)
{
  gint64 start = g_get_monotonic_time ();

  memset (m, 0, sizeof *m);
  m->adapters = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_adapter_unref);
  m->visuals = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_visual_unref);
  m->model = owl_model_open (path, threads, show_loading, NULL, NULL, error);
  if (!m->model)
    return FALSE;
  for (gsize i = 0; adapters && adapters[i]; i++) {
    OwlAdapter *adapter = open_adapter (m->model, adapters[i], error);

    if (!adapter)
      return FALSE;
    g_ptr_array_add (m->adapters, adapter);
  }
  owl_model_use_abstractor (m->model, (OwlAdapter *const *) m->adapters->pdata, m->adapters->len);
  owl_tool_progress (NULL, -1.0);
  m->load_ms = (double) (g_get_monotonic_time () - start) / 1000.0;
  return TRUE;
}

void
owl_tool_model_clear (OwlToolModel *m)
{
  g_clear_pointer (&m->visuals, g_ptr_array_unref);
  g_clear_pointer (&m->adapters, g_ptr_array_unref);
  g_clear_pointer (&m->model, owl_model_unref);
}

OwlPicture *
owl_tool_read_picture (const char *file, GError **error)
{
  const char *mark = strrchr (file, '#');
  g_autofree char *path = g_strdup (file);
  g_autoptr (OwlDecoder) decoder = NULL;
  int page = 0;

  if (mark && mark[1] != '\0' && strspn (mark + 1, "0123456789") == strlen (mark + 1) &&
      !g_file_test (file, G_FILE_TEST_EXISTS)) {
    path[mark - file] = '\0';
    page = (int) CLAMP (g_ascii_strtoll (mark + 1, NULL, 10), 0, G_MAXINT) - 1;
  }
  decoder = owl_decoder_open_path (path, NULL, error);
  if (!decoder)
    return NULL;
  if (page < 0 || page >= owl_decoder_get_n_pages (decoder)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_LIMIT, "%s: there is no page %d, the last is %d", path, page + 1,
                 owl_decoder_get_n_pages (decoder));
    return NULL;
  }
  return owl_decoder_render (decoder, page, 0, 0, NULL, error);
}

GPtrArray *
owl_tool_read_pictures (char **files, GError **error)
{
  g_autoptr (GPtrArray) pictures = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_picture_unref);

  for (gsize i = 0; files && files[i]; i++) {
    OwlPicture *picture = owl_tool_read_picture (files[i], error);

    if (!picture)
      return NULL;
    g_ptr_array_add (pictures, picture);
  }
  return g_steal_pointer (&pictures);
}

gboolean
owl_tool_model_encode (OwlToolModel *m, OwlPicture *picture, GCancellable *cancellable, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  OwlVisual *visual = owl_model_encode (m->model, picture, m->detail, show_encoding, NULL, cancellable, error);

  owl_tool_progress (NULL, -1.0);
  if (!visual)
    return FALSE;
  g_ptr_array_add (m->visuals, visual);
  m->encode_ms += (double) (g_get_monotonic_time () - start) / 1000.0;
  return TRUE;
}

gboolean
owl_tool_model_add_picture (OwlToolModel *m, const char *file, GCancellable *cancellable, GError **error)
{
  g_autoptr (OwlPicture) picture = owl_tool_read_picture (file, error);

  return picture && owl_tool_model_encode (m, picture, cancellable, error);
}

gboolean
owl_tool_parse_kv (const char *name, OwlKvType *kv)
{
  static const struct {
    const char *name;
    OwlKvType kv;
  } types[] = { { "f32", OWL_KV_F32 }, { "f16", OWL_KV_F16 }, { "q8_0", OWL_KV_Q8_0 } };

  *kv = OWL_KV_DEFAULT;
  if (!name)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (strcmp (types[i].name, name) == 0) {
      *kv = types[i].kv;
      return TRUE;
    }
  return FALSE;
}

gboolean
owl_tool_parse_detail (const char *name, OwlDetail *detail)
{
  *detail = OWL_DETAIL_DEFAULT;
  if (g_strcmp0 (name, "overview") == 0)
    *detail = OWL_DETAIL_OVERVIEW;
  else if (g_strcmp0 (name, "fine") == 0)
    *detail = OWL_DETAIL_FINE;
  return !name || *detail != OWL_DETAIL_DEFAULT;
}

char *
owl_tool_read_file (const char *path, gsize *length, GError **error)
{
  g_autoptr (GString) text = NULL;
  char buffer[4096];
  size_t n;
  char *contents;

  if (strcmp (path, "-") != 0) {
    g_autoptr (GError) local = NULL;

    if (g_file_get_contents (path, &contents, length, &local))
      return contents;
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s", local->message);
    return NULL;
  }
  text = g_string_new (NULL);
  while ((n = fread (buffer, 1, sizeof buffer, stdin)) > 0)
    g_string_append_len (text, buffer, n);
  *length = text->len;
  return g_string_free (g_steal_pointer (&text), FALSE);
}
