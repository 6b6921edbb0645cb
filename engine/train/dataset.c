/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/dataset.h"

#include "text/prompt-rule.h"

#include "decode/decoder-client.h"
#include "files/mapped-file.h"
#include "image/preprocess.h"

#include <jansson.h>
#include <string.h>

/* Decoded pictures are kept up to this many bytes. */
#define CACHE_BYTES ((gsize) 1 << 30)
#define PACK_MAGIC "OWLPACK1"
#define PACK_HEADER 16
/* So many records in a row that cannot be used mean that the data does not fit. */
#define MAX_BAD_RECORDS 1000

typedef struct {
  OwlMappedFile *file;
  GArray *lines; /* gsize: where each begins */
  const char *images;
  double weight;
  OwlMappedFile *pack;
  guint32 *order; /* of the present time through */
  guint64 round, next;
} DataFile;

struct _OwlDataset {
  const OwlTokenizer *tokenizer;
  const OwlNetwork *network;
  OwlDatasetOptions options;
  DataFile *files;
  gsize n_files, n_records;
  double total_weight;
  guint64 draws, ordered; /* how many were drawn; the next one in order */
  GHashTable *cache;      /* path → OwlPicture */
  gsize cached;
  OwlDatasetCounts counts;
};

void
owl_batch_free (OwlBatch *batch)
{
  if (!batch)
    return;
  g_array_unref (batch->sequences);
  g_ptr_array_unref (batch->memory);
  g_free (batch);
}

/* A number that follows from seed, stream and index alone (splitmix64). */
static guint64
mix (guint64 seed, guint64 stream, guint64 index)
{
  guint64 z = seed * G_GUINT64_CONSTANT (0xd1342543de82ef95) + stream * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) + index;

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static double
unit (guint64 number)
{
  return (double) (number >> 11) * 0x1p-53;
}

/* The order of the next time through a file: the same for the same seed. */
static void
shuffle (OwlDataset *d, gsize index)
{
  DataFile *f = &d->files[index];

  for (guint32 i = 0; i < f->lines->len; i++)
    f->order[i] = i;
  for (guint32 i = f->lines->len; i > 1; i--) {
    guint32 j = (guint32) (mix (d->options.seed, 1000 + index * 7919 + f->round, i) % i), swap = f->order[i - 1];

    f->order[i - 1] = f->order[j];
    f->order[j] = swap;
  }
}

static gboolean
open_pack (DataFile *f, const OwlNetwork *network, GError **error)
{
  const guint8 *data;
  guint32 count, side;

  if (!f->images || !g_str_has_suffix (f->images, ".pack"))
    return TRUE;
  f->pack = owl_mapped_file_open (f->images, error);
  if (!f->pack)
    return FALSE;
  data = owl_mapped_file_get_data (f->pack);
  if (owl_mapped_file_get_size (f->pack) >= PACK_HEADER && memcmp (data, PACK_MAGIC, strlen (PACK_MAGIC)) == 0) {
    memcpy (&count, data + 8, sizeof count);
    memcpy (&side, data + 12, sizeof side);
    count = GUINT32_FROM_LE (count);
    side = GUINT32_FROM_LE (side);
    if (side >= 1 && side <= 4096 && (owl_mapped_file_get_size (f->pack) - PACK_HEADER) / ((gsize) side * side * 3) >= count)
      return TRUE;
  }
  g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: not a pack of pictures, or cut off", f->images);
  return FALSE;
}

static gboolean
open_file (OwlDataset *d, gsize index, const OwlDataFile *source, GError **error)
{
  DataFile *f = &d->files[index];
  const char *data;
  gsize size;

  f->weight = source->weight;
  f->images = source->images ? source->images : d->options.images;
  f->file = owl_mapped_file_open (source->path, error);
  if (!f->file || !open_pack (f, d->network, error))
    return FALSE;
  f->lines = g_array_new (FALSE, FALSE, sizeof (gsize));
  data = (const char *) owl_mapped_file_get_data (f->file);
  size = owl_mapped_file_get_size (f->file);
  for (gsize at = 0; at < size;) {
    const char *newline = memchr (data + at, '\n', size - at);
    gsize end = newline ? (gsize) (newline - data) : size;

    if (end > at && f->lines->len < G_MAXINT32)
      g_array_append_val (f->lines, at);
    at = end + 1;
  }
  if (f->lines->len == 0) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: no records", source->path);
    return FALSE;
  }
  f->order = g_new (guint32, f->lines->len);
  shuffle (d, index);
  d->n_records += f->lines->len;
  d->total_weight += f->weight;
  return TRUE;
}

