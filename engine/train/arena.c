/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/arena.h"

#include "base/big-memory.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((gsize) 64 << 20)
#define ALIGNMENT 64

typedef struct {
  guint8 *data;
  gsize size;
} Block;

static void
block_free (gpointer data)
{
  Block *block = data;

  free (block->data);
  g_free (block);
}

void
owl_arena_init (OwlArena *arena)
{
  *arena = (OwlArena){ .blocks = g_ptr_array_new_with_free_func (block_free) };
}

void
owl_arena_clear (OwlArena *arena)
{
  g_clear_pointer (&arena->blocks, g_ptr_array_unref);
}

void *
owl_arena_alloc (OwlArena *arena, gsize size)
{
  Block *block;

  size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  for (; arena->block < arena->blocks->len; arena->block++, arena->used = 0) {
    block = g_ptr_array_index (arena->blocks, arena->block);
    if (block->size - arena->used >= size) {
      void *p = block->data + arena->used;

      arena->used += size;
      return p;
    }
  }
  block = g_new0 (Block, 1);
  block->size = MAX (size, BLOCK_SIZE);
  block->data = owl_big_memory_new (block->size);
  if (!block->data)
    g_error ("No memory for %" G_GSIZE_FORMAT " bytes of activations or weights; use a smaller batch or a smaller model", block->size);
  g_ptr_array_add (arena->blocks, block);
  arena->peak += block->size;
  arena->used = size;
  return block->data;
}

float *
owl_arena_floats (OwlArena *arena, gsize n)
{
  return owl_arena_alloc (arena, n * sizeof (float));
}

float *
owl_arena_zeros (OwlArena *arena, gsize n)
{
  float *p = owl_arena_floats (arena, n);

  memset (p, 0, n * sizeof (float));
  return p;
}

void
owl_arena_reset (OwlArena *arena)
{
  arena->block = arena->used = 0;
}
