/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "decode/document.h"

G_BEGIN_DECLS

/* Inside `owl-decoder`: parts of it whose libraries pull many others, so that only who needs one pays for loading it. A module is
 * `owl-decoder-NAME.so` beside the program. */

/* Paths that modules may lie at, ended by NULL. To be called before the process confines itself, and once. */
const char *const *owl_modules_locate (void);

/* The function that the module NAME exports; it stays loaded. NULL and an IO error where the module is missing or cannot be loaded: the
 * message follows a file's name. */
gpointer owl_module_load (const char *name, const char *function, GError **error);

/* What each module exports: the kinds of documents, and recognised text. */
typedef OwlDocument *(*OwlOpenFunc) (OwlSource *source, GError **error);
typedef gboolean (*OwlRecogniseFunc) (OwlDocument *document, int page, OwlRecords *records, GError **error);

G_END_DECLS
