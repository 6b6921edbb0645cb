/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A button with a text, in which "_" marks the key. By itself the toolkit tells a screen reader the text with its mark, and then once more without. */
GtkWidget *tyto_button_new (const char *text);
void tyto_button_set_text (GtkButton *button, const char *text);

G_END_DECLS
