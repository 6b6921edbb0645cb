/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/chat/engine-request.h"

G_BEGIN_DECLS

/* Visual tokens of pictures: from memory, from the database, or computed. For the engine thread. */
typedef struct _EnginePictures EnginePictures;

EnginePictures *engine_pictures_new (TytoDocuments *documents, TytoStore *store);
void engine_pictures_free (EnginePictures *self);

/* Another model (or NULL): what was in memory is forgotten. Takes a reference. */
void engine_pictures_set_model (EnginePictures *self, OwlModel *model);

/* TRUE if reading the picture would take no time. */
gboolean engine_pictures_knows (EnginePictures *self, const PictureRef *ref);

/* Positions of a prompt that the picture takes: exactly when it was read, else by its shape. */
int engine_pictures_count (EnginePictures *self, const PictureRef *ref);

/* `seconds` gets how long it took to compute, 0 when nothing was. The visual is borrowed, and stays until another model comes. */
OwlVisual *engine_pictures_read (EnginePictures *self, const PictureRef *ref, OwlProgress progress, gpointer user_data, double *seconds,
                                 GCancellable *cancellable, GError **error);

G_END_DECLS
