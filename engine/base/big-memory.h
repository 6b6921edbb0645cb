/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdlib.h>
#include <sys/mman.h>

G_BEGIN_DECLS

#define OWL_HUGE_PAGE ((gsize) 2 << 20)

/* At least `size` bytes from the start of a huge page on, in huge pages where the system gives them: fewer faults when they are first touched, less
 * address translation after that, both dear in virtual machines. For free() or g_free(). NULL: no memory. */
static inline void *
owl_big_memory_new (gsize size)
{
  gsize rounded = (MAX (size, 1) + OWL_HUGE_PAGE - 1) / OWL_HUGE_PAGE * OWL_HUGE_PAGE;
  void *memory = aligned_alloc (OWL_HUGE_PAGE, rounded);

  /* A system without them ignores the wish. */
  if (memory)
    madvise (memory, rounded, MADV_HUGEPAGE);
  return memory;
}

G_END_DECLS
