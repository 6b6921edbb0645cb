/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/paint.h"
#include "tools/world/questions.h"

G_BEGIN_DECLS

/* One conversation about no, one or two pictures; or about one, and then about another that comes later. */
typedef struct {
  char *question, *answer;
  WorldTask task;
  WorldLanguage language; /* of the answer */
  int noun, noun_colour;  /* what the question names: WorldItem's `what` as a fact's class, WorldColour; -1: nothing */
  int place, which, line; /* the place, the picture and the printed line that it asks about; -1: none */
} WorldTurn;

typedef struct _WorldRecord WorldRecord;
struct _WorldRecord {
  WorldScene scenes[2];
  guint64 seeds[2]; /* how each is painted */
  guint n_scenes;
  GArray *turns; /* WorldTurn */
  WorldRecord *then; /* how it goes on with the next picture; NULL, mostly */
};

/* How often each kind of record and each task is drawn, relative to its usual share. */
typedef struct {
  double groups[16];
  double tasks[WORLD_N_TASKS];
  gboolean cannot_read; /* questions that need reading are answered so, for a model that has not learned it */
  gboolean cannot_read_print; /* only those about receipts and pages; single words are read */
  gboolean cannot_compare; /* "is this a …?" and "are both the same?" are answered with what is seen */
} WorldMix;

void world_mix_init (WorldMix *mix);
/* Reads "names=3,colour=2,chat=0": names of groups (names, things, shapes, words, receipts, documents, pairs, unsure, chat, no_image, word_in, letters, text, later) and of tasks. */
gboolean world_mix_parse (WorldMix *mix, const char *text, GError **error);

/* Record number `index` of a split: always the same. `single` draws one turn only, with those before it that it needs. */
WorldRecord *world_record_draw (guint64 seed, WorldSplit split, guint64 index, const WorldMix *mix, gboolean single);
void world_record_free (WorldRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (WorldRecord, world_record_free)

/* The pixels of picture `which`; free with g_free. `marks` as in world_painter_paint. */
guint8 *world_record_paint (const WorldRecord *record, guint which, WorldPainter *painter, WorldSplit split, GArray *marks, int *width, int *height);

/* The official training text: system sentence, pictures, turns. */
char *world_record_get_text (const WorldRecord *record);

G_END_DECLS
