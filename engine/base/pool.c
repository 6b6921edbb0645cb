/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

/* How often a worker looks for work before it sleeps: some tens of microseconds, which bridges the gaps between the products of a layer. */
#define SPIN_ROUNDS 4000

/* Tasks of the current run that a thread has not begun: the first one in the upper half, the one after the last in the lower half. Alone in its
 * cache line. */
typedef struct {
  _Atomic guint64 range;
  guint8 padding[120];
} Share;

typedef struct {
  OwlPool *pool;
  int index;
  GThread *thread;
} Worker;

typedef struct {
  void *data;
  gsize size;
} Scratch;

struct _OwlPool {
  int n_threads;
  Worker *workers;  /* n_threads - 1; the caller is thread 0 */
  Scratch *scratch; /* n_threads */
  GMutex run_lock;  /* one run at a time */

  /* The current run; written before `generation` is raised. */
  OwlTaskFunc func;
  gpointer data;
  GCancellable *cancellable;
  Share *shares;     /* n_threads */
  atomic_int n_busy; /* workers that have not finished the current run */

  atomic_uint generation; /* raised for each run */
  atomic_bool quit;
  GMutex sleep_lock;
  GCond wake;
};

static void
relax (void)
{
#if defined(__x86_64__)
  __builtin_ia32_pause ();
#endif
}

static guint64
make_range (gsize begin, gsize end)
{
  return (guint64) begin << 32 | (guint64) end;
}

/* The next task of a share, from its beginning or its end. */
static gboolean
take_from (Share *share, gboolean from_end, gsize *task)
{
  guint64 range = atomic_load_explicit (&share->range, memory_order_relaxed);

  for (;;) {
    gsize begin = (gsize) (range >> 32), end = (gsize) (range & G_MAXUINT32);

    if (begin >= end)
      return FALSE;
    *task = from_end ? end - 1 : begin;
    if (atomic_compare_exchange_weak_explicit (&share->range, &range, from_end ? make_range (begin, end - 1) : make_range (begin + 1, end),
                                               memory_order_relaxed, memory_order_relaxed))
      return TRUE;
  }
}

/* A thread takes neighbours one after the other, so that what it fetches ahead is its own; when it has none left, it takes those of others from their
 * end. */
static gboolean
take_task (OwlPool *pool, int thread, gsize *task)
{
  if (take_from (&pool->shares[thread], FALSE, task))
    return TRUE;
  for (int i = 1; i < pool->n_threads; i++)
    if (take_from (&pool->shares[(thread + i) % pool->n_threads], TRUE, task))
      return TRUE;
  return FALSE;
}

static void
take_tasks (OwlPool *pool, int thread)
{
  gsize task;

  while (take_task (pool, thread, &task)) {
    if (pool->cancellable && g_cancellable_is_cancelled (pool->cancellable))
      return;
    pool->func (task, thread, pool->data);
  }
}

/* Before workers are told of a run: none of them looks at shares then. */
static void
share_out (OwlPool *pool, gsize n_tasks, gsize n_threads)
{
  for (gsize i = 0; i < (gsize) pool->n_threads; i++) {
    gsize begin = i < n_threads ? n_tasks * i / n_threads : 0, end = i < n_threads ? n_tasks * (i + 1) / n_threads : 0;

    atomic_store_explicit (&pool->shares[i].range, make_range (begin, end), memory_order_relaxed);
  }
}

/* Waits for a run after `seen`: spinning first, then asleep. */
static unsigned
wait_for_run (OwlPool *pool, unsigned seen)
{
  unsigned now;

  for (int i = 0; i < SPIN_ROUNDS; i++) {
    now = atomic_load_explicit (&pool->generation, memory_order_acquire);
    if (now != seen)
      return now;
    relax ();
  }
  g_mutex_lock (&pool->sleep_lock);
  while ((now = atomic_load_explicit (&pool->generation, memory_order_acquire)) == seen)
    g_cond_wait (&pool->wake, &pool->sleep_lock);
  g_mutex_unlock (&pool->sleep_lock);
  return now;
}

