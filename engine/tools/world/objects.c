/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/objects.h"

#include <string.h>

/* K: the most familiar ones, drawn twice as often. */
#define K(emoji, kind, colour, en, de, fr, es, ja, zh, ko) { TRUE, emoji, kind, colour, { en, de, fr, es, ja, zh, ko } },
#define O(emoji, kind, colour, en, de, fr, es, ja, zh, ko) { FALSE, emoji, kind, colour, { en, de, fr, es, ja, zh, ko } },
const WorldObject world_objects[] = {
#include "tools/world/objects.inc"
};
#undef K
#undef O

const guint world_n_objects = G_N_ELEMENTS (world_objects);

int
world_colour_from_letter (char letter)
{
  /* In the order of WorldColour. */
  static const char letters[] = "rbgyopkwPne";
  const char *found = strchr (letters, letter);

  return found && letter ? (int) (found - letters) : -1;
}
