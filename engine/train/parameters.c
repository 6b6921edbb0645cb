/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/parameters.h"

#include <string.h>

static void
parameter_free (gpointer data)
{
  OwlParameter *p = data;

  g_free (p->name);
  g_free (p);
}

OwlParameters *
owl_parameters_new (void)
{
  OwlParameters *parameters = g_new0 (OwlParameters, 1);

  parameters->list = g_ptr_array_new_with_free_func (parameter_free);
  parameters->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  owl_arena_init (&parameters->memory);
  return parameters;
}

void
owl_parameters_free (OwlParameters *parameters)
{
  if (!parameters)
    return;
  g_hash_table_unref (parameters->by_name);
  g_ptr_array_unref (parameters->list);
  owl_arena_clear (&parameters->memory);
  g_free (parameters);
}

OwlParameter *
owl_parameters_add (OwlParameters *parameters, const char *name, int n_dims, const gsize *dims)
{
  OwlParameter *p = g_new0 (OwlParameter, 1);
  gsize size = 1;

  p->name = g_strdup (name);
  p->memory = &parameters->memory;
  p->n_dims = n_dims;
  for (int i = 0; i < n_dims; i++) {
    p->dims[i] = dims[i];
    size *= dims[i];
  }
  /* [out, in], [width, 3, patch, patch], [1, n, width], [width]. */
  p->rows = n_dims == 1 ? 1 : n_dims == 3 ? dims[0] * dims[1] : dims[0];
  p->cols = p->rows ? size / p->rows : 0;
  p->value = owl_arena_zeros (p->memory, size);
  p->is_norm_or_bias = g_str_has_suffix (name, "bias") || strstr (name, "norm") || strstr (name, "ffn_ln") || strstr (name, "ln_f");
  g_ptr_array_add (parameters->list, p);
  g_hash_table_insert (parameters->by_name, p->name, p);
  return p;
}

OwlParameter *
owl_parameters_find (const OwlParameters *parameters, const char *name)
{
  return g_hash_table_lookup (parameters->by_name, name);
}

OwlParameter *
owl_parameters_get (const OwlParameters *parameters, const char *format, ...)
{
  g_autofree char *name = NULL;
  OwlParameter *p;
  va_list args;

  va_start (args, format);
  name = g_strdup_vprintf (format, args);
  va_end (args);
  p = owl_parameters_find (parameters, name);
  if (!p)
    g_error ("there is no parameter %s", name);
  return p;
}

gsize
owl_parameter_size (const OwlParameter *p)
{
  return p->rows * p->cols;
}

void
owl_parameter_train (OwlParameter *p)
{
  gsize n = owl_parameter_size (p);

  if (p->grad)
    return;
  p->grad = owl_arena_zeros (p->memory, n);
  p->m = owl_arena_zeros (p->memory, n);
  p->v = owl_arena_zeros (p->memory, n);
}

void
owl_parameters_add_replicas (OwlParameters *parameters, gsize n)
{
  for (guint i = 0; i < parameters->list->len; i++) {
    OwlParameter *p = g_ptr_array_index (parameters->list, i);

    if (p->grad && !p->replicas)
      p->replicas = owl_arena_zeros (p->memory, n * owl_parameter_size (p));
  }
}
