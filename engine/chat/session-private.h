/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "chat/session.h"
#include "model/trace.h"

G_BEGIN_DECLS

/* Evaluates the whole prompt at once from an empty cache and shows `trace` "decoder.input" [n, width], "decoder.layer.N" (the last one after the
 * final norm), "decoder.attention" and "logits" [n, vocabulary]. */
gboolean owl_session_probe (OwlSession *session, const OwlPrompt *prompt, OwlTrace *trace, GCancellable *cancellable, GError **error);

G_END_DECLS
