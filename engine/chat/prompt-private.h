/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "chat/prompt.h"

G_BEGIN_DECLS

struct _OwlPrompt {
  GArray *ids;        /* gint32, OWL_IMAGE_ID at picture positions */
  GPtrArray *visuals; /* OwlVisual, in the order of their runs */
};

G_END_DECLS
