/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/objects.h"

G_BEGIN_DECLS

/* A thing's name with what its language puts around it. Where a language has no such form, the fields repeat the plain name. */
typedef struct {
  char plain[64]; /* "red circle" */
  char a[64];     /* "a red circle"; German nominative */
  char a_acc[64]; /* German accusative, else as `a` */
  char the[64];
  char the_acc[64];
  char dat[64];  /* "dem roten Kreis" */
  char of[64];   /* "du cercle rouge", "del círculo rojo" */
  char many[64]; /* "red circles" */
  gboolean is_plural;
  gboolean is_shape;
  int what, colour; /* as given */
} WorldNoun;

/* `colour` -1: without one. `shape` WORLD_N_SHAPES: the word "shape" itself. */
void world_noun_of_shape (WorldNoun *noun, WorldLanguage language, int shape, int colour);
void world_noun_of_object (WorldNoun *noun, WorldLanguage language, int object);

/* Answers: "A camel.", "Kamel.", "ラクダです。" */
char *world_answer_object (WorldLanguage language, int object);
char *world_answer_shape (WorldLanguage language, int shape);
char *world_answer_colour (WorldLanguage language, int colour);
char *world_answer_cell (WorldLanguage language, int cell);
char *world_answer_kind (WorldLanguage language, WorldKind kind);
/* "A red circle, a blue star." */
char *world_answer_shapes (WorldLanguage language, const int (*shapes_and_colours)[2], guint n);
char *world_answer_objects (WorldLanguage language, const int *objects, guint n);

/* "red", and the form that goes with the word for shape ("rote", "verte", "roja"). */
const char *world_colour_name (WorldLanguage language, int colour);
const char *world_colour_name_with_shape (WorldLanguage language, int colour);
/* "at the top left"; several ways. */
const char *world_place_phrase (WorldLanguage language, int cell, guint way);
/* left, right, above, below: "to the left of" */
const char *world_side_phrase (WorldLanguage language, guint side);

G_END_DECLS
