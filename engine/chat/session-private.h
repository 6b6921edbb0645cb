/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "chat/lookup.h"
#include "chat/session.h"
#include "model/trace.h"

G_BEGIN_DECLS

/* Evaluates the whole prompt at once from an empty cache and shows `trace` "decoder.input" [n, width], "decoder.layer.N" (the last one after the
 * final norm), "decoder.attention" and "logits" [n, vocabulary]. */
gboolean owl_session_probe (OwlSession *session, const OwlPrompt *prompt, OwlTrace *trace, GCancellable *cancellable, GError **error);

/* Brings the session to `prompt` and the ids that follow it, and shows `trace` "decoder.attention.N" [heads, n_rows, positions] for the last
 * `n_rows` positions. What the cache holds of it already is not evaluated again, but for these rows. */
gboolean owl_session_attend (OwlSession *session, const OwlPrompt *prompt, const gint32 *more_ids, gsize n_more, gsize n_rows, OwlTrace *trace,
                             GCancellable *cancellable, GError **error);

/* Whether ids are guessed from the conversation (lookup.h). */
void owl_session_set_lookup (OwlSession *session, OwlLookupMode mode);

OwlModel *owl_session_get_model (OwlSession *session); /* borrowed */

G_END_DECLS
