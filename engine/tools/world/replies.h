/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/facts.h"
#include "tools/world/record.h"

G_BEGIN_DECLS

/* What the decoder should know where a reply begins, as "said" of a record (train/dataset.h): "noun", "noun_colour": what the question names; "seen",
 * "seen_second": the things in the pictures, where they are named or compared; "object", "object_colour": differences of two things that are compared;
 * "answer_what", "answer_colour", "answer_place", "answer_number": what will be answered, the same in every language. Owned by the caller. */
json_t *world_facts_of_replies (const WorldRecord *record);

G_END_DECLS
