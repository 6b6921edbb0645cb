/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "tools/world/record.h"

#include <jansson.h>

G_BEGIN_DECLS

/* Adds to `groups` ("said" of a record) which visual tokens tell what reply `turn` says, where it begins and at each thing or letter that it lists: the group
 * "token" of looks, see train/dataset.h. `look` counts the looks of a record. */
void world_looks_add (json_t *groups, const WorldRecord *record, guint turn, int *look);

G_END_DECLS
