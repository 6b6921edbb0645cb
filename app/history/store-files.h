/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The files of the history while nobody has them open; for the store's thread. */

/* Renames the database, with what SQLite keeps beside it, to FOLDER/history-REASON-DATE.db. Returns that path; NULL and a TYTO_STORE_ERROR on failure. */
char *store_files_move_aside (const char *folder, const char *reason, GError **error);

/* Removes the database and all copies of it that were ever made. */
gboolean store_files_remove_all (const char *folder, GError **error);

/* NULL if files can be made in the folder, else why not. */
char *store_files_why_unwritable (const char *folder);

G_END_DECLS
