/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Every kernel of every level that this processor has, against the scalar ones: products of quantised weights to the bit, the rest within
 * stated bounds. Buffers end at a page that may not be touched. */
#include "tensor/kernels.h"
#include "tensor/matmul.h"

#include <float.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const OwlType quantised[] = { OWL_TYPE_Q4_0, OWL_TYPE_Q4_1, OWL_TYPE_Q5_0, OWL_TYPE_Q5_1,
                                     OWL_TYPE_Q8_0, OWL_TYPE_Q4_K, OWL_TYPE_Q5_K, OWL_TYPE_Q6_K };
static const OwlCpuLevel levels[] = { OWL_CPU_AVX2, OWL_CPU_AVXVNNI, OWL_CPU_AVX512 };
static const int widths[] = { 1, 2, 4, 8, 16 };

/* Memory of exactly `size` bytes before a forbidden page. */
typedef struct {
  guint8 *map, *data;
  gsize mapped;
} Guarded;

static Guarded
guarded_new (gsize size)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE), body = (size + page - 1) / page * page;
  Guarded g = { .mapped = body + page };

  g.map = mmap (NULL, g.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  g_assert_true (g.map != MAP_FAILED);
  g_assert_cmpint (mprotect (g.map + body, page, PROT_NONE), ==, 0);
  g.data = g.map + body - size;
  return g;
}

static void
guarded_clear (Guarded *g)
{
  munmap (g->map, g->mapped);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Guarded, guarded_clear)

/* What blocks are filled with. */
typedef enum { FILL_RANDOM, FILL_ONES, FILL_ZEROS, FILL_MIXED, N_FILLS } Fill;

static guint16
extreme_scale (GRand *rand)
{
  /* zero, minus zero, subnormals, the smallest and a large normal number, and usual ones */
  static const guint16 scales[] = { 0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x6400, 0x1c00, 0x9c00 };

  return scales[g_rand_int_range (rand, 0, G_N_ELEMENTS (scales))];
}

static void
put_scale (guint8 *at, guint16 scale)
{
  scale = GUINT16_TO_LE (scale);
  memcpy (at, &scale, 2);
}

static void
fill_blocks (GRand *rand, OwlType type, Fill fill, guint8 *blocks, gsize size)
{
  gsize block_size = owl_type_block_size (type);

  for (gsize i = 0; i < size; i++)
    blocks[i] = fill == FILL_ONES ? 0xff : fill == FILL_ZEROS ? 0 : fill == FILL_MIXED ? (g_rand_boolean (rand) ? 0x80 : 0x7f)
                                                                                       : (guint8) g_rand_int (rand);
  for (guint8 *block = blocks; block < blocks + size; block += block_size) {
    guint16 scale = fill == FILL_RANDOM ? (guint16) (0x1800 + g_rand_int_range (rand, 0, 0x400)) : extreme_scale (rand);

    put_scale (type == OWL_TYPE_Q6_K ? block + 208 : block, scale);
    if (owl_dot_kind (type) == OWL_DOT_MIN)
      put_scale (block + 2, fill == FILL_RANDOM ? (guint16) (0x1400 + g_rand_int_range (rand, 0, 0x400)) : extreme_scale (rand));
  }
}

static void
fill_floats (GRand *rand, float *values, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    int kind = g_rand_int_range (rand, 0, 40);

    values[i] = kind == 0 ? 0.0f : kind == 1 ? 1e-40f : kind == 2 ? -300.0f : (float) g_rand_double_range (rand, -1.0, 1.0);
  }
  for (gsize i = 0; i + 32 <= n && n > 64; i += 160)
    memset (values + i, 0, 32 * sizeof (float));
}

typedef struct {
  Guarded values, scales, sums;
  OwlColumns columns;
} Tile;

