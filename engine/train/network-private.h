/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "train/network.h"

G_BEGIN_DECLS

void _owl_network_lora_free (gpointer data);

G_END_DECLS
