/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/documents/tyto-documents.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Gets the unlocked document, or NULL and what to say, or NULL and NULL: the user does not want it. Both are borrowed. */
typedef void (*TytoUnlockFunc) (gpointer data, const TytoImport *import, const char *problem);

/* Asks for the password of a locked document, three times at most; it is handed on and kept nowhere. `func` is called once, while `data`, an
 * object, lives. */
void tyto_unlock (GtkWindow *parent, TytoDocuments *documents, const TytoImport *import, TytoUnlockFunc func, GObject *data);

G_END_DECLS