static void
tile_init (Tile *tile, const OwlKernels *k, OwlType type, const float *x, gsize n_values, int n, int width)
{
  gsize n_blocks = n_values / 32, w = (gsize) width;

  tile->values = guarded_new (n_blocks * w * 32);
  tile->scales = guarded_new (n_blocks * w * 4);
  tile->sums = guarded_new (n_blocks * w * 8);
  tile->columns.width = width;
  tile->columns.values = (gint8 *) tile->values.data;
  tile->columns.scales = (float *) (void *) tile->scales.data;
  tile->columns.offsets = (gint32 *) (void *) tile->sums.data;
  k->quantise (owl_dot_kind (type), owl_dot_offset (k, type), x, n_values, n, n_blocks, &tile->columns);
}

static void
tile_clear (Tile *tile)
{
  guarded_clear (&tile->values);
  guarded_clear (&tile->scales);
  guarded_clear (&tile->sums);
}

static void
check_dot (const OwlKernels *k, GRand *rand, OwlType type, Fill fill, gsize n_blocks, int n_rows, int width, int n)
{
  const OwlKernels *s = &owl_kernels_scalar;
  gsize n_values = n_blocks * owl_type_block_length (type), row_size = owl_type_row_size (type, (gint64) n_values);
  gsize count = n_values / 32;
  g_auto (Guarded) rows = guarded_new (row_size * (gsize) n_rows);
  g_auto (Guarded) group = guarded_new (row_size * 16);
  gsize panel_size = count * OWL_PANEL_BLOCK_SIZE, n_sums = (gsize) width * 16;
  g_auto (Guarded) panels = guarded_new (3 * panel_size);
  g_auto (Guarded) x = guarded_new (n_values * (gsize) n * sizeof (float));
  g_auto (Guarded) out = guarded_new (3 * n_sums * sizeof (float));
  float expected[256], *got = (float *) (void *) out.data;
  Tile reference, tile;

  fill_blocks (rand, type, fill, rows.data, row_size * (gsize) n_rows);
  fill_floats (rand, (float *) (void *) x.data, n_values * (gsize) n);
  owl_pack_group (type, rows.data, row_size, n_rows, n_values, group.data);
  tile_init (&reference, s, type, (float *) (void *) x.data, n_values, n, width);
  tile_init (&tile, k, type, (float *) (void *) x.data, n_values, n, width);
  g_assert_cmpmem (tile.columns.values, count * (gsize) width * 32, reference.columns.values, count * (gsize) width * 32);
  g_assert_cmpmem (tile.columns.scales, count * (gsize) width * 4, reference.columns.scales, count * (gsize) width * 4);

  s->dot (type, group.data, count, &reference.columns, expected);
  k->dot (type, group.data, count, &tile.columns, got);
  g_assert_cmpmem (got, (gsize) width * 64, expected, (gsize) width * 64);
  /* Three panels, of which two are equal and the one between is another. */
  for (gsize i = 0; i < 3 * n_sums; i++)
    got[i] = 0.0f;
  for (gsize i = 0; i < 3; i++)
    k->unpack (type, group.data, count, 0, count, panels.data + i * panel_size);
  memset (panels.data + panel_size, 1, panel_size);
  k->dot_panels (type, panels.data, panel_size, 3, count, &tile.columns, got);
  g_assert_cmpmem (got, n_sums * sizeof (float), expected, n_sums * sizeof (float));
  g_assert_cmpmem (got + 2 * n_sums, n_sums * sizeof (float), expected, n_sums * sizeof (float));

  /* Piece by piece. */
  memset (got, 0, n_sums * sizeof (float));
  for (gsize first = 0, step = owl_type_block_length (type) / 32; first < count; first += step) {
    OwlColumns piece = tile.columns;

    piece.values += first * (gsize) width * 32;
    piece.scales += first * (gsize) width;
    piece.offsets += first * 2 * (gsize) width;
    k->unpack (type, group.data, count, first, step, panels.data);
    k->dot_panels (type, panels.data, panel_size, 1, step, &piece, got);
  }
  g_assert_cmpmem (got, n_sums * sizeof (float), expected, n_sums * sizeof (float));
  tile_clear (&reference);
  tile_clear (&tile);
}

