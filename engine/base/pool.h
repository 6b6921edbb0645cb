/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/cpu.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The thread pool of the engine: the only one.
 *
 * Each thread takes the tasks of its part of 0..n_tasks-1 one by one, then what is left of the others' parts, so that a slow core does not hold the
 * rest. Which thread takes a task never changes a
 * result, as long as tasks write apart. Workers spin briefly between runs and then sleep: an idle pool uses no CPU. */
typedef struct _OwlPool OwlPool;

/* `thread` is 0..n_threads-1 and names the scratch memory that the task may use. */
typedef void (*OwlTaskFunc) (gsize task, int thread, gpointer data);

/* `n_threads` 0: one a physical core. The caller's thread is one of them. */
OwlPool *owl_pool_new (int n_threads);
void owl_pool_free (OwlPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlPool, owl_pool_free)

int owl_pool_get_n_threads (const OwlPool *pool);

/* Runs all tasks, fewer than 2³², and waits for them. Once `cancellable` (may be NULL) is triggered no further task is started and FALSE is returned.
 * One run at a time: calls from several threads queue up. Not to be called from within a task. */
gboolean owl_pool_run (OwlPool *pool, gsize n_tasks, OwlTaskFunc func, gpointer data, GCancellable *cancellable);

/* At least `size` bytes of scratch for `thread`, 64-byte aligned, valid until the next call for the same thread. Grows and is kept, so that
 * steady work allocates nothing. Only from within a task of that thread. */
void *owl_pool_get_scratch (OwlPool *pool, int thread, gsize size);

G_END_DECLS
