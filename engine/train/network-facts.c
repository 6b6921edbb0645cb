/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/network-private.h"

#include "files/gguf.h"

#include <string.h>

#define MAX_CLASSES 65536

const char *const owl_fact_source_names[OWL_N_FACT_SOURCES] = { "tokens", "patches", "replies", "differences", "answers" };

void
_owl_fact_group_free (gpointer data)
{
  OwlFactGroup *group = data;

  g_free (group->name);
  g_free (group);
}

/* From an earlier run, where the layer has the same form. */
static void
load_group (OwlFactGroup *group, const OwlGguf *file)
{
  const OwlTensor *t = file ? owl_gguf_find_tensor (file, group->w->name) : NULL;

  if (t && t->type == OWL_TYPE_F32 && t->ne[0] == (gint64) group->w->cols && t->ne[1] == (gint64) group->w->rows)
    memcpy (group->w->value, t->data, owl_parameter_size (group->w) * sizeof (float));
}

static gboolean
add_groups (OwlNetwork *n, json_t *classes, OwlFactSource source, const OwlGguf *file, GError **error)
{
  const char *key;
  json_t *value;

  json_object_foreach (json_object_get (classes, owl_fact_source_names[source]), key, value) {
    json_int_t count = json_integer_value (value);
    g_autofree char *name = g_strdup_printf ("facts.%s.%s", owl_fact_source_names[source], key);
    OwlFactGroup *group;

    if (count < 1 || count > MAX_CLASSES) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "\"facts\": \"%s\": expected how many classes there are", key);
      return FALSE;
    }
    group = g_new0 (OwlFactGroup, 1);
    group->name = g_strdup (key);
    group->source = source;
    group->w = owl_parameters_add (n->parameters, name, 2, (gsize[]){ (gsize) count, (gsize) (source == OWL_FACTS_PATCHES ? n->vision_width : n->width) });
    g_ptr_array_add (n->facts, group);
    load_group (group, file);
  }
  return TRUE;
}

gboolean
owl_network_add_facts (OwlNetwork *n, json_t *classes, const char *path, GError **error)
{
  g_autoptr (OwlGguf) file = g_file_test (path, G_FILE_TEST_EXISTS) ? owl_gguf_open (path, error) : NULL;

  if (!file && g_file_test (path, G_FILE_TEST_EXISTS))
    return FALSE;
  if (!n->has_vision) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "\"facts\": the model does not see");
    return FALSE;
  }
  for (guint i = 0; i < OWL_N_FACT_SOURCES; i++)
    if (!add_groups (n, classes, (OwlFactSource) i, file, error))
      return FALSE;
  n->fact_scales = g_new0 (double, MAX (n->facts->len, 1));
  return TRUE;
}

gboolean
owl_network_write_facts (OwlNetwork *n, const char *path, GError **error)
{
  g_autoptr (OwlGgufWriter) writer = owl_gguf_writer_new (path, error);

  if (!writer)
    return FALSE;
  owl_gguf_writer_set_string (writer, "general.architecture", "facts");
  for (guint i = 0; i < n->facts->len; i++) {
    const OwlParameter *w = ((const OwlFactGroup *) g_ptr_array_index (n->facts, i))->w;
    const gint64 ne[OWL_MAX_DIMS] = { (gint64) w->cols, (gint64) w->rows, 1, 1 };

    owl_gguf_writer_add_tensor (writer, w->name, OWL_TYPE_F32, 2, ne);
  }
  if (!owl_gguf_writer_begin (writer, error))
    return FALSE;
  for (guint i = 0; i < n->facts->len; i++) {
    const OwlParameter *w = ((const OwlFactGroup *) g_ptr_array_index (n->facts, i))->w;

    if (!owl_gguf_writer_write (writer, w->value, owl_parameter_size (w) * sizeof (float), error))
      return FALSE;
  }
  return owl_gguf_writer_finish (writer, error);
}

void
_owl_network_run_facts (OwlNetwork *n, OwlTape *t, OwlFactSource source, OwlNode *x, const OwlSequence *sequences, gsize n_sequences, const gsize *first,
                        OwlFactTally *tallies)
{
  gsize n_all = 0;

  for (gsize s = 0; s < n_sequences; s++)
    n_all += sequences[s].n_facts;
  for (guint g = 0; g < n->facts->len; g++) {
    const OwlFactGroup *group = g_ptr_array_index (n->facts, g);
    guint8 *from;
    gint32 *row, *class, *against;
    OwlNode *read;
    gsize count = 0, picture = 0, n_correct;
    double loss;

    if (group->source != source)
      continue;
    from = owl_arena_alloc (t->arena, MAX (n_all, 1));
    row = owl_arena_alloc (t->arena, MAX (n_all, 1) * sizeof (gint32));
    class = owl_arena_alloc (t->arena, MAX (n_all, 1) * sizeof (gint32));
    against = owl_arena_alloc (t->arena, MAX (n_all, 1) * sizeof (gint32));
    for (gsize s = 0; s < n_sequences; picture += sequences[s++].n_pictures)
      for (gsize i = 0; i < sequences[s].n_facts; i++) {
        const OwlFact *fact = &sequences[s].facts[i];
        gint32 at = (gint32) (picture + fact->picture);

        if (fact->group != g)
          continue;
        from[count] = OWL_ROW_IN0;
        /* The class token comes before the patches. */
        row[count] = first ? (gint32) first[s] + fact->row : source == OWL_FACTS_PATCHES ? at * (n->n_patches + 1) + 1 + fact->row : at * n->n_queries + fact->row;
        against[count] = fact->against;
        class[count++] = fact->class;
      }
    if (count == 0)
      continue;
    read = owl_tape_rows (t, x, NULL, NULL, NULL, count, group->w->cols, from, row);
    loss = source == OWL_FACTS_DIFFERENCES ? owl_tape_signed_cross_entropy (t, read, group->w, class, against, n->fact_scales[g], &n_correct)
                                           : owl_tape_cross_entropy (t, read, group->w, class, n->fact_scales[g], &n_correct);
    if (tallies) {
      tallies[g].n += count;
      tallies[g].n_correct += n_correct;
      tallies[g].loss += loss;
    }
  }
}
