/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "files/mapped-file.h"

G_BEGIN_DECLS

/* Finds the entries of a zip file without unpacking: `torch.save` stores them uncompressed, so that they can be used where they lie.
 * (libzip reads through a copy and does not tell where an entry is.) Only stored entries; zip64 included. */
typedef struct _OwlZipDirectory OwlZipDirectory;

OwlZipDirectory *owl_zip_directory_open (OwlMappedFile *file, GError **error);
void owl_zip_directory_free (OwlZipDirectory *directory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlZipDirectory, owl_zip_directory_free)

/* The folder that all entries lie under ("archive"), without a slash. */
const char *owl_zip_directory_get_root (const OwlZipDirectory *directory);

/* Bytes of ROOT/NAME in the mapping; NULL if there is none. */
const guint8 *owl_zip_directory_find (const OwlZipDirectory *directory, const char *name, gsize *size);

G_END_DECLS