static gpointer
worker_main (gpointer data)
{
  Worker *worker = data;
  OwlPool *pool = worker->pool;
  unsigned seen = 0;

  for (;;) {
    seen = wait_for_run (pool, seen);
    if (atomic_load (&pool->quit))
      return NULL;
    take_tasks (pool, worker->index);
    atomic_fetch_sub_explicit (&pool->n_busy, 1, memory_order_release);
  }
}

static void
announce_run (OwlPool *pool)
{
  g_mutex_lock (&pool->sleep_lock);
  atomic_fetch_add_explicit (&pool->generation, 1, memory_order_release);
  g_cond_broadcast (&pool->wake);
  g_mutex_unlock (&pool->sleep_lock);
}

OwlPool *
owl_pool_new (int n_threads)
{
  OwlPool *pool = g_new0 (OwlPool, 1);

  pool->n_threads = n_threads > 0 ? MIN (n_threads, 256) : owl_cpu_count_cores ();
  pool->scratch = g_new0 (Scratch, pool->n_threads);
  pool->shares = g_new0 (Share, pool->n_threads);
  g_mutex_init (&pool->run_lock);
  g_mutex_init (&pool->sleep_lock);
  g_cond_init (&pool->wake);

  pool->workers = g_new0 (Worker, pool->n_threads);
  for (int i = 1; i < pool->n_threads; i++) {
    pool->workers[i].pool = pool;
    pool->workers[i].index = i;
    pool->workers[i].thread = g_thread_new ("owl-worker", worker_main, &pool->workers[i]);
  }
  return pool;
}

void
owl_pool_free (OwlPool *pool)
{
  if (!pool)
    return;
  atomic_store (&pool->quit, TRUE);
  announce_run (pool);
  for (int i = 1; i < pool->n_threads; i++)
    g_thread_join (pool->workers[i].thread);
  for (int i = 0; i < pool->n_threads; i++)
    free (pool->scratch[i].data);
  g_free (pool->scratch);
  g_free (pool->shares);
  g_free (pool->workers);
  g_mutex_clear (&pool->run_lock);
  g_mutex_clear (&pool->sleep_lock);
  g_cond_clear (&pool->wake);
  g_free (pool);
}

int
owl_pool_get_n_threads (const OwlPool *pool)
{
  return pool->n_threads;
}

gboolean
owl_pool_run (OwlPool *pool, gsize n_tasks, OwlTaskFunc func, gpointer data, GCancellable *cancellable)
{
  gboolean complete;

  g_return_val_if_fail (n_tasks < G_MAXUINT32, FALSE);
  if (cancellable && g_cancellable_is_cancelled (cancellable))
    return FALSE;

  g_mutex_lock (&pool->run_lock);
  pool->func = func;
  pool->data = data;
  pool->cancellable = cancellable;

  if (n_tasks > 1 && pool->n_threads > 1) {
    share_out (pool, n_tasks, (gsize) pool->n_threads);
    atomic_store_explicit (&pool->n_busy, pool->n_threads - 1, memory_order_relaxed);
    announce_run (pool);
    take_tasks (pool, 0);
    for (int i = 0; atomic_load_explicit (&pool->n_busy, memory_order_acquire) > 0; i++) {
      relax ();
      /* A worker that lost its core, or has a task of seconds, is not helped by a spinning caller. */
      if (i > 2 * SPIN_ROUNDS)
        g_usleep (100);
      else if (i > SPIN_ROUNDS)
        sched_yield ();
    }
  } else {
    share_out (pool, n_tasks, 1);
    take_tasks (pool, 0);
  }
  complete = !(cancellable && g_cancellable_is_cancelled (cancellable));
  g_mutex_unlock (&pool->run_lock);
  return complete;
}

void *
owl_pool_get_scratch (OwlPool *pool, int thread, gsize size)
{
  Scratch *scratch = &pool->scratch[thread];

  if (scratch->size < size) {
    gsize rounded = (size + 4095) & ~(gsize) 4095;

    free (scratch->data);
    scratch->data = aligned_alloc (64, rounded);
    if (!scratch->data)
      g_error ("Out of memory: %" G_GSIZE_FORMAT " bytes of scratch", rounded);
    scratch->size = rounded;
  }
  return scratch->data;
}