static void
test_dot (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (21);

  for (gsize level = 0; level < G_N_ELEMENTS (levels); level++) {
    const OwlKernels *k = owl_kernels_of_level (levels[level]);

    if (!k) {
      g_test_message ("%s: not on this processor", owl_cpu_level_name (levels[level]));
      continue;
    }
    for (gsize t = 0; t < G_N_ELEMENTS (quantised); t++)
      for (gsize w = 0; w < G_N_ELEMENTS (widths); w++)
        for (Fill fill = 0; fill < N_FILLS; fill++)
          for (int round = 0; round < 3; round++)
            check_dot (k, rand, quantised[t], fill, round == 0 ? 1 : g_rand_int_range (rand, 1, 9),
                       round == 1 ? 16 : g_rand_int_range (rand, 1, 17), widths[w],
                       round == 1 ? widths[w] : g_rand_int_range (rand, 1, widths[w] + 1));
  }
}

/* The scalar product against sums in double precision of the widened weights and the rounded activations. */
static void
test_scalar_dot (void)
{
  const OwlKernels *s = &owl_kernels_scalar;
  g_autoptr (GRand) rand = g_rand_new_with_seed (22);

  for (gsize t = 0; t < G_N_ELEMENTS (quantised); t++) {
    OwlType type = quantised[t];
    gsize n_values = 512, row_size = owl_type_row_size (type, (gint64) n_values);
    g_autofree guint8 *rows = g_malloc (row_size * 16), *group = g_malloc (row_size * 16);
    g_autofree float *x = g_new (float, n_values), *row = g_new (float, n_values), *packed_row = g_new (float, n_values);
    float out[16];
    Tile tile;

    fill_blocks (rand, type, FILL_RANDOM, rows, row_size * 16);
    fill_floats (rand, x, n_values);
    owl_pack_group (type, rows, row_size, 16, n_values, group);
    tile_init (&tile, s, type, x, n_values, 1, 1);
    s->dot (type, group, n_values / 32, &tile.columns, out);
    for (gsize r = 0; r < 16; r++) {
      double sum = 0.0, size = 0.0;

      owl_type_to_f32 (type, rows + r * row_size, row, n_values);
      owl_packed_row_f32 (type, group, r, packed_row, n_values);
      g_assert_cmpmem (row, n_values * 4, packed_row, n_values * 4);
      for (gsize i = 0; i < n_values; i++) {
        double value = (double) tile.columns.scales[i / 32] * (double) tile.columns.values[i];

        g_assert_cmpfloat (fabs (value - (double) x[i]), <=, (double) tile.columns.scales[i / 32] * 0.5001);
        sum += value * (double) row[i];
        size += fabs (value * (double) row[i]);
      }
      g_assert_cmpfloat (fabs ((double) out[r] - sum), <=, 1e-5 * size + 1e-9);
    }
    tile_clear (&tile);
  }
}

/* Sums of n products in another order or without fusing: within n · 2^-23 of the sum of their sizes. */
static void
check_floats (const OwlKernels *k, GRand *rand, OwlType type, gsize n, int width, int n_groups)
{
  gsize unit = 16 * owl_type_block_size (type), count = (gsize) n_groups * (gsize) width * 16;
  g_auto (Guarded) groups = guarded_new (n * unit * (gsize) n_groups);
  g_auto (Guarded) x = guarded_new (n * (gsize) width * 4);
  g_auto (Guarded) out = guarded_new (count * 4);
  g_autofree float *values = g_new (float, n * 16 * (gsize) n_groups), *expected = g_new0 (float, count);
  float *got = (float *) (void *) out.data;

  fill_floats (rand, values, n * 16 * (gsize) n_groups);
  fill_floats (rand, (float *) (void *) x.data, n * (gsize) width);
  owl_type_from_f32 (type, values, groups.data, n * 16 * (gsize) n_groups);
  owl_kernels_scalar.dot_floats (type, groups.data, n * unit, n_groups, n, (float *) (void *) x.data, width, expected);
  memset (got, 0, count * 4);
  k->dot_floats (type, groups.data, n * unit, n_groups, n, (float *) (void *) x.data, width, got);
  for (gsize i = 0; i < count; i++)
    g_assert_cmpfloat (fabs ((double) got[i] - (double) expected[i]), <=, (double) n * 9e4 * 0x1p-23 * 0.05 + 1e-6);
}

