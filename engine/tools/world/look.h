/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/scene.h"

G_BEGIN_DECLS

typedef struct {
  const char *model; /* a model folder */
  guint64 seed;
  guint count; /* pictures of each kind */
  WorldSplit split;
  int threads;
} WorldLooking;

/* How faithful "where the model looked" is: asks about one thing in pictures with one and with several things, and prints how often the thing lies
 * under the hottest place and the hottest area, beside how often it would by chance. */
gboolean world_look (const WorldLooking *looking, GError **error);

G_END_DECLS
