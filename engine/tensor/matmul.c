/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/matmul.h"

#include "tensor/kernels.h"

#include <string.h>

/* A task takes at most this many multiply-adds, so that a cancel is seen within some tens of milliseconds, … */
#define MAX_TASK_WORK (1u << 30)
/* … and at least this many, below which handing it out costs more than doing it. */
#define MIN_TASK_WORK (1u << 18)
/* From this many columns on a group of quantised weights is unpacked once for all of them. */
#define PANEL_COLUMNS 9
/* The last of several tiles is at least this wide: so many columns go with two groups at a time, and take less time than one column alone. */
#define MIN_LAST_COLUMNS 4
/* Groups that are unpacked and multiplied at a time. */
#define PANELS 2
/* Groups that share a piece of the columns before the next piece is taken up, … */
#define PANEL_GROUPS 8
/* … which has about so many bytes, to stay in the second-level cache, and at least so many blocks. */
#define PIECE_BYTES (256 * 1024)
#define MIN_PIECE_BLOCKS 16
/* Float products run over so much of the inner dimension at a time, for which a tile of x stays in the first-level cache. */
#define FLOAT_DEPTH 512
/* Groups of float weights that share such a piece of x. */
#define FLOAT_GROUPS 8

/* A tile of columns: some rows of x, rounded or transposed. */
typedef struct {
  gsize first;
  int n; /* columns filled */
  OwlColumns columns;
  float *floats; /* [in, width] */
} Tile;

typedef struct {
  const OwlKernels *kernels;
  OwlPool *pool;
  const OwlTensor *w;
  const float *bias;
  const float *x;
  float *y;
  gsize n, in, out;
  float alpha;
  gboolean add;

  gboolean quantised;
  gsize row_size, group_size, n_groups, groups_per_task;
  Tile *tiles;
  gsize n_tiles;
} Product;

/* Working memory of a calling thread, kept for its next product. */
typedef struct {
  guint8 *data;
  gsize size;
} Memory;

static void
free_memory (gpointer data)
{
  Memory *memory = data;

  g_aligned_free (memory->data);
  g_free (memory);
}

static guint8 *
take_memory (gsize size)
{
  static GPrivate key = G_PRIVATE_INIT (free_memory);
  Memory *memory = g_private_get (&key);

  if (!memory) {
    memory = g_new0 (Memory, 1);
    g_private_set (&key, memory);
  }
  if (memory->size < size) {
    g_aligned_free (memory->data);
    memory->size = size + size / 4;
    memory->data = g_aligned_alloc (1, memory->size, 64);
  }
  return memory->data;
}

/* The narrowest tile that takes `n` columns. */
static int
tile_width (gsize n)
{
  return n > 8 ? 16 : n > 4 ? 8 : n > 2 ? 4 : (int) n;
}

static gsize
align_64 (gsize size)
{
  return (size + 63) & ~(gsize) 63;
}

/* Lays out the tiles of x in memory of the calling thread. */
static void
plan_tiles (Product *p)
{
  gsize n_blocks = p->in / OWL_COLUMN_BLOCK, at, size;
  guint8 *memory;

  p->n_tiles = (p->n + OWL_MAX_COLUMNS - 1) / OWL_MAX_COLUMNS;
  at = align_64 (p->n_tiles * sizeof (Tile));
  size = at + p->n_tiles * OWL_MAX_COLUMNS * (p->quantised ? p->in + n_blocks * 12 : p->in * sizeof (float)) + p->n_tiles * 4 * 64;
  memory = take_memory (size);
  p->tiles = (Tile *) (void *) memory;
  for (gsize i = 0; i < p->n_tiles; i++) {
    Tile *tile = &p->tiles[i];
    gsize width;

    tile->first = i * OWL_MAX_COLUMNS;
    tile->n = (int) MIN (p->n - tile->first, OWL_MAX_COLUMNS);
    tile->columns.width = tile_width (p->quantised && p->n_tiles > 1 ? MAX ((gsize) tile->n, MIN_LAST_COLUMNS) : (gsize) tile->n);
    width = (gsize) tile->columns.width;
    if (p->quantised) {
      tile->columns.values = (gint8 *) (memory + at);
      at += align_64 (p->in * width);
      tile->columns.scales = (float *) (void *) (memory + at);
      at += align_64 (n_blocks * width * 4);
      tile->columns.offsets = (gint32 *) (void *) (memory + at);
      at += align_64 (n_blocks * width * 8);
    } else {
      tile->floats = (float *) (void *) (memory + at);
      at += align_64 (p->in * width * sizeof (float));
    }
  }
}