static void
test_floats (void)
{
  static const OwlType types[] = { OWL_TYPE_F32, OWL_TYPE_F16, OWL_TYPE_BF16 };
  g_autoptr (GRand) rand = g_rand_new_with_seed (23);

  for (gsize level = 0; level < G_N_ELEMENTS (levels); level++) {
    const OwlKernels *k = owl_kernels_of_level (levels[level]);

    for (gsize t = 0; k && t < G_N_ELEMENTS (types); t++)
      for (gsize w = 0; w < G_N_ELEMENTS (widths); w++)
        for (int n_groups = 1; n_groups <= 6; n_groups++)
          check_floats (k, rand, types[t], (gsize) g_rand_int_range (rand, 1, 200), widths[w], n_groups);
  }
}

static void
check_near (const float *got, const float *expected, gsize n, double relative, double absolute)
{
  for (gsize i = 0; i < n; i++)
    if (!(fabs ((double) got[i] - (double) expected[i]) <= relative * fabs ((double) expected[i]) + absolute))
      g_error ("value %" G_GSIZE_FORMAT ": %.9g, expected %.9g", i, (double) got[i], (double) expected[i]);
}

/* Row operations: 4 units in the last place and, where values cancel, 1e-6. */
static void
check_rows (const OwlKernels *k, GRand *rand, gsize n)
{
  const OwlKernels *s = &owl_kernels_scalar;
  void (*const maps[][2]) (float *, gsize) = { { k->quick_gelu, s->quick_gelu }, { k->tanh_gelu, s->tanh_gelu }, { k->softmax, s->softmax } };
  g_auto (Guarded) x = guarded_new (n * 4);
  g_auto (Guarded) up = guarded_new (n * 4);
  g_autofree float *expected = g_new (float, n);
  float *got = (float *) (void *) x.data;

  for (gsize i = 0; i < G_N_ELEMENTS (maps) + 1; i++) {
    fill_floats (rand, (float *) (void *) up.data, n);
    for (gsize j = 0; j < n; j++)
      expected[j] = got[j] = (float) g_rand_double_range (rand, -120.0, 120.0) * (g_rand_boolean (rand) ? 1.0f : 0.03f);
    if (i < G_N_ELEMENTS (maps)) {
      maps[i][0] (got, n);
      maps[i][1] (expected, n);
    } else {
      k->silu_multiply (got, (float *) (void *) up.data, n);
      s->silu_multiply (expected, (float *) (void *) up.data, n);
    }
    check_near (got, expected, n, 2e-6, 1e-6);
  }
}