OwlDataset *
owl_dataset_open (const OwlDatasetOptions *options, const OwlTokenizer *tokenizer, const OwlNetwork *network, GError **error)
{
  g_autoptr (OwlDataset) d = g_new0 (OwlDataset, 1);

  d->tokenizer = tokenizer;
  d->network = network;
  d->options = *options;
  d->n_files = options->n_files;
  d->files = g_new0 (DataFile, MAX (options->n_files, 1));
  d->cache = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) owl_picture_unref);
  for (gsize i = 0; i < options->n_files; i++)
    if (!open_file (d, i, &options->files[i], error))
      return NULL;
  if (!(d->total_weight > 0.0)) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_FORMAT, "the data files have no weight");
    return NULL;
  }
  return g_steal_pointer (&d);
}

void
owl_dataset_free (OwlDataset *d)
{
  if (!d)
    return;
  for (gsize i = 0; i < d->n_files; i++) {
    g_clear_pointer (&d->files[i].file, owl_mapped_file_unref);
    g_clear_pointer (&d->files[i].pack, owl_mapped_file_unref);
    g_clear_pointer (&d->files[i].lines, g_array_unref);
    g_free (d->files[i].order);
  }
  g_free (d->files);
  g_hash_table_unref (d->cache);
  g_free (d);
}

static OwlPicture *
pack_picture (const DataFile *f, const char *name)
{
  const guint8 *data = owl_mapped_file_get_data (f->pack);
  guint32 count, side;
  guint64 index;
  gsize size;
  char *end;
  g_autoptr (GBytes) bytes = NULL;

  memcpy (&count, data + 8, sizeof count);
  memcpy (&side, data + 12, sizeof side);
  count = GUINT32_FROM_LE (count);
  side = GUINT32_FROM_LE (side);
  index = g_ascii_strtoull (name + 1, &end, 10);
  if (*end || end == name + 1 || index >= count)
    return NULL;
  size = (gsize) side * side * 3;
  bytes = g_bytes_new_static (data + PACK_HEADER + index * size, size);
  return owl_picture_new ((int) side, (int) side, bytes);
}

static OwlPicture *
file_picture (OwlDataset *d, const DataFile *f, const char *name)
{
  g_autofree char *path = g_build_filename (f->images ? f->images : ".", name, NULL);
  OwlPicture *picture = g_hash_table_lookup (d->cache, path);
  g_autoptr (OwlDecoder) decoder = NULL;
  gsize size;

  if (picture)
    return owl_picture_ref (picture);
  decoder = owl_decoder_open_path (path, NULL, NULL);
  picture = decoder ? owl_decoder_render (decoder, 0, 0, 0, NULL, NULL) : NULL;
  if (!picture)
    return NULL;
  size = (gsize) owl_picture_get_width (picture) * (gsize) owl_picture_get_height (picture) * 3;
  if (d->cached + size <= CACHE_BYTES) {
    d->cached += size;
    g_hash_table_insert (d->cache, g_strdup (path), owl_picture_ref (picture));
  }
  return picture;
}

/* A part of the picture that has between half and all of its area, as the published training does it. Not mirrored: writing and places would become
 * wrong. */
static OwlPicture *
crop_randomly (OwlDataset *d, OwlPicture *picture, guint64 draw)
{
  int width = owl_picture_get_width (picture), height = owl_picture_get_height (picture);
  double scale = 0.5 + 0.5 * unit (mix (d->options.seed, 3, draw)), side = scale >= 1.0 ? 1.0 : scale / 2.0 + 0.5;
  int w = MAX ((int) (width * side), 1), h = MAX ((int) (height * side), 1);
  int x = (int) (unit (mix (d->options.seed, 4, draw)) * (width - w + 1)), y = (int) (unit (mix (d->options.seed, 5, draw)) * (height - h + 1));

  return owl_picture_crop (picture, x, y, w, h);
}

static gboolean
add_picture (OwlDataset *d, const DataFile *f, const char *name, guint64 draw, OwlBatch *batch, GPtrArray *pictures)
{
  const OwlNetwork *n = d->network;
  g_autoptr (OwlPicture) picture = f->pack && name[0] == '#' ? pack_picture (f, name) : file_picture (d, f, name);
  float *values;

  if (!picture)
    return FALSE;
  if (d->options.augment) {
    OwlPicture *part = crop_randomly (d, picture, draw);

    if (part) {
      owl_picture_unref (picture);
      picture = part;
    }
  }
  values = g_new (float, (gsize) 3 * n->image_size * n->image_size);
  owl_preprocess (picture, n->image_size, n->mean, n->std, values);
  g_ptr_array_add (batch->memory, values);
  g_ptr_array_add (pictures, values);
  return TRUE;
}

