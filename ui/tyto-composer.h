/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/tyto-engine.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Where a question is written: attachments, text, and the round button that sends or stops.
 *
 * Signals: "send", "stop", "edit-last" (Up in an empty composer), "attached" (TytoAttachment: a picture is ready to be read ahead),
 * "choose-pages" (TytoImport *: a document was given), "problem" (const char *: something that could not be attached),
 * "view" (TytoAttachment: look at it closely), "changed" (text or attachments), "removed" (TytoAttachment, int: the user took out the one at
 * this place), "gather" (GPtrArray **: wants the pictures of the chat, TytoAttachment; it frees the array). */
#define TYTO_TYPE_COMPOSER (tyto_composer_get_type ())
G_DECLARE_FINAL_TYPE (TytoComposer, tyto_composer, TYTO, COMPOSER, GtkWidget)

GtkWidget *tyto_composer_new (TytoDocuments *documents, TytoEngine *engine);

/* The text without white space at its ends; the caller frees. */
char *tyto_composer_get_text (TytoComposer *self);
void tyto_composer_set_text (TytoComposer *self, const char *text);
/* The attachments that can be sent (TytoAttachment; the caller unrefs the array). Those that failed stay out. */
GPtrArray *tyto_composer_get_attachments (TytoComposer *self);
/* Those that a draft keeps: also the ones that are still being read or could not be, as soon as there is a copy of the file. */
GPtrArray *tyto_composer_get_kept_attachments (TytoComposer *self);
gboolean tyto_composer_has_attachments (TytoComposer *self);
void tyto_composer_clear (TytoComposer *self);

/* As the button does: "send" is emitted, now or, while a picture is still being read, as soon as it is. Until then writing on, or Escape, takes it
 * back, and so does a picture that cannot be read. */
void tyto_composer_send (TytoComposer *self);

/* The number that the first attachment gets. */
void tyto_composer_set_first_number (TytoComposer *self, int number);
void tyto_composer_set_busy (TytoComposer *self, gboolean busy);
/* The quiet line beside the button says what sending would cost (NULL: nothing), the meter how much of the model's memory is used (0..1, with
 * `meter` in words; NULL hides it). What is too long cannot be sent. */
void tyto_composer_set_cost (TytoComposer *self, const char *cost, double filled, const char *meter, gboolean too_long);

/* Takes files in: pictures become attachments, documents ask for their pages. */
void tyto_composer_attach_file (TytoComposer *self, GFile *file);
void tyto_composer_attach_texture (TytoComposer *self, GdkTexture *texture);
/* A page of a document, as "choose-pages" gave it (from 0). `label`: as printed; NULL: its number. Returns what was attached; borrowed. */
TytoAttachment *tyto_composer_attach_page (TytoComposer *self, const char *blob, const char *name, int page, const char *label);

/* Puts one in at a place (-1: the end): one that was taken out, or belongs to a draft. */
void tyto_composer_insert (TytoComposer *self, TytoAttachment *attachment, int index);

/* Takes one out again, without a word. */
void tyto_composer_withdraw (TytoComposer *self, TytoAttachment *attachment);
/* Whether something is still on its way in. */
gboolean tyto_composer_is_reading (TytoComposer *self);

void tyto_composer_focus (TytoComposer *self);

G_END_DECLS
