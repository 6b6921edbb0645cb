/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"
#include "train/arena.h"

G_BEGIN_DECLS

/* A tensor of the model in float32, named and laid out as in the official checkpoint. */
typedef struct {
  char *name;        /* "abstractor.vit_eos", "base_model.model.language_model.….lora_A.weight" */
  gsize rows, cols;  /* [rows, cols]; vectors have one row */
  int n_dims;        /* as it is published, for files of other programs */
  gsize dims[4];
  float *value;
  float *grad;       /* NULL: frozen */
  float *replicas;   /* [n, rows · cols]: gradients of further threads, each for its own records; NULL: none */
  float *m, *v;      /* AdamW's moments, with `grad` */
  gboolean is_norm_or_bias;
  OwlArena *memory;  /* borrowed: where all of these are */
} OwlParameter;

typedef struct {
  GPtrArray *list;     /* OwlParameter, in a fixed order */
  GHashTable *by_name; /* borrowed */
  OwlArena memory;
} OwlParameters;

OwlParameters *owl_parameters_new (void);
void owl_parameters_free (OwlParameters *parameters);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlParameters, owl_parameters_free)

/* Adds a zeroed tensor; `dims` are its published dimensions, of which the last one is `cols`, or for a convolution all but the first together. */
OwlParameter *owl_parameters_add (OwlParameters *parameters, const char *name, int n_dims, const gsize *dims);
OwlParameter *owl_parameters_find (const OwlParameters *parameters, const char *name);
/* The same by a format; never NULL: a missing tensor is a mistake in the program. */
OwlParameter *owl_parameters_get (const OwlParameters *parameters, const char *format, ...) G_GNUC_PRINTF (2, 3);

gsize owl_parameter_size (const OwlParameter *parameter);

/* Gives a parameter a gradient and moments: it is trained. */
void owl_parameter_train (OwlParameter *parameter);

/* Gives all trained parameters room for the gradients of `n` further threads. */
void owl_parameters_add_replicas (OwlParameters *parameters, gsize n);
/* Where thread `replica` (0: the first) adds its gradient; NULL: frozen. */
static inline float *
owl_parameter_get_grad (const OwlParameter *p, guint replica)
{
  return replica > 0 && p->grad ? p->replicas + (gsize) (replica - 1) * p->rows * p->cols : p->grad;
}

G_END_DECLS
