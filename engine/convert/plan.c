/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert/plan.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* Values converted at a time, and by one thread at a time. */
#define BLOCK_VALUES (1 << 21)
#define TASK_VALUES (1 << 16)

gsize
owl_row_map (const OwlRowMap *map, gsize row)
{
  gsize d = map->head_dim, head, i;

  switch (map->order) {
  case OWL_ROWS_ROTARY:
    /* Rows 2i and 2i + 1 of a head were i and i + head_dim / 2. */
    head = row / d;
    i = row % d;
    return head * d + i / 2 + (i % 2) * (d / 2);
  case OWL_ROWS_QKV: {
    gsize width = map->n_heads * d, part = map->part >= 0 ? (gsize) map->part : row / width;

    i = row % width;
    return i / d * 3 * d + part * d + i % d;
  }
  case OWL_ROWS_SAME:
  default:
    return row;
  }
}

static void
clear_planned (gpointer data)
{
  g_free (((OwlPlanned *) data)->name);
}

void
owl_plan_init (OwlPlan *plan, const OwlCheckpoint *checkpoint, OwlMix mix, GError **error)
{
  *plan = (OwlPlan){ .checkpoint = checkpoint, .mix = mix, .error = error };
  plan->tensors = g_array_new (FALSE, TRUE, sizeof (OwlPlanned));
  g_array_set_clear_func (plan->tensors, clear_planned);
  plan->ill_fitting = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

void
owl_plan_clear (OwlPlan *plan)
{
  g_clear_pointer (&plan->tensors, g_array_unref);
  g_clear_pointer (&plan->ill_fitting, g_hash_table_unref);
}

gboolean
owl_plan_fail (OwlPlan *plan, OwlErrorCode code, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  if (plan->failed)
    return FALSE;
  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (plan->error, OWL_ERROR, code, "%s: %s", owl_checkpoint_get_folder (plan->checkpoint), message);
  plan->failed = TRUE;
  return FALSE;
}

OwlType
owl_plan_choose_type (OwlPlan *plan, const char *name, OwlType stored, gint64 row_length)
{
  OwlType wanted, type;
  char *note;

  if (plan->mix == OWL_MIX_AS_STORED)
    return stored;
  type = owl_mix_choose (plan->mix, name, plan->n_blocks, plan->tied, row_length, &wanted);
  if (type == wanted)
    return type;
  note = g_strdup_printf ("with rows of %" G_GINT64_FORMAT " values, which do not fill the blocks of %s: stored as %s", row_length,
                          owl_type_name (wanted), owl_type_name (type));
  g_hash_table_insert (plan->ill_fitting, note,
                       GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (plan->ill_fitting, note)) + 1));
  return type;
}

void
owl_plan_say_notes (const OwlPlan *plan, const OwlConvertOptions *options)
{
  GHashTableIter iter;
  gpointer note, count;

  g_hash_table_iter_init (&iter, plan->ill_fitting);
  while (options->note && g_hash_table_iter_next (&iter, &note, &count)) {
    guint n = GPOINTER_TO_UINT (count);
    g_autofree char *message = g_strdup_printf ("%u %s %s", n, n == 1 ? "matrix" : "matrices", (const char *) note);

    options->note (message, options->user_data);
  }
}

static const OwlCheckpointTensor *
find_source (OwlPlan *plan, const char *name)
{
  const OwlCheckpointTensor *source;

  if (plan->failed)
    return NULL;
  source = owl_checkpoint_find (plan->checkpoint, name);
  if (!source)
    owl_plan_fail (plan, OWL_ERROR_FORMAT, "tensor %s is missing", name);
  return source;
}

static const OwlPlanned *
add (OwlPlan *plan, OwlPlanned planned)
{
  g_array_append_val (plan->tensors, planned);
  return &g_array_index (plan->tensors, OwlPlanned, plan->tensors->len - 1);
}

