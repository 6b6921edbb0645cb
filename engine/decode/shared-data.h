/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/* Memory that goes to the client: a memfd, writable here until it is sealed. */
typedef struct {
  int fd; /* -1: none */
  guint8 *data;
  gsize size;
} OwlSharedData;

#define OWL_SHARED_DATA_NONE                                                                                 \
  {                                                                                                          \
    .fd = -1                                                                                                 \
  }

/* `size` is at least 1. The memory is zero. */
gboolean owl_shared_data_init (OwlSharedData *shared, gsize size, GError **error);
/* Unmaps the memory and seals it: from here on nobody can change its bytes or its size. */
gboolean owl_shared_data_seal (OwlSharedData *shared, GError **error);
void owl_shared_data_clear (OwlSharedData *shared);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OwlSharedData, owl_shared_data_clear)

/* A rendering: RGB, rows without padding. */
typedef struct {
  int width;
  int height;
  OwlSharedData shared;
} OwlSharedPixels;

/* Anonymous zero memory that fails politely; NULL and `error` if there is none. To be released with
 * owl_big_free. */
void *owl_big_alloc (gsize size, GError **error);
void owl_big_free (void *memory, gsize size);

G_END_DECLS