/* Which replies are of a task that is spelled. */
static guint64
find_spelled (const OwlDataset *d, const char *tasks)
{
  g_auto (GStrv) names = d->options.spelled && tasks ? g_strsplit (tasks, ",", 64) : NULL;
  guint64 spelled = 0;

  for (guint i = 0; names && names[i]; i++)
    if (g_strv_contains (d->options.spelled, names[i]))
      spelled |= (guint64) 1 << i;
  return spelled;
}

/* Rows with one class, or with two (a difference). What does not fit the network's groups is left out. */
static void
read_group (json_t *list, gsize picture, guint group, gboolean two, gsize n_rows, gsize n_classes, GArray *facts)
{
  size_t n = two ? 3 : 2;

  for (size_t i = 0; i + n <= json_array_size (list); i += n) {
    json_int_t row = json_integer_value (json_array_get (list, i)), class = json_integer_value (json_array_get (list, i + 1));
    json_int_t against = two ? json_integer_value (json_array_get (list, i + 2)) : 0;
    OwlFact fact = { (guint16) picture, (guint16) group, (gint32) row, (gint32) class, (gint32) against };

    if (row >= 0 && (gsize) row < n_rows && class >= 0 && (gsize) class < n_classes && against >= 0 && (gsize) against < n_classes)
      g_array_append_val (facts, fact);
  }
}

/* Where replies begin: the places that must say their first ids. Turns → places; what is cut off has none. */
static GArray *
find_replies (const GArray *labels)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (gint32));

  for (gint32 i = 0; i < (gint32) labels->len; i++)
    if (g_array_index (labels, gint32, i) >= 0 && (i == 0 || g_array_index (labels, gint32, i - 1) < 0))
      g_array_append_val (places, i);
  return places;
}

static void
read_reply_group (json_t *list, guint group, gboolean two, const GArray *places, gsize n_classes, GArray *facts)
{
  guint first = facts->len;

  read_group (list, 0, group, two, places->len, n_classes, facts);
  for (guint i = first; i < facts->len; i++) {
    OwlFact *fact = &g_array_index (facts, OwlFact, i);

    fact->row = g_array_index (places, gint32, fact->row);
  }
}

/* The place that must say byte `byte` of the reply which begins at `first`; behind its end, the place that ends it. */
static gint32
find_byte (const OwlDataset *d, const GArray *labels, gint32 first, json_int_t byte)
{
  g_autoptr (OwlDetokenizer) detokenizer = owl_detokenizer_new (d->tokenizer);
  g_autoptr (GString) said = g_string_new (NULL);
  gint32 place = first;

  for (;; place++) {
    owl_detokenizer_push (detokenizer, g_array_index (labels, gint32, place), said);
    if ((json_int_t) said->len > byte || place + 1 >= (gint32) labels->len || g_array_index (labels, gint32, place + 1) < 0)
      return place;
  }
}

/* Where each picture begins among the ids. */
static GArray *
find_pictures (const OwlDataset *d, const GArray *ids)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (gint32));

  for (gint32 i = 0; i < (gint32) ids->len; i += g_array_index (ids, gint32, i) == OWL_IMAGE_ID ? d->network->n_queries + 1 : 1)
    if (g_array_index (ids, gint32, i) == OWL_IMAGE_ID)
      g_array_append_val (places, i);
  return places;
}

/* [look, turn, byte, picture, token, …]. A reply that begins with a piece of its own for the space before it looks from there on. */
static void
read_looks (const OwlDataset *d, json_t *list, guint group, const GArray *ids, const GArray *labels, const GArray *replies, GArray *facts)
{
  g_autoptr (GArray) pictures = json_array_size (list) > 0 ? find_pictures (d, ids) : NULL;

  for (size_t i = 0; i + 5 <= json_array_size (list); i += 5) {
    json_int_t v[5];
    gint32 first, last;
    guint n_keys = 0;

    for (size_t j = 0; j < 5; j++)
      v[j] = json_integer_value (json_array_get (list, i + j));
    if (v[0] < 0 || v[0] > G_MAXINT32 || v[1] < 0 || v[1] >= replies->len || v[2] < 0 || v[3] < 0 || v[3] >= pictures->len || v[4] < 0 || v[4] >= d->network->n_queries)
      continue;
    first = g_array_index (replies, gint32, v[1]);
    last = find_byte (d, labels, first, v[2]);
    /* The tokens of one look follow each other in the list, and are taken again for every place that looks. */
    while (i + 5 * (n_keys + 1) <= json_array_size (list) && json_integer_value (json_array_get (list, i + 5 * n_keys)) == v[0])
      n_keys++;
    for (gint32 place = v[2] == 0 ? first : last; place <= last; place++)
      for (guint k = 0; k < n_keys; k++) {
        json_int_t picture = json_integer_value (json_array_get (list, i + 5 * k + 3)), token = json_integer_value (json_array_get (list, i + 5 * k + 4));
        OwlFact fact = { 0, (guint16) group, place, 0, (gint32) v[0] };

        if (picture < 0 || picture >= pictures->len || token < 0 || token >= d->network->n_queries)
          continue;
        fact.class = g_array_index (pictures, gint32, picture) + (gint32) token;
        g_array_append_val (facts, fact);
      }
    i += 5 * (n_keys - 1);
  }
}

