/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tyto-services.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Chooses pages of a document: thumbnails (those in sight first), click, Shift-click, rubber band, and a range field in step with them.
 * Signals: "chosen" (GArray of int, from 0), "whole" (TytoImport *: the question shall pick the pages). */
#define TYTO_TYPE_PAGE_PICKER (tyto_page_picker_get_type ())
G_DECLARE_FINAL_TYPE (TytoPagePicker, tyto_page_picker, TYTO, PAGE_PICKER, AdwWindow)

/* `chosen`: pages that are chosen to begin with; empty: the first. */
TytoPagePicker *tyto_page_picker_new (GtkWindow *parent, TytoServices *services, const TytoImport *import, GtkBitset *chosen);

/* A page as printed, or its number. The caller frees. */
char *tyto_page_picker_get_label (TytoPagePicker *self, int page);
const char *tyto_page_picker_get_blob (TytoPagePicker *self);
const char *tyto_page_picker_get_name (TytoPagePicker *self);

/* How closely the chosen pages shall be looked at. */
OwlDetail tyto_page_picker_get_detail (TytoPagePicker *self);

/* "1-3, 7" → pages from 0 that exist, as a bitset; NULL when the text is no range. */
GtkBitset *tyto_page_range_parse (const char *text, guint n_pages);
/* The other way round. */
char *tyto_page_range_format (GtkBitset *pages);

G_END_DECLS
