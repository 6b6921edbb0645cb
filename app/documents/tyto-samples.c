/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/documents/tyto-samples.h"

#include <jansson.h>

static void
sample_free (gpointer data)
{
  TytoSample *sample = data;

  g_ptr_array_unref (sample->paths);
  g_free (sample->title);
  g_free (sample->question);
  g_free (sample);
}

/* A text in the language of the user, as "title[de]", where there is one, else as "title". The caller frees. */
static char *
read_text (json_t *entry, const char *key)
{
  for (const char *const *language = g_get_language_names (); *language; language++) {
    g_autofree char *own = g_strdup_printf ("%s[%s]", key, *language);
    const char *text = json_string_value (json_object_get (entry, own));

    if (text)
      return g_strdup (text);
  }
  return g_strdup (json_string_value (json_object_get (entry, key)));
}

static TytoSample *
read_sample (const char *folder, json_t *entry)
{
  json_t *files = json_object_get (entry, "files"), *file;
  TytoSample *sample = g_new0 (TytoSample, 1);
  size_t i;

  sample->paths = g_ptr_array_new_with_free_func (g_free);
  sample->title = read_text (entry, "title");
  sample->question = read_text (entry, "question");
  if (json_is_string (json_object_get (entry, "file")))
    g_ptr_array_add (sample->paths, g_build_filename (folder, json_string_value (json_object_get (entry, "file")), NULL));
  json_array_foreach (files, i, file)
    if (json_is_string (file))
      g_ptr_array_add (sample->paths, g_build_filename (folder, json_string_value (file), NULL));
  return sample;
}

GPtrArray *
tyto_samples_load (const char *data_dir)
{
  g_autofree char *folder = g_build_filename (data_dir, "samples", NULL);
  g_autofree char *path = g_build_filename (folder, "samples.json", NULL);
  GPtrArray *samples = g_ptr_array_new_with_free_func (sample_free);
  json_t *list = json_load_file (path, 0, NULL), *entry;
  size_t i;

  json_array_foreach (list, i, entry) {
    TytoSample *sample = read_sample (folder, entry);

    if (sample->paths->len > 0 && sample->title && sample->question)
      g_ptr_array_add (samples, sample);
    else
      sample_free (sample);
  }
  json_decref (list);
  return samples;
}