static GArray *
read_facts (const OwlDataset *d, json_t *record, gsize n_pictures, const GArray *ids, const GArray *labels)
{
  const OwlNetwork *n = d->network;
  g_autoptr (GArray) places = find_replies (labels);
  GArray *facts = g_array_new (FALSE, FALSE, sizeof (OwlFact));

  for (guint j = 0; j < n->facts->len; j++) {
    const OwlFactGroup *group = g_ptr_array_index (n->facts, j);

    if (group->source == OWL_FACTS_LOOKS) {
      read_looks (d, json_object_get (json_object_get (record, "said"), group->name), j, ids, labels, places, facts);
      continue;
    }
    if (group->source != OWL_FACTS_TOKENS && group->source != OWL_FACTS_PATCHES && group->source != OWL_FACTS_SEARCHES) {
      read_reply_group (json_object_get (json_object_get (record, "said"), group->name), j, group->source == OWL_FACTS_DIFFERENCES, places, group->w->rows, facts);
      continue;
    }
    for (gsize i = 0; i < n_pictures; i++) {
      json_t *of = json_object_get (json_array_get (json_object_get (record, "facts"), i), owl_fact_source_names[group->source]);

      read_group (json_object_get (of, group->name), i, j, FALSE, (gsize) (group->source == OWL_FACTS_PATCHES ? n->n_patches : n->n_queries),
                  group->w ? group->w->rows : (gsize) n->n_patches, facts);
    }
  }
  return facts;
}

/* Adds a record to the batch; FALSE: it cannot be used, and was counted. */
static gboolean
add_record (OwlDataset *d, const DataFile *f, guint32 line, guint64 draw, OwlBatch *batch)
{
  const char *data = (const char *) owl_mapped_file_get_data (f->file) + g_array_index (f->lines, gsize, line);
  gsize size = owl_mapped_file_get_size (f->file) - g_array_index (f->lines, gsize, line);
  const char *newline = memchr (data, '\n', size);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32)), labels = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GPtrArray) pictures = g_ptr_array_new ();
  json_t *record = json_loadb (data, newline ? (size_t) (newline - data) : size, 0, NULL), *text = json_object_get (record, "text");
  json_t *images = json_object_get (record, "image");
  gsize n_pictures = 0, n_targets = 0;
  gboolean used = FALSE;

  if (!json_is_string (text)) {
    d->counts.n_damaged++;
    goto done;
  }
  if (!owl_dataset_tokenise (d->tokenizer, json_string_value (text), json_string_length (text), d->network->n_queries + 1,
                             d->options.max_length, find_spelled (d, json_string_value (json_object_get (record, "task_type"))), ids, labels, &n_pictures)) {
    d->counts.n_too_long++;
    goto done;
  }
  for (guint i = 0; i < labels->len; i++)
    n_targets += g_array_index (labels, gint32, i) >= 0;
  if (n_targets == 0) {
    d->counts.n_no_answer++;
    goto done;
  }
  for (gsize i = 0; i < n_pictures; i++) {
    const char *name = json_is_array (images) ? json_string_value (json_array_get (images, i)) : i == 0 ? json_string_value (images) : NULL;

    if (!name || !d->network->has_vision || !add_picture (d, f, name, draw * 16 + i, batch, pictures)) {
      d->counts.n_no_picture++;
      goto done;
    }
  }
  {
    GArray *facts = d->network->facts->len > 0 ? read_facts (d, record, n_pictures, ids, labels) : NULL;
    OwlSequence s = { .n = ids->len, .n_pictures = pictures->len, .n_facts = facts ? facts->len : 0 };

    if (facts) {
      s.facts = (const OwlFact *) (const void *) g_array_free (facts, FALSE);
      g_ptr_array_add (batch->memory, (gpointer) s.facts);
    }
    s.ids = (const gint32 *) (const void *) g_array_free (g_steal_pointer (&ids), FALSE);
    s.labels = (const gint32 *) (const void *) g_array_free (g_steal_pointer (&labels), FALSE);
    s.pictures = (const float *const *) g_ptr_array_free (g_steal_pointer (&pictures), FALSE);
    g_ptr_array_add (batch->memory, (gpointer) s.ids);
    g_ptr_array_add (batch->memory, (gpointer) s.labels);
    g_ptr_array_add (batch->memory, (gpointer) s.pictures);
    g_array_append_val (batch->sequences, s);
  }
  batch->n_targets += n_targets;
  d->counts.n_used++;
  used = TRUE;