const OwlPlanned *
owl_plan_matrix (OwlPlan *plan, const char *target, const char *source_name, gint64 out, gint64 in, OwlRowMap map)
{
  const OwlCheckpointTensor *source = find_source (plan, source_name);
  OwlPlanned p = { .map = map, .n_dims = 2 };

  if (!source)
    return NULL;
  if (source->n_dims != 2 || (out && source->shape[0] != out * (map.order == OWL_ROWS_QKV && map.part >= 0 ? 3 : 1)) ||
      (in && source->shape[1] != in)) {
    owl_plan_fail (plan, OWL_ERROR_FORMAT,
                   "tensor %s: the shape [%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT "] does not fit (expected [%" G_GINT64_FORMAT
                   ", %" G_GINT64_FORMAT "], 0: any)",
                   source_name, source->shape[0], source->shape[1], out * (map.order == OWL_ROWS_QKV && map.part >= 0 ? 3 : 1), in);
    return NULL;
  }
  p.name = g_strdup (target);
  p.source = source;
  p.ne[0] = source->shape[1];
  p.ne[1] = map.order == OWL_ROWS_QKV && map.part >= 0 ? source->shape[0] / 3 : source->shape[0];
  p.ne[2] = p.ne[3] = 1;
  p.row_length = (gsize) p.ne[0];
  p.n_rows = (gsize) p.ne[1];
  p.type = owl_plan_choose_type (plan, target, source->type, p.ne[0]);
  return add (plan, p);
}

const OwlPlanned *
owl_plan_vector (OwlPlan *plan, const char *target, const char *source_name, gint64 n, OwlRowMap map)
{
  const OwlCheckpointTensor *source = find_source (plan, source_name);
  gboolean third = map.order == OWL_ROWS_QKV && map.part >= 0;
  OwlPlanned p = { .map = map, .n_dims = 1, .type = OWL_TYPE_F32, .row_length = 1 };
  gint64 values = 1;

  if (!source)
    return NULL;
  for (int i = 0; i < source->n_dims; i++)
    values *= source->shape[i];
  if ((source->n_dims > 0 && source->shape[source->n_dims - 1] != values) || (n && values != (third ? 3 * n : n))) {
    owl_plan_fail (plan, OWL_ERROR_FORMAT, "tensor %s: expected a vector of %" G_GINT64_FORMAT " values, found %" G_GINT64_FORMAT,
                   source_name, third ? 3 * n : n, values);
    return NULL;
  }
  p.name = g_strdup (target);
  p.source = source;
  p.ne[0] = third ? values / 3 : values;
  p.ne[1] = p.ne[2] = p.ne[3] = 1;
  p.n_rows = (gsize) p.ne[0];
  return add (plan, p);
}

const OwlPlanned *
owl_plan_tensor (OwlPlan *plan, const char *target, const char *source_name, int n_dims, const gint64 *ne, gboolean as_f32)
{
  const OwlCheckpointTensor *source = find_source (plan, source_name);
  OwlPlanned p = { .map = { .order = OWL_ROWS_SAME }, .n_dims = n_dims };
  gint64 values = 1, expected = 1;

  if (!source)
    return NULL;
  for (int i = 0; i < OWL_MAX_DIMS; i++) {
    p.ne[i] = i < n_dims ? ne[i] : 1;
    expected *= p.ne[i];
    values *= source->shape[i];
  }
  if (values != expected) {
    owl_plan_fail (plan, OWL_ERROR_FORMAT, "tensor %s: expected %" G_GINT64_FORMAT " values, found %" G_GINT64_FORMAT, source_name, expected,
                   values);
    return NULL;
  }
  p.name = g_strdup (target);
  p.source = source;
  p.row_length = (gsize) p.ne[0];
  p.n_rows = (gsize) (expected / p.ne[0]);
  /* What is no matrix of a linear layer is never quantised. */
  if (as_f32)
    p.type = OWL_TYPE_F32;
  else if (owl_mix_is_quantised (plan->mix))
    p.type = OWL_TYPE_F16;
  else
    p.type = owl_plan_choose_type (plan, target, source->type, p.ne[0]);
  return add (plan, p);
}

void
owl_plan_declare (const OwlPlan *plan, OwlGgufWriter *writer)
{
  for (guint i = 0; i < plan->tensors->len; i++) {
    const OwlPlanned *p = &g_array_index (plan->tensors, OwlPlanned, i);

    owl_gguf_writer_add_tensor (writer, p->name, p->type, p->n_dims, p->ne);
  }
}

static gsize
planned_size (const OwlPlanned *p)
{
  return owl_type_row_size (p->type, p->ne[0]) * (gsize) (p->ne[1] * p->ne[2] * p->ne[3]);
}

guint64
owl_plan_get_size (const OwlPlan *plan)
{
  guint64 size = 0;

  for (guint i = 0; i < plan->tensors->len; i++)
    size += planned_size (&g_array_index (plan->tensors, OwlPlanned, i));
  return size;
}

guint64
owl_plan_count_values (const OwlPlan *plan)
{
  guint64 n = 0;

  for (guint i = 0; i < plan->tensors->len; i++) {
    const OwlPlanned *p = &g_array_index (plan->tensors, OwlPlanned, i);

    n += (guint64) p->row_length * p->n_rows;
  }
  return n;
}

guint32
owl_plan_get_file_type (const OwlPlan *plan)
{
  const OwlPlanned *largest = NULL;

  if (plan->mix != OWL_MIX_AS_STORED)
    return owl_mix_get_file_type (plan->mix);
  for (guint i = 0; i < plan->tensors->len; i++) {
    const OwlPlanned *p = &g_array_index (plan->tensors, OwlPlanned, i);

    if (!largest || p->row_length * p->n_rows > largest->row_length * largest->n_rows)
      largest = p;
  }
  return owl_mix_get_file_type (owl_mix_from_type (largest ? largest->type : OWL_TYPE_F32));
}

/* Rows [row, row + n) as float32, gathered from the source. */
static void
gather (const OwlPlanned *p, gsize row, gsize n, float *values)
{
  gsize row_size = owl_type_row_size (p->source->type, (gint64) p->row_length);

  if (p->map.order == OWL_ROWS_SAME) {
    owl_type_to_f32 (p->source->type, p->source->data + row * row_size, values, n * p->row_length);
    return;
  }
  for (gsize i = 0; i < n; i++)
    owl_type_to_f32 (p->source->type, p->source->data + owl_row_map (&p->map, row + i) * row_size, values + i * p->row_length,
                     p->row_length);
}

/* A block of rows on its way from the checkpoint to the file. */
typedef struct {
  const OwlPlanned *planned;
  const OwlMerge *merge;
  gsize row, n, rows_per_task;
  float *values;
  guint8 *bytes;
  atomic_bool infinite;
} Block;

/* float16 reaches 65504; from 65520 on it would round to infinity. */
static gboolean
fits (OwlType type, const float *values, gsize n)
{
  const float most = type == OWL_TYPE_F16 ? 65520.0f : INFINITY;
  gboolean fine = TRUE;

  for (gsize i = 0; i < n; i++)
    fine &= fabsf (values[i]) < most;
  return fine;
}

static void
convert_rows (gsize task, int thread, gpointer data)
{
  Block *b = data;
  const OwlPlanned *p = b->planned;
  gsize first = task * b->rows_per_task, n = MIN (b->rows_per_task, b->n - first), n_values = n * p->row_length;
  float *values = b->values + first * p->row_length;

  gather (p, b->row + first, n, values);
  if (b->merge && p->n_dims == 2)
    owl_merge_add (b->merge, p->name, b->row + first, n, p->row_length, values);
  if (!fits (p->type, values, n_values))
    atomic_store (&b->infinite, TRUE);
  else
    owl_type_from_f32 (p->type, values, b->bytes + first * owl_type_row_size (p->type, (gint64) p->row_length), n_values);
}

static gboolean
cancelled (GError **error)
{
  g_set_error_literal (error, OWL_ERROR, OWL_ERROR_CANCELLED, "the conversion was cancelled");
  return FALSE;
}

static gboolean
write_block (Block *b, OwlGgufWriter *writer, OwlPlanRun *run, GError **error)
{
  const OwlPlanned *p = b->planned;
  gsize n_tasks = (b->n + b->rows_per_task - 1) / b->rows_per_task, size = owl_type_row_size (p->type, (gint64) p->row_length) * b->n;

  if (!owl_pool_run (run->pool, n_tasks, convert_rows, b, run->cancellable))
    return cancelled (error);
  if (atomic_load (&b->infinite)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: tensor %s: it holds values that are infinite, undefined or too large for %s",
                 p->source->file ? owl_mapped_file_get_path (p->source->file) : "", p->source->name, owl_type_name (p->type));
    return FALSE;
  }
  if (!owl_gguf_writer_write (writer, b->bytes, size, error))
    return FALSE;
  run->done += size;
  if (run->options->progress)
    run->options->progress (run->done, run->total, run->options->user_data);
  return TRUE;
}

