/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/packing.h"

#include "tensor/pack.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE ((gsize) 2 << 20)
/* What must stay free beside the weights: keys and values, working memory, the rest of the desktop. */
#define SPARE ((guint64) 512 << 20)
/* Groups packed by a task: some megabytes, read piece by piece so that a piece is still near when it is packed. */
#define TASK_BYTES ((gsize) 2 << 20)
#define PIECE_BYTES ((gsize) 256 << 10)

struct _OwlPacking {
  guint8 *map, *memory; /* `memory` starts a huge page */
  gsize mapped, size;
};

typedef struct {
  OwlPool *pool;
  const OwlTensor *tensor;
  const OwlMappedFile *file; /* NULL: the tensor lies in memory */
  gsize row_size, n_rows, groups_per_task, groups_per_piece;
  guint8 *dst;
  gint failed; /* a task could not read its part */
} Packing;

static gsize
aligned (gsize size)
{
  return (size + 63) & ~(gsize) 63;
}

static void
add_linear (GPtrArray *list, OwlLinear *linear)
{
  if (linear->weight.data)
    g_ptr_array_add (list, &linear->weight);
}

GPtrArray *
owl_packing_list_language (OwlLanguage *l)
{
  GPtrArray *list = g_ptr_array_new ();

  for (int i = 0; i < l->n_layers; i++) {
    OwlLanguageLayer *layer = &l->layers[i];
    OwlLinear *const linears[] = { &layer->q, &layer->k, &layer->v, &layer->out, &layer->gate, &layer->up, &layer->down };

    for (gsize j = 0; j < G_N_ELEMENTS (linears); j++)
      add_linear (list, linears[j]);
  }
  add_linear (list, &l->output);
  return list;
}

GPtrArray *
owl_packing_list_vision (OwlVision *v)
{
  GPtrArray *list = g_ptr_array_new ();

  add_linear (list, &v->patch);
  for (int i = 0; i < v->n_layers; i++) {
    OwlVitLayer *layer = &v->layers[i];
    OwlLinear *const linears[] = { &layer->q, &layer->k, &layer->v, &layer->out, &layer->up, &layer->down };

    for (gsize j = 0; j < G_N_ELEMENTS (linears); j++)
      add_linear (list, linears[j]);
  }
  for (int i = 0; i < v->n_abstractor_layers; i++) {
    OwlAbstractorLayer *layer = &v->abstractor[i];
    OwlLinear *const linears[] = { &layer->q, &layer->k, &layer->v, &layer->out, &layer->gate, &layer->up, &layer->down };

    for (gsize j = 0; j < G_N_ELEMENTS (linears); j++)
      add_linear (list, linears[j]);
  }
  add_linear (list, &v->project);
  return list;
}

/* Memory that a new program could take without swapping; everything when the system does not say. */
static guint64
available_memory (void)
{
  g_autofree char *text = NULL;
  const char *at;

  if (!g_file_get_contents ("/proc/meminfo", &text, NULL, NULL) || !(at = strstr (text, "MemAvailable:")))
    return G_MAXUINT64;
  return g_ascii_strtoull (at + strlen ("MemAvailable:"), NULL, 10) << 10;
}

