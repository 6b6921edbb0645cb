/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Memory for one step of training: taken piece by piece, given back all at once, and kept for the next step. */
typedef struct {
  GPtrArray *blocks; /* Block */
  gsize block, used; /* the block that is being filled, and how far */
  gsize peak;        /* bytes in all blocks */
} OwlArena;

void owl_arena_init (OwlArena *arena);
void owl_arena_clear (OwlArena *arena);

/* 64-byte aligned, not zeroed. */
void *owl_arena_alloc (OwlArena *arena, gsize size);
float *owl_arena_floats (OwlArena *arena, gsize n);
float *owl_arena_zeros (OwlArena *arena, gsize n);

/* Gives back everything; the memory stays with the arena. */
void owl_arena_reset (OwlArena *arena);

G_END_DECLS
