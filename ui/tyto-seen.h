/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/tyto-engine-see.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* A window that shows what the model gets of a question: texts and the squares of pictures in order, with what each takes of its memory. */
#define TYTO_TYPE_SEEN (tyto_seen_get_type ())
G_DECLARE_FINAL_TYPE (TytoSeenWindow, tyto_seen, TYTO, SEEN, AdwWindow)

/* For the last question of `path`. Begins at once. `answered_by`: the model that wrote the answer; "": not known. */
TytoSeenWindow *tyto_seen_new (GtkWindow *parent, TytoEngine *engine, GPtrArray *path, const TytoAnswerOptions *options, const char *answered_by);

G_END_DECLS