static gboolean
write_tensor (const OwlPlanned *p, OwlGgufWriter *writer, const OwlMerge *merge, float *values, guint8 *bytes, OwlPlanRun *run,
              GError **error)
{
  Block b = { .planned = p, .merge = merge, .values = values, .bytes = bytes };
  gsize rows = MAX (BLOCK_VALUES / p->row_length, 1), row_size = owl_type_row_size (p->source->type, (gint64) p->row_length);

  b.rows_per_task = MAX (TASK_VALUES / p->row_length, 1);
  for (b.row = 0; b.row < p->n_rows; b.row += rows) {
    b.n = MIN (rows, p->n_rows - b.row);
    if (!write_block (&b, writer, run, error))
      return FALSE;
    if (p->map.order == OWL_ROWS_SAME)
      owl_mapped_file_drop (p->source->file, p->source->data + b.row * row_size, b.n * row_size);
  }
  owl_mapped_file_drop (p->source->file, p->source->data, p->source->size);
  return TRUE;
}

gboolean
owl_plan_write (const OwlPlan *plan, OwlGgufWriter *writer, const OwlMerge *merge, OwlPlanRun *run, GError **error)
{
  gsize most = BLOCK_VALUES;
  g_autofree float *values = NULL;
  g_autofree guint8 *bytes = NULL;

  for (guint i = 0; i < plan->tensors->len; i++)
    most = MAX (most, g_array_index (plan->tensors, OwlPlanned, i).row_length);
  values = g_new (float, most);
  bytes = g_malloc (most * sizeof (float));
  for (guint i = 0; i < plan->tensors->len; i++) {
    if (run->cancellable && g_cancellable_is_cancelled (run->cancellable))
      return cancelled (error);
    if (!write_tensor (&g_array_index (plan->tensors, OwlPlanned, i), writer, merge, values, bytes, run, error))
      return FALSE;
  }
  return TRUE;
}
