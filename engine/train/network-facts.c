/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/network-private.h"

#include "files/gguf.h"

#include <string.h>

#define MAX_CLASSES 65536

const char *const owl_fact_source_names[OWL_N_FACT_SOURCES] = { "tokens", "patches", "replies", "differences", "answers", "looks", "searches" };

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
is_of_looks (OwlFactSource source)
{
  return source == OWL_FACTS_LOOKS || source == OWL_FACTS_SEARCHES;
}

/* How large the number of a group may be, and what it is. */
static json_int_t
get_limit (const OwlNetwork *n, OwlFactSource source, const char **meaning)
{
  *meaning = is_of_looks (source) ? "in which layer, counted from the last" : "how many classes there are";
  return source == OWL_FACTS_LOOKS ? n->n_layers : source == OWL_FACTS_SEARCHES ? n->abstractor_layers : MAX_CLASSES;
}

static gboolean
add_groups (OwlNetwork *n, json_t *classes, OwlFactSource source, const OwlGguf *file, GError **error)
{
  const char *key, *meaning;
  json_t *value;
  json_int_t limit = get_limit (n, source, &meaning);

  json_object_foreach (json_object_get (classes, owl_fact_source_names[source]), key, value) {
    json_int_t count = json_integer_value (value);
    g_autofree char *name = g_strdup_printf ("facts.%s.%s", owl_fact_source_names[source], key);
    OwlFactGroup *group;

    if (count < 1 || count > limit) {
      g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "\"facts\": \"%s\": expected %s, at most %d", key, meaning, (int) limit);
      return FALSE;
    }
    group = g_new0 (OwlFactGroup, 1);
    group->name = g_strdup (key);
    group->source = source;
    group->layer = (int) count;
    g_ptr_array_add (n->facts, group);
    if (is_of_looks (source))
      continue;
    group->w = owl_parameters_add (n->parameters, name, 2, (gsize[]){ (gsize) count, (gsize) (source == OWL_FACTS_PATCHES ? n->vision_width : n->width) });
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
    const gint64 ne[OWL_MAX_DIMS] = { w ? (gint64) w->cols : 0, w ? (gint64) w->rows : 0, 1, 1 };

    if (w)
      owl_gguf_writer_add_tensor (writer, w->name, OWL_TYPE_F32, 2, ne);
  }
  if (!owl_gguf_writer_begin (writer, error))
    return FALSE;
  for (guint i = 0; i < n->facts->len; i++) {
    const OwlParameter *w = ((const OwlFactGroup *) g_ptr_array_index (n->facts, i))->w;

    if (w && !owl_gguf_writer_write (writer, w->value, owl_parameter_size (w) * sizeof (float), error))
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

gboolean
owl_fact_begins (const OwlNetwork *n, const OwlFact *facts, gsize i)
{
  const OwlFact *fact = &facts[i], *before = i > 0 ? &facts[i - 1] : NULL;

  if (!before || !is_of_looks (((const OwlFactGroup *) g_ptr_array_index (n->facts, fact->group))->source))
    return TRUE;
  return before->group != fact->group || before->picture != fact->picture || before->row != fact->row || before->against != fact->against;
}

/* The look that begins with fact `i`, and how many facts are its own. */
static gsize
fill_look (const OwlNetwork *n, OwlTape *t, const OwlSequence *sequence, gsize i, gsize span, gsize shared, OwlTapeLook *look)
{
  const OwlFact *fact = &sequence->facts[i];
  gboolean searches = ((const OwlFactGroup *) g_ptr_array_index (n->facts, fact->group))->source == OWL_FACTS_SEARCHES;
  gsize count = 1;
  gint32 *keys;

  while (i + count < sequence->n_facts && !owl_fact_begins (n, sequence->facts, i + count))
    count++;
  keys = owl_arena_alloc (t->arena, count * sizeof (gint32));
  for (gsize j = 0; j < count; j++)
    /* The class token comes before the patches. */
    keys[j] = searches ? n->n_queries + 1 + fact[j].class : fact[j].class;
  *look = (OwlTapeLook){ .span = searches ? span + fact->picture : span, .query = (gsize) fact->row - (searches ? 0 : shared), .keys = keys, .n_keys = count,
                         .scale = n->fact_scales[fact->group] };
  return count;
}

OwlLayerLooks *
_owl_network_find_looks (const OwlNetwork *n, OwlTape *t, OwlFactSource source, int n_layers, const OwlSequence *sequences, gsize n_sequences, gsize shared)
{
  OwlLayerLooks *layers;
  gboolean any = FALSE;
  gsize n_all = 0, span = source == OWL_FACTS_LOOKS && shared > 0 ? 1 : 0;

  for (guint g = 0; g < n->facts->len; g++)
    any = any || ((const OwlFactGroup *) g_ptr_array_index (n->facts, g))->source == source;
  if (!any)
    return NULL;
  for (gsize s = 0; s < n_sequences; s++)
    n_all += sequences[s].n_facts;
  layers = owl_arena_alloc (t->arena, (gsize) n_layers * sizeof (OwlLayerLooks));
  for (int i = 0; i < n_layers; i++)
    layers[i] = (OwlLayerLooks){ owl_arena_alloc (t->arena, MAX (n_all, 1) * sizeof (OwlTapeLook)), owl_arena_alloc (t->arena, MAX (n_all, 1) * sizeof (guint)), 0 };
  for (gsize s = 0; s < n_sequences; span += source == OWL_FACTS_LOOKS ? 1 : sequences[s].n_pictures, s++)
    for (gsize i = 0, used; i < sequences[s].n_facts; i += used) {
      const OwlFactGroup *group = g_ptr_array_index (n->facts, sequences[s].facts[i].group);
      OwlLayerLooks *layer = &layers[n_layers - group->layer];

      used = 1;
      if (group->source != source)
        continue;
      layer->groups[layer->n] = sequences[s].facts[i].group;
      used = fill_look (n, t, &sequences[s], i, span, shared, &layer->looks[layer->n++]);
    }
  return layers;
}

void
_owl_network_tally_looks (const OwlLayerLooks *layers, int n_layers, OwlFactTally *tallies)
{
  for (int i = 0; i < n_layers && layers && tallies; i++)
    for (gsize j = 0; j < layers[i].n; j++) {
      OwlFactTally *tally = &tallies[layers[i].groups[j]];

      tally->n++;
      tally->n_correct += layers[i].looks[j].right;
      tally->loss += layers[i].looks[j].loss;
    }
}