static void
transpose (const float *x, gsize in, int n, int width, float *dst)
{
  for (gsize i = 0; i < in; i++, dst += width) {
    for (int column = 0; column < n; column++)
      dst[column] = x[(gsize) column * in + i];
    for (int column = n; column < width; column++)
      dst[column] = 0.0f;
  }
}

static void
prepare_tile (gsize index, int thread, gpointer data)
{
  const Product *p = data;
  Tile *tile = &p->tiles[index];
  const float *x = p->x + tile->first * p->in;

  if (p->quantised)
    p->kernels->quantise (owl_dot_kind (p->w->type), owl_dot_offset (p->kernels, p->w->type), x, p->in, tile->n,
                          p->in / OWL_COLUMN_BLOCK, &tile->columns);
  else
    transpose (x, p->in, tile->n, tile->columns.width, tile->floats);
}

/* Takes the 16 sums of one column over to y. */
static void
store_column (const Product *p, gsize column, gsize group, const float *restrict sums)
{
  gsize row = group * OWL_PACK_ROWS, rows = MIN (OWL_PACK_ROWS, p->out - row);
  float *restrict y = p->y + column * p->out + row;
  float values[OWL_PACK_ROWS];

  if (rows == OWL_PACK_ROWS && p->alpha == 1.0f && !p->bias && !p->add) {
    memcpy (y, sums, sizeof values);
    return;
  }
  for (int i = 0; i < OWL_PACK_ROWS; i++)
    values[i] = p->alpha * sums[i];
  for (gsize i = 0; p->bias && i < rows; i++)
    values[i] += p->bias[row + i];
  for (gsize i = 0; p->add && i < rows; i++)
    values[i] += y[i];
  if (rows == OWL_PACK_ROWS)
    memcpy (y, values, sizeof values);
  else
    memcpy (y, values, rows * sizeof *values);
}

/* Takes sums [width, 16] of a tile over to y. */
static void
store_sums (const Product *p, const Tile *tile, gsize group, const float *sums)
{
  for (int column = 0; column < tile->n; column++)
    store_column (p, tile->first + (gsize) column, group, sums + column * OWL_PACK_ROWS);
}

/* Group number `group`; packed into `scratch` unless the matrix is. */
static const guint8 *
get_group (const Product *p, gsize group, guint8 *scratch)
{
  gsize row = group * OWL_PACK_ROWS;

  if (p->w->packed)
    return (const guint8 *) p->w->data + group * p->group_size;
  owl_pack_group (p->w->type, (const guint8 *) p->w->data + row * p->row_size, p->row_size, (int) MIN (OWL_PACK_ROWS, p->out - row),
                  p->in, scratch);
  return scratch;
}

/* Few columns: straight from the packed groups. */
static void
quantised_task (gsize task, int thread, gpointer data)
{
  const Product *p = data;
  gsize first = task * p->groups_per_task, end = MIN (first + p->groups_per_task, p->n_groups);
  guint8 *scratch = p->w->packed ? NULL : owl_pool_get_scratch (p->pool, thread, p->group_size);
  float sums[OWL_MAX_COLUMNS * OWL_PACK_ROWS] __attribute__ ((aligned (64)));

  for (gsize group = first; group < end; group++) {
    p->kernels->dot (p->w->type, get_group (p, group, scratch), p->in / OWL_COLUMN_BLOCK, &p->tiles->columns, sums);
    store_sums (p, p->tiles, group, sums);
  }
}

/* Blocks [first, …) of a tile. */
static OwlColumns
piece_of_columns (const OwlColumns *columns, gsize first)
{
  OwlColumns piece = *columns;
  gsize at = first * (gsize) columns->width;

  piece.values += at * OWL_COLUMN_BLOCK;
  piece.scales += at;
  piece.offsets += 2 * at;
  return piece;
}

