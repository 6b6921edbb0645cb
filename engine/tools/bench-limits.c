/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/bench.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__x86_64__)
/* GCC 12 takes its own undefined vectors for mistakes. */
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#endif

/* More than any cache holds. */
#define READ_BYTES ((gsize) 1 << 30)
#define READ_TASK ((gsize) 1 << 20)
#define N_ROUNDS 3

/* One unit of work on registers; returns the operations done, and something that depends on all of them. */
typedef double (*ComputeFunc) (gsize rounds, float *result);

typedef struct {
  const guint8 *memory;
  ComputeFunc compute;
  gsize rounds;
  double operations; /* of a task; every task writes the same */
  float *results;    /* by task, so that nothing is optimised away */
} Work;

/* Four sums at least hide the latency of each; the compiler makes them wide. */
static guint64
read_plain (const guint8 *memory, gsize size)
{
  const guint64 *words = (const guint64 *) (const void *) memory;
  guint64 sums[16] = { 0 };

  for (gsize i = 0; i < size / sizeof *words; i += 16)
    for (int j = 0; j < 16; j++)
      sums[j] += words[i + j];
  for (int j = 1; j < 16; j++)
    sums[0] += sums[j];
  return sums[0];
}

static double
floats_plain (gsize rounds, float *result)
{
  float sums[64];

  for (int j = 0; j < 64; j++)
    sums[j] = (float) j;
  for (gsize i = 0; i < rounds; i++)
    for (int j = 0; j < 64; j++)
      sums[j] = sums[j] * 0.9999f + 0.0001f;
  for (int j = 0; j < 64; j++)
    *result += sums[j];
  return (double) rounds * 64.0 * 2.0;
}

static double
integers_plain (gsize rounds, float *result)
{
  gint32 sums[64] = { 0 };

  for (gsize i = 0; i < rounds; i++)
    for (int j = 0; j < 64; j++)
      sums[j] += (gint32) (gint8) (i + (gsize) j) * (gint32) (gint8) (i >> 1);
  for (int j = 0; j < 64; j++)
    *result += (float) sums[j];
  return (double) rounds * 64.0 * 2.0;
}

#if defined(__x86_64__)
#define N_SUMS 12

__attribute__ ((target ("avx2"))) static guint64
read_avx2 (const guint8 *memory, gsize size)
{
  __m256i sums[8];
  guint64 lanes[4];

  for (int j = 0; j < 8; j++)
    sums[j] = _mm256_setzero_si256 ();
  for (gsize i = 0; i < size; i += 256)
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++)
      sums[j] = _mm256_xor_si256 (sums[j], _mm256_load_si256 ((const __m256i *) (const void *) (memory + i + 32 * j)));
  for (int j = 1; j < 8; j++)
    sums[0] = _mm256_xor_si256 (sums[0], sums[j]);
  memcpy (lanes, &sums[0], sizeof lanes);
  return lanes[0] ^ lanes[1] ^ lanes[2] ^ lanes[3];
}

__attribute__ ((target ("avx2,fma"))) static double
floats_avx2 (gsize rounds, float *result)
{
  __m256 sums[N_SUMS], a = _mm256_set1_ps (0.9999f), b = _mm256_set1_ps (1e-4f);

  for (int j = 0; j < N_SUMS; j++)
    sums[j] = _mm256_set1_ps ((float) j);
  for (gsize i = 0; i < rounds; i++)
#pragma GCC unroll 12
    for (int j = 0; j < N_SUMS; j++)
      sums[j] = _mm256_fmadd_ps (sums[j], a, b);
  for (int j = 0; j < N_SUMS; j++)
    *result += _mm256_cvtss_f32 (sums[j]);
  return (double) rounds * N_SUMS * 8.0 * 2.0;
}

/* Without VNNI the cheapest exact product adds pairs in 16 bits. */
__attribute__ ((target ("avx2"))) static double
integers_avx2 (gsize rounds, float *result)
{
  __m256i sums[8], a = _mm256_set1_epi8 (3), b = _mm256_set1_epi8 (-2);

  for (int j = 0; j < 8; j++)
    sums[j] = _mm256_set1_epi8 ((char) j);
  for (gsize i = 0; i < rounds; i++) {
    b = _mm256_add_epi8 (b, a);
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++)
      sums[j] = _mm256_add_epi16 (sums[j], _mm256_maddubs_epi16 (sums[j], b));
  }
  for (int j = 0; j < 8; j++)
    *result += (float) _mm256_extract_epi16 (sums[j], 0);
  return (double) rounds * 8 * 32.0 * 2.0;
}

__attribute__ ((target ("avxvnni"))) static double
integers_avxvnni (gsize rounds, float *result)
{
  __m256i sums[N_SUMS], a = _mm256_set1_epi8 (3), b = _mm256_set1_epi8 (-2);

  for (int j = 0; j < N_SUMS; j++)
    sums[j] = _mm256_set1_epi32 (j);
  for (gsize i = 0; i < rounds; i++)
#pragma GCC unroll 12
    for (int j = 0; j < N_SUMS; j++)
      sums[j] = _mm256_dpbusd_avx_epi32 (sums[j], a, b);
  for (int j = 0; j < N_SUMS; j++)
    *result += (float) _mm256_extract_epi32 (sums[j], 0);
  return (double) rounds * N_SUMS * 32.0 * 2.0;
}

