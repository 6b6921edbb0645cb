/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "owl.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A heat map as a picture to lay over another one: in shade where the model hardly looked, clear
 * and amber where it did, red where it looked most. Smooth between the
 * cells. `most` is the value that is red, so that several maps can share a scale. A few milliseconds. */
GdkTexture *tyto_heat_new (const OwlHeatMap *map, float most);

/* The largest value of a map. */
float tyto_heat_get_most (const OwlHeatMap *map);

G_END_DECLS
