/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/random.h"

G_BEGIN_DECLS

/* What a drawn picture shows: the facts that questions are asked about, apart from how they are painted. */
typedef enum {
  WORLD_SCENE_OBJECT,   /* one object */
  WORLD_SCENE_OBJECTS,  /* two to six objects */
  WORLD_SCENE_SHAPES,   /* one to six shapes */
  WORLD_SCENE_WORD,     /* a printed word, number or sign */
  WORLD_SCENE_RECEIPT,
  WORLD_SCENE_DOCUMENT, /* a page with title, date and total */
  WORLD_SCENE_NOTHING,  /* noise, a plain surface: nothing to recognise */
  WORLD_SCENE_TEXT,     /* rows of words and letters */
  WORLD_N_SCENES
} WorldSceneKind;

typedef enum {
  WORLD_RED,
  WORLD_BLUE,
  WORLD_GREEN,
  WORLD_YELLOW,
  WORLD_ORANGE,
  WORLD_PURPLE,
  WORLD_BLACK,
  WORLD_WHITE,
  WORLD_PINK,
  WORLD_BROWN,
  WORLD_GREY,
  WORLD_N_COLOURS
} WorldColour;

typedef enum {
  WORLD_CIRCLE,
  WORLD_SQUARE,
  WORLD_TRIANGLE,
  WORLD_STAR,
  WORLD_HEART,
  WORLD_DIAMOND,
  WORLD_RECTANGLE,
  WORLD_OVAL,
  WORLD_PENTAGON,
  WORLD_HEXAGON,
  WORLD_CROSS,
  WORLD_N_SHAPES
} WorldShape;

#define WORLD_MAX_ITEMS 8
#define WORLD_MAX_LINES 8

typedef struct {
  gboolean is_shape;
  int what;       /* WorldShape or index of the object */
  int colour;     /* WorldColour of a shape */
  double x, y;    /* centre, 0..1 of width and height */
  double radius;  /* half the size, 0..1 of the shorter side */
} WorldItem;

typedef struct {
  char name[24];
  int cents;
  int quantity;
} WorldLine;

typedef struct {
  WorldSceneKind kind;
  int background;           /* WorldColour where one name fits the whole background, else -1 */
  WorldItem items[WORLD_MAX_ITEMS];
  guint n_items;
  char text[64];            /* the printed word; shop of a receipt; title of a document */
  char date[24];            /* as printed */
  WorldLine lines[WORLD_MAX_LINES];
  guint n_lines;
  int total;                /* cents */
} WorldScene;

/* Which part of the world a seed belongs to. `train`, `validation` and `test` never share a seed; some pairs of colour and shape, and some of object and background,
 * occur outside `train` only. `foreign` draws with fonts, surfaces and wordings that no other split uses. */
typedef enum { WORLD_TRAIN, WORLD_VALIDATION, WORLD_TEST, WORLD_FOREIGN, WORLD_N_SPLITS } WorldSplit;

/* Draws the facts of a picture. */
void world_scene_draw (WorldScene *scene, WorldSceneKind kind, WorldSplit split, WorldRandom *random);

/* 0..8 row by row; the grid of place words. */
int world_item_get_cell (const WorldItem *item);

/* For sorting items (WorldItem) in reading order. */
int world_item_compare_places (const void *a, const void *b);

/* How many items match; -1 and WORLD_N_SHAPES stand for anything. */
guint world_scene_count_items (const WorldScene *scene, int what, int colour);

/* TRUE for the pairs that training never shows. */
gboolean world_pair_is_held_out (int shape, int colour);

G_END_DECLS
