/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tyto-services.h"

G_BEGIN_DECLS

/* What is said of models; the caller frees. */

/* "mPLUG-Owl · English", "Text only". */
char *tyto_model_text_kind (TytoModel *model);
/* "English, Deutsch, …"; NULL when not known. */
char *tyto_model_text_languages (TytoModel *model);
/* "4.1 GB on the disk, q4_0" */
char *tyto_model_text_size (TytoModel *model);
/* "Needs 5.3 GB of memory", and how that fits to the computer. `fit` may be NULL. */
char *tyto_model_text_memory (guint64 needed, TytoFit *fit);
/* "about 3 minutes left" */
char *tyto_model_text_time (double seconds);

G_END_DECLS
