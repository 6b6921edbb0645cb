/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"
#include "base/pool.h"
#include "model/language.h"
#include "model/vision.h"

G_BEGIN_DECLS

/* Matrices of a model, moved out of their file into memory of their own: packed for products (see tensor/pack.h) and in huge pages where
 * the system gives them, which on virtual machines doubles the bandwidth. The file is read, not touched through its mapping, so that no second copy stays. */
typedef struct _OwlPacking OwlPacking;

/* The matrices of a decoder or of an encoder, as views that packing changes: OwlTensor *. */
GPtrArray *owl_packing_list_language (OwlLanguage *language);
GPtrArray *owl_packing_list_vision (OwlVision *vision);

/* Packs `tensors`; their views then point into the result, which is freed after them. `file` (may be NULL) is where they lie.
 * When there is not enough free memory for a copy nothing is moved: products then pack as they go, which is slow but works. `progress` gets
 * the bytes done. NULL with OWL_ERROR_CANCELLED, when the file cannot be read, or when the system refuses memory that it said it had. */
OwlPacking *owl_packing_new (OwlPool *pool, GPtrArray *tensors, OwlGguf *file, void (*progress) (gsize done, gpointer data),
                             gpointer data, GCancellable *cancellable, GError **error);
void owl_packing_free (OwlPacking *packing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlPacking, owl_packing_free)

/* Bytes packed, and of these the bytes that lie in huge pages. */
gsize owl_packing_get_size (const OwlPacking *packing);
gsize owl_packing_get_huge (const OwlPacking *packing);

G_END_DECLS
