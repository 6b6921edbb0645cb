/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The sample questions that an empty conversation offers, from DATA/samples/samples.json, in the language of the user where they are there
 * in it. */
typedef struct {
  GPtrArray *paths; /* char *: one or more pictures */
  char *title, *question;
} TytoSample;

/* TytoSample, freed with the array; empty when there are none. */
GPtrArray *tyto_samples_load (const char *data_dir);

G_END_DECLS
