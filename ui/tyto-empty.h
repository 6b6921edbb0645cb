/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/documents/tyto-samples.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* What an empty conversation shows: the owl, one sentence, samples that ask at a click, and what the model can do.
 * Signal "sample" (TytoSample *). */
#define TYTO_TYPE_EMPTY (tyto_empty_get_type ())
G_DECLARE_FINAL_TYPE (TytoEmpty, tyto_empty, TYTO, EMPTY, GtkWidget)

GtkWidget *tyto_empty_new (GPtrArray *samples);
/* A line below the samples; NULL or "" for none. */
void tyto_empty_set_note (TytoEmpty *self, const char *note);

G_END_DECLS
