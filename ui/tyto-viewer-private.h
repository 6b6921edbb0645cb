/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/documents/tyto-document-text.h"
#include "ui/tyto-viewer.h"
#include "ui/tyto-zoom.h"

G_BEGIN_DECLS

struct _TytoViewer {
  AdwWindow parent_instance;

  TytoServices *services;
  GPtrArray *attachments; /* TytoAttachment */
  guint index;            /* of the picture of the conversation that was gone to last */
  TytoAttachment *shown;  /* that one, or another page of its document */
  GCancellable *cancellable; /* of what is loaded for it */

  /* tyto-viewer-sharpen.c */
  int texture_size; /* pixels on the longer side; 0: nothing is there yet */
  guint sharpening;
  GCancellable *sharpen_cancellable;

  /* tyto-viewer-page.c */
  OwlPageText *text;     /* of the page; NULL: none, or not read yet */
  gsize selected_start, selected_length; /* bytes of it */
  char *contents_blob;   /* whose contents are shown */
  OwlContents *contents;
  GPtrArray *hits;       /* TytoTextHit of the search; NULL: none */
  guint hit;             /* the one that is shown */
  GCancellable *finding;

  /* tyto-viewer-look.c */
  TytoChat *chat;
  TytoMessage *answer;
  GPtrArray *looks; /* TytoLook; NULL: none */
  GCancellable *looking;
  guint selection_timer;
  gboolean has_hottest;
  OwlRegion hottest; /* of all that is shown */

  GtkWidget *title, *zoom, *spinner, *problem, *previous, *next, *panel_button, *flap, *stack, *switcher;
  GtkWidget *smaller, *box_button, *text_button, *copy;
  GtkWidget *ask_bar, *ask_entry, *ask_hint, *ask, *attach_part;
  GtkWidget *page_row, *page_label, *page_back, *page_on, *find, *find_status, *hit_list, *outline, *outline_note, *text_view, *text_note, *attach_page;
  GtkWidget *look_text, *look_answer, *look_spinner, *look_strength, *look_pictures, *look_closer;
};

/* tyto-viewer.c */
void _tyto_viewer_show (TytoViewer *self, guint index);
/* Shows another page of the document that is shown; one of the conversation's where it has it. */
void _tyto_viewer_show_page (TytoViewer *self, int page);
/* A new picture or page is shown. */
void _tyto_viewer_update_title (TytoViewer *self, int width, int height);
void _tyto_viewer_show_panel (TytoViewer *self, const char *name);
GtkWidget *_tyto_viewer_heading (const char *text);
GtkWidget *_tyto_viewer_icon_button (TytoViewer *self, const char *icon, const char *label, GCallback clicked);

/* tyto-viewer-sharpen.c: what is in sight in as many pixels as the screen has. */
void _tyto_viewer_sharpen_soon (TytoViewer *self);
void _tyto_viewer_sharpen_stop (TytoViewer *self);

/* tyto-viewer-ask.c: a box is drawn and asked about. */
GtkWidget *_tyto_viewer_build_ask_bar (TytoViewer *self);
void _tyto_viewer_ask_begin (TytoViewer *self, gboolean begin);
void _tyto_viewer_ask_update (TytoViewer *self);

/* tyto-viewer-page.c: text, contents and search of a document. */
void _tyto_viewer_build_pages (TytoViewer *self);
void _tyto_viewer_page_changed (TytoViewer *self);
void _tyto_viewer_text_dragged (TytoViewer *self, double x0, double y0, double x1, double y1);
void _tyto_viewer_copy_text (TytoViewer *self);
void _tyto_viewer_next_hit (TytoViewer *self, int step);

/* tyto-viewer-look.c: where the model looked. */
GtkWidget *_tyto_viewer_build_look (TytoViewer *self);
void _tyto_viewer_look_update (TytoViewer *self);
void _tyto_viewer_look_stop (TytoViewer *self);

G_END_DECLS