/* Blocks of a piece: a multiple of 8, which types with blocks of 256 want. */
static gsize
piece_blocks (const Product *p)
{
  gsize n = PIECE_BYTES / (p->n * OWL_COLUMN_BLOCK);

  return MAX (n / 8 * 8, MIN_PIECE_BLOCKS);
}

/* Working memory of a task with many columns: panels of a piece, and the sums of all its groups and tiles. */
typedef struct {
  gsize n_blocks, piece, panel_size;
  guint8 *panels; /* [PANELS] */
  float *sums;    /* [pairs of groups, n_tiles, PANELS, OWL_MAX_COLUMNS, OWL_PACK_ROWS] */
} Panels;

#define PANEL_SUMS (PANELS * OWL_MAX_COLUMNS * OWL_PACK_ROWS)

/* Adds a piece of `n` groups, no more than PANELS, against all tiles to `sums`. */
static void
multiply_piece (const Product *p, const Panels *m, const guint8 *const groups[PANELS], int n, gsize first, float *sums)
{
  gsize count = MIN (m->piece, m->n_blocks - first);

  for (int i = 0; i < n; i++)
    p->kernels->unpack (p->w->type, groups[i], m->n_blocks, first, count, m->panels + (gsize) i * m->panel_size);
  for (gsize i = 0; i < p->n_tiles; i++, sums += PANEL_SUMS) {
    OwlColumns columns = piece_of_columns (&p->tiles[i].columns, first);

    p->kernels->dot_panels (p->w->type, m->panels, m->panel_size, n, count, &columns, sums);
  }
}

/* Takes all sums of `n` groups over to y, column by column: what is written together lies together. */
static void
store_panels (const Product *p, const Panels *m, gsize first, gsize n)
{
  gsize tile_sums = p->n_tiles * PANEL_SUMS;

  for (gsize i = 0; i < p->n_tiles; i++) {
    const Tile *tile = &p->tiles[i];
    gsize panel = (gsize) tile->columns.width * OWL_PACK_ROWS;

    for (gsize column = 0; column < (gsize) tile->n; column++)
      for (gsize j = 0; j < n; j++)
        store_column (p, tile->first + column, first + j,
                      m->sums + j / PANELS * tile_sums + i * PANEL_SUMS + j % PANELS * panel + column * OWL_PACK_ROWS);
  }
}

/* Many columns: each group is unpacked once for all, piece by piece of the inner dimension. */
static void
panel_task (gsize task, int thread, gpointer data)
{
  const Product *p = data;
  gsize first = task * p->groups_per_task, end = MIN (first + p->groups_per_task, p->n_groups);
  gsize n_blocks = p->in / OWL_COLUMN_BLOCK, piece = MIN (piece_blocks (p), n_blocks);
  Panels m = { .n_blocks = n_blocks, .piece = piece, .panel_size = piece * OWL_PANEL_BLOCK_SIZE };
  gsize packed_size = p->w->packed ? 0 : align_64 (p->group_size), tile_sums = p->n_tiles * PANEL_SUMS;
  gsize sums_size = PANEL_GROUPS / PANELS * tile_sums * sizeof (float);
  guint8 *scratch = owl_pool_get_scratch (p->pool, thread, PANELS * m.panel_size + sums_size + PANEL_GROUPS * packed_size);

  m.panels = scratch;
  m.sums = (float *) (void *) (scratch + PANELS * m.panel_size);
  scratch += PANELS * m.panel_size + sums_size;
  for (; first < end; first += PANEL_GROUPS) {
    gsize n = MIN (PANEL_GROUPS, end - first);
    const guint8 *groups[PANEL_GROUPS];

    for (gsize i = 0; i < n; i++)
      groups[i] = get_group (p, first + i, scratch + i * packed_size);
    memset (m.sums, 0, sums_size);
    for (gsize block = 0; block < n_blocks; block += piece)
      for (gsize i = 0; i < n; i += PANELS)
        multiply_piece (p, &m, groups + i, (int) MIN (PANELS, n - i), block, m.sums + i / PANELS * tile_sums);
    store_panels (p, &m, first, n);
  }
}

