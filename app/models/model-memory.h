/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "engine/owl.h"

G_BEGIN_DECLS

/* Bytes of memory that answering with a model takes at its full context: weights, KV cache of that type, and what the app and the decoding of pictures
 * need beside it. */
guint64 tyto_model_memory_needed (const OwlModelInfo *info, OwlKvType kv);

G_END_DECLS
