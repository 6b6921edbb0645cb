/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert/plan.h"

#include <string.h>

/* Values converted at a time. */
#define BLOCK_VALUES (1 << 20)

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
owl_plan_init (OwlPlan *plan, const OwlCheckpoint *checkpoint, gboolean has_type, OwlType type, const OwlConvertOptions *options,
               GError **error)
{
  *plan = (OwlPlan){ .checkpoint = checkpoint, .has_type = has_type, .type = type, .options = options, .error = error };
  plan->tensors = g_array_new (FALSE, TRUE, sizeof (OwlPlanned));
  g_array_set_clear_func (plan->tensors, clear_planned);
  plan->used = g_hash_table_new (g_str_hash, g_str_equal);
}

void
owl_plan_clear (OwlPlan *plan)
{
  g_clear_pointer (&plan->tensors, g_array_unref);
  g_clear_pointer (&plan->used, g_hash_table_unref);
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

/* Rows that do not fill the blocks of a type take the next better one that they fill. */
static OwlType
fitting_type (OwlPlan *plan, const char *name, OwlType type, gint64 row_length)
{
  OwlType chosen = type;

  if (owl_type_row_size (chosen, row_length) == 0)
    chosen = OWL_TYPE_Q8_0;
  if (owl_type_row_size (chosen, row_length) == 0)
    chosen = OWL_TYPE_F16;
  if (chosen != type && plan->options->note) {
    g_autofree char *message = g_strdup_printf ("%s is stored as %s: its rows of %" G_GINT64_FORMAT " values do not fill the blocks of %s",
                                                name, owl_type_name (chosen), row_length, owl_type_name (type));

    plan->options->note (message, plan->options->user_data);
  }
  return chosen;
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
  else
    g_hash_table_add (plan->used, source->name);
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
  p.type = plan->has_type ? plan->type : source->type;
  /* The output layer decides between words: four bits are too few for it. */
  if (p.type == OWL_TYPE_Q4_0 && strcmp (target, "output.weight") == 0)
    p.type = OWL_TYPE_Q8_0;
  p.type = fitting_type (plan, target, p.type, p.ne[0]);
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
  p.type = as_f32 ? OWL_TYPE_F32 : plan->has_type ? plan->type : source->type;
  /* What is no matrix of a linear layer is never quantised. */
  if (owl_type_is_quantised (p.type))
    p.type = OWL_TYPE_F16;
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

guint32
owl_plan_get_file_type (const OwlPlan *plan)
{
  const OwlPlanned *largest = NULL;

  for (guint i = 0; i < plan->tensors->len; i++) {
    const OwlPlanned *p = &g_array_index (plan->tensors, OwlPlanned, i);

    if (!largest || p->row_length * p->n_rows > largest->row_length * largest->n_rows)
      largest = p;
  }
  switch (largest ? largest->type : OWL_TYPE_F32) {
  case OWL_TYPE_F16:
    return 1;
  case OWL_TYPE_Q4_0:
    return 2;
  case OWL_TYPE_Q8_0:
    return 7;
  case OWL_TYPE_Q4_K:
    return 15;
  case OWL_TYPE_Q6_K:
    return 18;
  case OWL_TYPE_BF16:
    return 32;
  case OWL_TYPE_F32:
  case OWL_TYPE_Q4_1:
  case OWL_TYPE_Q5_0:
  case OWL_TYPE_Q5_1:
  case OWL_TYPE_Q5_K:
  default:
    return 0;
  }
}

/* Rows [row, row + n) as float32, gathered from the source. */
static void
gather (const OwlPlanned *p, gsize row, gsize n, float *values)
{
  gsize row_size = owl_type_block_size (p->source->type) * p->row_length;

  if (p->map.order == OWL_ROWS_SAME) {
    owl_type_to_f32 (p->source->type, p->source->data + row * row_size, values, n * p->row_length);
    return;
  }
  for (gsize i = 0; i < n; i++)
    owl_type_to_f32 (p->source->type, p->source->data + owl_row_map (&p->map, row + i) * row_size, values + i * p->row_length,
                     p->row_length);
}

static gboolean
write_tensor (const OwlPlanned *p, OwlGgufWriter *writer, const OwlMerge *merge, float *values, guint8 *bytes, GError **error)
{
  gsize block = MAX (BLOCK_VALUES / p->row_length, 1);

  for (gsize row = 0; row < p->n_rows; row += block) {
    gsize n = MIN (block, p->n_rows - row);

    gather (p, row, n, values);
    if (merge && p->n_dims == 2)
      owl_merge_add (merge, p->name, row, n, p->row_length, values);
    owl_type_from_f32 (p->type, values, bytes, n * p->row_length);
    if (!owl_gguf_writer_write (writer, bytes, owl_type_row_size (p->type, (gint64) (n * p->row_length)), error))
      return FALSE;
    if (p->map.order == OWL_ROWS_SAME)
      owl_mapped_file_drop (p->source->file, p->source->data + row * p->row_length * owl_type_block_size (p->source->type),
                            n * p->row_length * owl_type_block_size (p->source->type));
  }
  owl_mapped_file_drop (p->source->file, p->source->data, p->source->size);
  return TRUE;
}

gboolean
owl_plan_write (const OwlPlan *plan, OwlGgufWriter *writer, const OwlMerge *merge, guint64 *done, guint64 total,
                GCancellable *cancellable, GError **error)
{
  gsize most = BLOCK_VALUES;
  g_autofree float *values = NULL;
  g_autofree guint8 *bytes = NULL;

  for (guint i = 0; i < plan->tensors->len; i++)
    most = MAX (most, g_array_index (plan->tensors, OwlPlanned, i).row_length);
  values = g_new (float, most);
  bytes = g_malloc (most * sizeof (float));
  for (guint i = 0; i < plan->tensors->len; i++) {
    const OwlPlanned *p = &g_array_index (plan->tensors, OwlPlanned, i);

    if (cancellable && g_cancellable_is_cancelled (cancellable)) {
      g_set_error_literal (error, OWL_ERROR, OWL_ERROR_CANCELLED, "the conversion was cancelled");
      return FALSE;
    }
    if (!write_tensor (p, writer, merge, values, bytes, error))
      return FALSE;
    *done += planned_size (p);
    if (plan->options->progress)
      plan->options->progress ((double) *done / (double) MAX (total, 1), plan->options->user_data);
  }
  return TRUE;
}