/* Against the scalar ones; other types of keys and values against their own float32 values, to the bit. */
static void
check_attention_parts (const OwlKernels *k, GRand *rand, OwlType type, int head_dim, int n)
{
  const OwlKernels *s = &owl_kernels_scalar;
  gsize dim = (gsize) head_dim, row_size = owl_type_row_size (type, head_dim);
  g_auto (Guarded) rows = guarded_new (row_size * 16);
  g_auto (Guarded) q = guarded_new (dim * 4);
  g_auto (Guarded) mixed = guarded_new (2 * dim * 4);
  g_autofree float *expected = g_new0 (float, 2 * dim), *wide = g_new (float, dim * 16), *again = g_new0 (float, 2 * dim);
  float got[16], same[16], weights[32], *out = (float *) (void *) mixed.data;

  for (gsize i = 0; i < dim * 16; i++)
    wide[i] = (float) g_rand_double_range (rand, -1.0, 1.0);
  owl_type_from_f32 (type, wide, rows.data, dim * 16);
  owl_type_to_f32 (type, rows.data, wide, dim * 16);
  for (gsize i = 0; i < dim; i++)
    ((float *) (void *) q.data)[i] = (float) g_rand_double_range (rand, -1.0, 1.0);
  for (int i = 0; i < 32; i++)
    weights[i] = (float) g_rand_double_range (rand, 0.0, 1.0);

  for (int n_queries = 1; n_queries <= 2; n_queries++) {
    for (gsize i = 0; i < 2 * dim; i++)
      out[i] = expected[i] = again[i] = (float) i * 0.01f;
    k->mix (type, weights, 16, n_queries, rows.data, row_size, n, head_dim, out, dim);
    s->mix (type, weights, 16, n_queries, rows.data, row_size, n, head_dim, expected, dim);
    check_near (out, expected, 2 * dim, 1e-6, 4e-6);
    for (int i = 0; i < n_queries; i++)
      k->mix (OWL_TYPE_F32, weights + i * 16, 0, 1, wide, dim * 4, n, head_dim, again + (gsize) i * dim, 0);
    g_assert_cmpmem (out, 2 * dim * 4, again, 2 * dim * 4);
  }
  k->scores (type, (float *) (void *) q.data, rows.data, row_size, head_dim, 0.3f, got);
  s->scores (type, (float *) (void *) q.data, rows.data, row_size, head_dim, 0.3f, same);
  check_near (got, same, 16, 1e-6, 1e-7 * head_dim);
  k->scores (OWL_TYPE_F32, (float *) (void *) q.data, wide, dim * 4, head_dim, 0.3f, same);
  g_assert_cmpmem (got, sizeof got, same, sizeof same);
}

static void
check_widen (const OwlKernels *k, GRand *rand, gsize n)
{
  static const OwlType types[] = { OWL_TYPE_F16, OWL_TYPE_BF16, OWL_TYPE_F32, OWL_TYPE_Q8_0 };

  for (gsize t = 0; t < G_N_ELEMENTS (types); t++) {
    gsize size = owl_type_row_size (types[t], (gint64) n);
    g_auto (Guarded) src = guarded_new (MAX (size, 1));
    g_auto (Guarded) dst = guarded_new (n * 4);
    g_autofree float *expected = g_new (float, n);

    if (size == 0)
      continue;
    fill_floats (rand, expected, n);
    owl_type_from_f32 (types[t], expected, src.data, n);
    owl_type_to_f32 (types[t], src.data, expected, n);
    k->widen (types[t], src.data, (float *) (void *) dst.data, n);
    g_assert_cmpmem (dst.data, n * 4, expected, n * 4);
    if (types[t] == OWL_TYPE_F16) {
      g_auto (Guarded) half = guarded_new (n * 2);

      k->narrow (expected, (guint16 *) (void *) half.data, n);
      g_assert_cmpmem (half.data, n * 2, src.data, n * 2);
    }
  }
}

static void
test_rows (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (24);

  for (gsize level = 0; level < G_N_ELEMENTS (levels); level++) {
    const OwlKernels *k = owl_kernels_of_level (levels[level]);

    for (gsize n = 1; k && n <= 70; n++) {
      check_rows (k, rand, n);
      check_attention_parts (k, rand, OWL_TYPE_F32, (int) n * 2, (int) n % 17);
      check_attention_parts (k, rand, OWL_TYPE_F16, (int) n * 2, (int) n % 17);
      check_attention_parts (k, rand, OWL_TYPE_Q8_0, (int) n * 32, (int) n % 17);
      check_widen (k, rand, n % 2 ? n : n * 16);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/scalar", test_scalar_dot);
  g_test_add_func ("/kernels/dot", test_dot);
  g_test_add_func ("/kernels/floats", test_floats);
  g_test_add_func ("/kernels/rows", test_rows);
  return g_test_run ();
}
