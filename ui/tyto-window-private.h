/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/documents/tyto-samples.h"
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
  gint64 wanted_message; /* to be shown when the chat is loaded; 0: none */
  guint draft_timer, cost_timer;
  gboolean prepare; /* with the next measurement */
  struct _WindowDocument *document; /* the one whose pages the question picks, or NULL */
  GPtrArray *fitting; /* how attachments were sent before they were made to fit; NULL: nothing is made to fit */

  GtkWidget *flap, *search, *side_button, *title, *list, *stack, *view, *empty, *composer, *edit_bar, *document_bar, *state_bar, *toasts;
  GtkWidget *fit_bar, *fit_label, *fit_button;
  GtkWidget *drop_frame, *drop_label;
};

/* tyto-window.c: what the header, the middle and the composer say about the open chat. */
void _tyto_window_update_title (TytoWindow *self);
void _tyto_window_update_page (TytoWindow *self);

/* tyto-window-models.c: models and states of this window's chat. */
GtkWidget *_tyto_window_build_state_bar (TytoWindow *self);
/* The open chat is in sight: it is answered with its own model. */
void _tyto_window_use_model (TytoWindow *self);
/* Takes what is a model or an adapter to the import; FALSE for anything else. */
gboolean _tyto_window_import_model (TytoWindow *self, GFile *file);
/* After a full disk. */
void _tyto_window_save_again (TytoWindow *self);
/* The line of the empty chat about what the model can do. */
void _tyto_window_update_note (TytoWindow *self);

/* tyto-window-build.c: the widgets, and the signals between them. */
void _tyto_window_build (TytoWindow *self);

/* tyto-window-actions.c: "win." actions. */
void _tyto_window_install_actions (GtkWidgetClass *widget_class);

/* tyto-window-chats.c: which chat is open; others may go on out of sight. */
void _tyto_window_new_chat (TytoWindow *self);
void _tyto_window_close_chat (TytoWindow *self);
void _tyto_window_conversation_opened (TytoWindow *self, TytoConversation *conversation);
void _tyto_window_conversation_changed (TytoWindow *self, TytoConversation *conversation);
void _tyto_window_conversation_deleted (TytoWindow *self, TytoConversation *conversation);
void _tyto_window_search_opened (TytoWindow *self, gint64 id, gint64 message);
void _tyto_window_search_left (TytoWindow *self);
/* All chats were deleted. */
void _tyto_window_emptied (TytoWindow *self);

/* tyto-window-messages.c: asking, asking again, editing and deleting. */
void _tyto_window_send (TytoWindow *self);
/* A question beside the one that is being written, which stays. */
void _tyto_window_ask (TytoWindow *self, const char *text, GPtrArray *attachments);
void _tyto_window_stop (TytoWindow *self);
void _tyto_window_again (TytoWindow *self, TytoMessage *answer);
void _tyto_window_begin_editing (TytoWindow *self, TytoMessage *question);
void _tyto_window_edit_last (TytoWindow *self);
/* What was being written before comes back; not so with `leave`. */
void _tyto_window_cancel_editing (TytoWindow *self);
void _tyto_window_leave_editing (TytoWindow *self);
void _tyto_window_delete_message (TytoWindow *self, TytoMessage *message);

/* tyto-window-attach.c: pictures and pages of the question being written. */
void _tyto_window_attachment_ready (TytoWindow *self, TytoAttachment *attachment);
void _tyto_window_attachment_removed (TytoWindow *self, TytoAttachment *attachment, int index);
void _tyto_window_composer_changed (TytoWindow *self);
void _tyto_window_choose_pages (TytoWindow *self, const TytoImport *import);
/* `earlier` gets TytoAttachment (transfer full). */
void _tyto_window_gather_earlier (TytoWindow *self, GPtrArray **earlier);
void _tyto_window_ask_sample (TytoWindow *self, TytoSample *sample);

/* tyto-window-document.c: a document whose pages the question picks. */
GtkWidget *_tyto_window_build_document_bar (TytoWindow *self);
void _tyto_window_take_document (TytoWindow *self, const TytoImport *import);
void _tyto_window_drop_document (TytoWindow *self);
/* The document as the draft keeps it, or NULL (transfer full); and back, when the attachments of the draft are there. `kept` NULL: none. */
TytoDraftDocument *_tyto_window_document_get_kept (TytoWindow *self);
void _tyto_window_document_restore (TytoWindow *self, const TytoDraftDocument *kept);
/* The password of a document was given: what failed for want of it is read again. */
void _tyto_window_document_unlocked (TytoWindow *self, const char *blob);
/* The text of the question or its attachments changed. */
void _tyto_window_document_question_changed (TytoWindow *self);
/* TRUE when the pages for the question are not there yet: it is sent as soon as they are. */
gboolean _tyto_window_document_holds_send (TytoWindow *self);
void _tyto_window_document_sent (TytoWindow *self);
/* The user took an attachment out, or chose pages of this document. */
void _tyto_window_document_removed (TytoWindow *self, TytoAttachment *attachment);
void _tyto_window_document_chosen (TytoWindow *self, const char *blob);
/* The pages that go along now; the caller unrefs. */
GtkBitset *_tyto_window_document_get_pages (TytoWindow *self, const char *blob);

/* tyto-window-fit.c: a question that does not fit is made to, step by step, and the steps can be undone. */
GtkWidget *_tyto_window_build_fit_bar (TytoWindow *self);
void _tyto_window_fit_known (TytoWindow *self, const TytoCost *cost);

/* tyto-window-view.c: looking at pictures and pages closely, where the model looked, what it saw, comparing; and asking from there. */
void _tyto_window_view_attachment (TytoWindow *self, TytoAttachment *attachment);
/* `words` of an answer; NULL: all of it. */
void _tyto_window_look (TytoWindow *self, TytoMessage *answer, const char *words);
void _tyto_window_show_seen (TytoWindow *self, TytoMessage *message);

/* tyto-window-drop.c: the drop target and the frame that says what will happen. */
void _tyto_window_setup_drop (TytoWindow *self, GtkWidget *target);
GtkWidget *_tyto_window_build_drop_frame (TytoWindow *self);

/* tyto-window-draft.c: what is typed but not sent stays with its conversation, also when the program ends. `keep` before another one is shown. */
void _tyto_window_keep_draft (TytoWindow *self);
void _tyto_window_draft_changed (TytoWindow *self);
void _tyto_window_show_draft (TytoWindow *self);
/* What was kept for the chat that has not begun was sent. */
void _tyto_window_forget_new_draft (TytoWindow *self);

/* tyto-window-cost.c: the line that says what sending would cost. With `prepare` the engine also evaluates in advance what is fixed already. */
void _tyto_window_measure_soon (TytoWindow *self, gboolean prepare);

/* tyto-window-screenshot.c */
void _tyto_window_find_screenshot (TytoWindow *self);
void _tyto_window_take_screenshot (TytoWindow *self);

/* tyto-window-undo.c */
void _tyto_window_toast (TytoWindow *self, const char *text);
/* A toast with Undo. `undo` is called when it is clicked, `finish` when it goes without, `destroy` last. Any may be NULL. */
void _tyto_window_offer_undo (TytoWindow *self, const char *text, GFunc undo, GFunc finish, gpointer data, GDestroyNotify destroy);

G_END_DECLS