/* Some groups against all tiles, piece by piece of the inner dimension. */
static void
multiply_floats (const Product *p, const guint8 *weights, gsize first, int n_groups)
{
  gsize unit = OWL_PACK_ROWS * owl_type_block_size (p->w->type);
  float sums[FLOAT_GROUPS * OWL_MAX_COLUMNS * OWL_PACK_ROWS] __attribute__ ((aligned (64)));

  for (gsize i = 0; i < p->n_tiles; i++) {
    const Tile *tile = &p->tiles[i];
    int width = tile->columns.width;
    gsize count = (gsize) (width * OWL_PACK_ROWS);

    memset (sums, 0, (gsize) n_groups * count * sizeof *sums);
    for (gsize k = 0; k < p->in; k += FLOAT_DEPTH)
      p->kernels->dot_floats (p->w->type, weights + k * unit, p->group_size, n_groups, MIN (FLOAT_DEPTH, p->in - k),
                              tile->floats + k * (gsize) width, width, sums);
    for (int group = 0; group < n_groups; group++)
      store_sums (p, tile, first + (gsize) group, sums + (gsize) group * count);
  }
}

static void
float_task (gsize task, int thread, gpointer data)
{
  const Product *p = data;
  gsize first = task * p->groups_per_task, end = MIN (first + p->groups_per_task, p->n_groups);
  guint8 *scratch = p->w->packed ? NULL : owl_pool_get_scratch (p->pool, thread, FLOAT_GROUPS * p->group_size);

  for (gsize group = first; group < end; group += FLOAT_GROUPS) {
    int n_groups = (int) MIN (FLOAT_GROUPS, end - group);

    for (int i = 0; scratch && i < n_groups; i++)
      get_group (p, group + (gsize) i, scratch + (gsize) i * p->group_size);
    multiply_floats (p, scratch ? scratch : get_group (p, group, NULL), group, n_groups);
  }
}

/* How the groups are dealt out: in pieces small enough that a slow core does not hold the rest. */
static gsize
plan_tasks (Product *p)
{
  gsize work = MAX (p->n * p->in * p->n_groups * OWL_PACK_ROWS, 1);
  gsize wanted = (gsize) owl_pool_get_n_threads (p->pool) * 32;
  gsize n_tasks = MAX (CLAMP (work / MIN_TASK_WORK, 1, wanted), work / MAX_TASK_WORK);

  p->groups_per_task = MAX ((p->n_groups + n_tasks - 1) / n_tasks, 1);
  if (p->quantised && p->n >= PANEL_COLUMNS)
    p->groups_per_task = (p->groups_per_task + PANELS - 1) / PANELS * PANELS;
  return (p->n_groups + p->groups_per_task - 1) / p->groups_per_task;
}

static gboolean
run_product (Product *p, GCancellable *cancellable)
{
  if (p->n == 0 || p->out == 0)
    return !(cancellable && g_cancellable_is_cancelled (cancellable));
  p->kernels = owl_kernels ();
  p->quantised = owl_type_is_quantised (p->w->type);
  p->row_size = owl_type_row_size (p->w->type, (gint64) p->in);
  p->group_size = p->row_size * OWL_PACK_ROWS;
  p->n_groups = (p->out + OWL_PACK_ROWS - 1) / OWL_PACK_ROWS;
  plan_tiles (p);
  if (p->n_tiles == 1)
    prepare_tile (0, 0, p);
  else if (!owl_pool_run (p->pool, p->n_tiles, prepare_tile, p, cancellable))
    return FALSE;
  return owl_pool_run (p->pool, plan_tasks (p), !p->quantised ? float_task : p->n < PANEL_COLUMNS ? quantised_task : panel_task, p,
                       cancellable);
}

gboolean
owl_matmul (OwlPool *pool, const OwlTensor *w, const float *bias, const float *x, gsize n, float *y,
            GCancellable *cancellable)
{
  Product p = { .pool = pool, .w = w, .bias = bias, .x = x, .y = y, .n = n, .in = (gsize) w->ne[0],
                .out = (gsize) w->ne[1], .alpha = 1.0f };

  return run_product (&p, cancellable);
}

gboolean
owl_matmul_add (OwlPool *pool, const OwlTensor *w, float scale, const float *x, gsize n, float *y,
                GCancellable *cancellable)
{
  Product p = { .pool = pool, .w = w, .x = x, .y = y, .n = n, .in = (gsize) w->ne[0], .out = (gsize) w->ne[1],
                .alpha = scale, .add = TRUE };

  return run_product (&p, cancellable);
}