done:
  json_decref (record);
  return used;
}

/* The file that draw number `draw` goes to. */
static gsize
choose_file (const OwlDataset *d, guint64 draw)
{
  double wanted = unit (mix (d->options.seed, 2, draw)) * d->total_weight;

  for (gsize i = 0; i < d->n_files; i++) {
    wanted -= d->files[i].weight;
    if (wanted < 0.0 && d->files[i].weight > 0.0)
      return i;
  }
  return 0;
}

static gboolean
add_next (OwlDataset *d, gboolean ordered, OwlBatch *batch)
{
  gsize index = 0;
  DataFile *f;

  if (ordered) {
    guint64 at = d->ordered++ % d->n_records;

    while (at >= d->files[index].lines->len)
      at -= d->files[index++].lines->len;
    return add_record (d, &d->files[index], (guint32) at, d->ordered, batch);
  }
  index = choose_file (d, d->draws);
  f = &d->files[index];
  if (f->next >= f->lines->len) {
    f->next = 0;
    f->round++;
    shuffle (d, index);
  }
  return add_record (d, f, f->order[f->next++], d->draws++, batch);
}

OwlBatch *
owl_dataset_next (OwlDataset *d, gsize n, gboolean ordered, GError **error)
{
  OwlBatch *batch = g_new0 (OwlBatch, 1);
  guint n_bad = 0;

  batch->sequences = g_array_new (FALSE, FALSE, sizeof (OwlSequence));
  batch->memory = g_ptr_array_new_with_free_func (g_free);
  while (batch->sequences->len < n && n_bad < MAX_BAD_RECORDS && n_bad < 2 * d->n_records)
    n_bad += !add_next (d, ordered, batch);
  if (batch->sequences->len > 0)
    return batch;
  owl_batch_free (batch);
  g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT,
               "no usable record in %" G_GSIZE_FORMAT ": %" G_GUINT64_FORMAT " without their pictures, %" G_GUINT64_FORMAT
               " without an answer, %" G_GUINT64_FORMAT " too long, %" G_GUINT64_FORMAT " damaged",
               d->n_records, d->counts.n_no_picture, d->counts.n_no_answer, d->counts.n_too_long, d->counts.n_damaged);
  return NULL;
}

GArray *
owl_dataset_tell (const OwlDataset *d)
{
  GArray *position = g_array_new (FALSE, FALSE, sizeof (guint64));
  const guint64 head[] = { d->draws, d->ordered, d->counts.n_used, d->counts.n_no_picture, d->counts.n_no_answer, d->counts.n_too_long,
                           d->counts.n_damaged };

  g_array_append_vals (position, head, G_N_ELEMENTS (head));
  for (gsize i = 0; i < d->n_files; i++) {
    g_array_append_val (position, d->files[i].round);
    g_array_append_val (position, d->files[i].next);
  }
  return position;
}

gboolean
owl_dataset_seek (OwlDataset *d, const guint64 *position, gsize n)
{
  if (n != 7 + 2 * d->n_files)
    return FALSE;
  d->draws = position[0];
  d->ordered = position[1];
  d->counts = (OwlDatasetCounts){ position[2], position[3], position[4], position[5], position[6] };
  for (gsize i = 0; i < d->n_files; i++) {
    d->files[i].round = position[7 + 2 * i];
    d->files[i].next = position[8 + 2 * i];
    if (d->files[i].next > d->files[i].lines->len)
      return FALSE;
    shuffle (d, i);
  }
  return TRUE;
}

const OwlDatasetCounts *
owl_dataset_get_counts (const OwlDataset *d)
{
  return &d->counts;
}

gsize
owl_dataset_get_n_records (const OwlDataset *d)
{
  return d->n_records;
}
