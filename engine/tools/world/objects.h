/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum { ANIMAL, PLANT, NATURE, FOOD, SPORT, MUSIC, THING, VEHICLE, BUILDING, CLOTHING, BODY, WORLD_N_KINDS } WorldKind;

typedef enum { WORLD_EN, WORLD_DE, WORLD_FR, WORLD_ES, WORLD_JA, WORLD_ZH, WORLD_KO, WORLD_N_LANGUAGES } WorldLanguage;

/* An object of the drawn world: colour emoji and names. See objects.inc for the columns. */
typedef struct {
  gboolean common;    /* drawn more often */
  const char *emoji;  /* separated by spaces */
  WorldKind kind;
  char colour;
  const char *names[WORLD_N_LANGUAGES];
} WorldObject;

extern const WorldObject world_objects[];
extern const guint world_n_objects;

/* Letter of the colour column → WorldColour; -1 for '-'. */
int world_colour_from_letter (char letter);

G_END_DECLS
