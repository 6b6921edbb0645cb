/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/tyto-engine.h"

G_BEGIN_DECLS

/* What the user has chosen; the same object each time, borrowed. NULL when the schema is not installed: then everything is as it is by default and
 * nothing can be chosen. In a build tree the schema is found beside the program. Main thread only. */
GSettings *tyto_settings_get (void);

/* How answers are made. `instructions` gets what the options borrow: the user's own sentence and the language wished for, or NULL; the caller
 * frees it. */
void tyto_settings_get_answer_options (TytoAnswerOptions *options, char **instructions);

/* Threads for the model; 0: as many as the computer has cores. */
int tyto_settings_get_threads (void);

/* Type of the KV cache. */
OwlKvType tyto_settings_get_kv (void);

/* Languages that an answer can be wished in: their names in themselves, and in English for the model; ended by NULLs. */
typedef struct {
  const char *code, *name, *english;
} TytoLanguage;
extern const TytoLanguage tyto_languages[];

G_END_DECLS