static gboolean
take_memory (OwlPacking *packing, GError **error)
{
  packing->mapped = packing->size + HUGE_PAGE;
  packing->map = mmap (NULL, packing->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (packing->map == MAP_FAILED) {
    packing->map = NULL;
    g_set_error (error, OWL_ERROR, OWL_ERROR_MEMORY, "not enough memory for the model (%" G_GSIZE_FORMAT " MB)", packing->size >> 20);
    return FALSE;
  }
  packing->memory = (guint8 *) (((guintptr) packing->map + HUGE_PAGE - 1) & ~(guintptr) (HUGE_PAGE - 1));
  /* A model smaller than a huge page would only waste the rest of it; a system without them ignores the wish. */
  if (packing->size >= HUGE_PAGE)
    madvise (packing->memory, packing->size, MADV_HUGEPAGE);
  return TRUE;
}

static void
pack_task (gsize task, int thread, gpointer data)
{
  Packing *p = data;
  gsize end = MIN ((task + 1) * p->groups_per_task * OWL_PACK_ROWS, p->n_rows), step = p->groups_per_piece * OWL_PACK_ROWS;
  guint8 *piece = p->file ? owl_pool_get_scratch (p->pool, thread, step * p->row_size) : NULL;

  for (gsize first = task * p->groups_per_task * OWL_PACK_ROWS; first < end; first += step) {
    gsize n = MIN (end - first, step);
    const guint8 *rows = (const guint8 *) p->tensor->data + first * p->row_size;

    if (p->file && !owl_mapped_file_copy (p->file, rows, n * p->row_size, piece)) {
      g_atomic_int_set (&p->failed, 1);
      return;
    }
    for (gsize row = 0; row < n; row += OWL_PACK_ROWS)
      owl_pack_group (p->tensor->type, (p->file ? piece : rows) + row * p->row_size, p->row_size, (int) MIN (OWL_PACK_ROWS, n - row),
                      (gsize) p->tensor->ne[0], p->dst + (first + row) * p->row_size);
  }
}

static gboolean
pack_tensor (OwlPool *pool, OwlTensor *tensor, const OwlMappedFile *file, guint8 *dst, GCancellable *cancellable, GError **error)
{
  Packing p = { .pool = pool, .tensor = tensor, .file = file, .dst = dst };
  gsize n_groups, group_size;

  p.row_size = owl_type_row_size (tensor->type, tensor->ne[0]);
  p.n_rows = (gsize) owl_tensor_n_rows (tensor);
  group_size = p.row_size * OWL_PACK_ROWS;
  p.groups_per_task = MAX (TASK_BYTES / group_size, 1);
  p.groups_per_piece = MAX (PIECE_BYTES / group_size, 1);
  n_groups = (p.n_rows + OWL_PACK_ROWS - 1) / OWL_PACK_ROWS;
  if (!owl_pool_run (pool, (n_groups + p.groups_per_task - 1) / p.groups_per_task, pack_task, &p, cancellable)) {
    g_set_error_literal (error, OWL_ERROR, OWL_ERROR_CANCELLED, "loading the model was cancelled");
    return FALSE;
  }
  if (p.failed) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: cannot be read to its end; it may have been changed meanwhile", owl_mapped_file_get_path (file));
    return FALSE;
  }
  tensor->data = dst;
  tensor->packed = TRUE;
  return TRUE;
}

OwlPacking *
owl_packing_new (OwlPool *pool, GPtrArray *tensors, OwlGguf *file, void (*progress) (gsize done, gpointer data), gpointer data,
                 GCancellable *cancellable, GError **error)
{
  g_autoptr (OwlPacking) packing = g_new0 (OwlPacking, 1);
  gsize at = 0, done = 0;

  for (guint i = 0; i < tensors->len; i++) {
    const OwlTensor *tensor = g_ptr_array_index (tensors, i);

    packing->size += aligned (owl_packed_size (tensor->type, tensor->ne[0], owl_tensor_n_rows (tensor)));
  }
  if (packing->size + SPARE > available_memory ()) {
    packing->size = 0;
    return g_steal_pointer (&packing);
  }
  if (!take_memory (packing, error))
    return NULL;
  for (guint i = 0; i < tensors->len; i++) {
    OwlTensor *tensor = g_ptr_array_index (tensors, i);

    if (!pack_tensor (pool, tensor, file ? owl_gguf_get_file (file) : NULL, packing->memory + at, cancellable, error))
      return NULL;
    at += aligned (owl_packed_size (tensor->type, tensor->ne[0], owl_tensor_n_rows (tensor)));
    done += tensor->size;
    if (progress)
      progress (done, data);
  }
  return g_steal_pointer (&packing);
}

void
owl_packing_free (OwlPacking *packing)
{
  if (!packing)
    return;
  if (packing->map)
    munmap (packing->map, packing->mapped);
  g_free (packing);
}

gsize
owl_packing_get_size (const OwlPacking *packing)
{
  return packing->size;
}

/* The system tells by mapping, in a file for people. */
gsize
owl_packing_get_huge (const OwlPacking *packing)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean inside = FALSE;
  gsize huge = 0;

  if (!packing->map || !g_file_get_contents ("/proc/self/smaps", &text, NULL, NULL))
    return 0;
  lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i]; i++) {
    unsigned long first, end;

    if (sscanf (lines[i], "%lx-%lx ", &first, &end) == 2)
      inside = first >= (gsize) packing->map && first < (gsize) packing->map + packing->mapped;
    else if (inside && g_str_has_prefix (lines[i], "AnonHugePages:"))
      huge += (gsize) g_ascii_strtoull (lines[i] + strlen ("AnonHugePages:"), NULL, 10) << 10;
  }
  return huge;
}
