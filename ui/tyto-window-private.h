/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ui/tyto-composer.h"
#include "ui/tyto-window.h"

G_BEGIN_DECLS

struct _TytoWindow {
  AdwApplicationWindow parent_instance;

  TytoServices *services;
  TytoChat *chat;
  GPtrArray *running; /* TytoChat: out of sight, with an answer that is still being written */
  TytoMessage *edited; /* the question that the composer holds for editing, or NULL */
  GPtrArray *samples;
  guint draft_timer;

  GtkWidget *flap, *side_button, *title, *list, *stack, *view, *empty, *composer, *edit_bar, *banner, *banner_label, *toasts;
  GtkWidget *drop_frame, *drop_label;
};

/* tyto-window-drop.c: the drop target and the frame that says what will happen. */
void _tyto_window_setup_drop (TytoWindow *self, GtkWidget *target);
GtkWidget *_tyto_window_build_drop_frame (TytoWindow *self);

/* tyto-window-draft.c: what is typed but not sent stays with its conversation, also when the program ends. `keep` before another one is shown. */
void _tyto_window_keep_draft (TytoWindow *self);
void _tyto_window_draft_changed (TytoWindow *self);
void _tyto_window_show_draft (TytoWindow *self);

void _tyto_window_toast (TytoWindow *self, const char *text);

G_END_DECLS
