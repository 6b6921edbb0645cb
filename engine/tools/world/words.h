/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/random.h"

G_BEGIN_DECLS

/* What is printed in pictures. Strings returned are static. */
void world_words_draw (char *text, gsize size, WorldRandom *random);
/* One to four letters or digits, or an amount: to learn letters from. */
void world_words_draw_letters (char *text, gsize size, WorldRandom *random);
/* A row of words, or of letters and signs without a meaning. */
void world_words_draw_row (char *text, gsize size, WorldRandom *random);
const char *world_words_draw_shop (WorldRandom *random);
const char *world_words_draw_article (WorldRandom *random);
const char *world_words_draw_title (WorldRandom *random);

G_END_DECLS