__attribute__ ((target ("avx512f"))) static double
floats_avx512 (gsize rounds, float *result)
{
  __m512 sums[N_SUMS], a = _mm512_set1_ps (0.9999f), b = _mm512_set1_ps (1e-4f);

  for (int j = 0; j < N_SUMS; j++)
    sums[j] = _mm512_set1_ps ((float) j);
  for (gsize i = 0; i < rounds; i++)
#pragma GCC unroll 12
    for (int j = 0; j < N_SUMS; j++)
      sums[j] = _mm512_fmadd_ps (sums[j], a, b);
  for (int j = 0; j < N_SUMS; j++)
    *result += _mm512_cvtss_f32 (sums[j]);
  return (double) rounds * N_SUMS * 16.0 * 2.0;
}

__attribute__ ((target ("avx512f,avx512vnni"))) static double
integers_avx512 (gsize rounds, float *result)
{
  __m512i sums[N_SUMS], a = _mm512_set1_epi8 (3), b = _mm512_set1_epi8 (-2);

  for (int j = 0; j < N_SUMS; j++)
    sums[j] = _mm512_set1_epi32 (j);
  for (gsize i = 0; i < rounds; i++)
#pragma GCC unroll 12
    for (int j = 0; j < N_SUMS; j++)
      sums[j] = _mm512_dpbusd_epi32 (sums[j], a, b);
  for (int j = 0; j < N_SUMS; j++)
    *result += (float) _mm_cvtsi128_si32 (_mm512_castsi512_si128 (sums[j]));
  return (double) rounds * N_SUMS * 64.0 * 2.0;
}
#endif

typedef struct {
  guint64 (*read) (const guint8 *memory, gsize size);
  ComputeFunc floats, integers;
} Loops;

/* Limits are the machine's, whatever level OWL_CPU forces on the kernels. */
static Loops
choose_loops (void)
{
  Loops loops = { read_plain, floats_plain, integers_plain };

#if defined(__x86_64__)
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    loops = (Loops){ read_avx2, floats_avx2, integers_avx2 };
  if (__builtin_cpu_supports ("avxvnni"))
    loops.integers = integers_avxvnni;
  if (__builtin_cpu_supports ("avx512f"))
    loops.floats = floats_avx512;
  if (__builtin_cpu_supports ("avx512vnni"))
    loops.integers = integers_avx512;
#endif
  return loops;
}

static Loops loops;

static void
read_task (gsize task, int thread, gpointer data)
{
  Work *work = data;

  work->results[task] += (float) (loops.read (work->memory + task * READ_TASK, READ_TASK) & 1);
}

static void
compute_task (gsize task, int thread, gpointer data)
{
  Work *work = data;
  double operations = work->compute (work->rounds, &work->results[task]);

  if (task == 0)
    work->operations = operations;
}

/* Best time of some runs, in seconds. */
static double
best_run (OwlPool *pool, gsize n_tasks, OwlTaskFunc func, Work *work)
{
  double best = INFINITY;

  for (int round = 0; round < N_ROUNDS; round++) {
    gint64 start = g_get_monotonic_time ();

    owl_pool_run (pool, n_tasks, func, work, NULL);
    best = MIN (best, (double) (g_get_monotonic_time () - start) * 1e-6);
  }
  return best;
}

/* Memory of READ_BYTES that is there: the first touch costs far more than reading. NULL when there is none. */
static guint8 *
take_memory (int advice)
{
  guint8 *memory = mmap (NULL, READ_BYTES + (2u << 20), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

  if (memory == MAP_FAILED)
    return NULL;
  memory = (guint8 *) (((guintptr) memory + (2u << 20) - 1) & ~(guintptr) ((2u << 20) - 1));
  madvise (memory, READ_BYTES, advice);
  memset (memory, 1, READ_BYTES);
  return memory;
}

static double
measure_read (OwlPool *pool, const guint8 *memory)
{
  gsize n_tasks = READ_BYTES / READ_TASK;
  g_autofree float *results = g_new0 (float, n_tasks);

  if (!memory)
    return 0.0;
  return (double) READ_BYTES / best_run (pool, n_tasks, read_task, &(Work){ .memory = memory, .results = results }) * 1e-9;
}

static double
measure_compute (OwlPool *pool, ComputeFunc compute)
{
  gsize n_tasks = (gsize) owl_pool_get_n_threads (pool) * 8;
  g_autofree float *results = g_new0 (float, n_tasks);
  Work work = { .compute = compute, .rounds = 200000, .results = results };
  double seconds = best_run (pool, n_tasks, compute_task, &work);

  return work.operations * (double) n_tasks / seconds * 1e-9;
}

void
owl_bench_limits (OwlPool *pool, OwlBenchLimits *limits)
{
  /* Kept for the next call, and until the program ends. */
  static guint8 *huge, *small;

  loops = choose_loops ();
  if (!huge) {
    huge = take_memory (MADV_HUGEPAGE);
    small = take_memory (MADV_NOHUGEPAGE);
  }
  limits->read_gb_s = MAX (limits->read_gb_s, measure_read (pool, huge));
  limits->read_small_gb_s = MAX (limits->read_small_gb_s, measure_read (pool, small));
  limits->sgemm_gflop_s = MAX (limits->sgemm_gflop_s, measure_compute (pool, loops.floats));
  limits->int8_gop_s = MAX (limits->int8_gop_s, measure_compute (pool, loops.integers));
}
