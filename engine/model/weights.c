/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/weights.h"

#include <math.h>

static char *
format_name (const char *format, va_list args, const char *suffix)
{
  g_autofree char *stem = g_strdup_vprintf (format, args);

  return g_strconcat (stem, suffix, NULL);
}

static const OwlTensor *
require (OwlWeights *weights, const char *name, gint64 ne0, gint64 ne1)
{
  const OwlTensor *tensor;

  if (weights->failed)
    return NULL;
  tensor = owl_gguf_require_tensor (weights->file, name, ne0, ne1, weights->error);
  weights->failed = tensor == NULL;
  return tensor;
}

const float *
owl_weights_values (OwlWeights *weights, gint64 ne0, gint64 ne1, const char *name)
{
  const OwlTensor *tensor = require (weights, name, ne0, ne1);
  float *copy;
  gsize n;

  if (!tensor)
    return NULL;
  if (tensor->type == OWL_TYPE_F32 && (guintptr) tensor->data % sizeof (float) == 0)
    return tensor->data;

  n = (gsize) owl_tensor_n_values (tensor);
  copy = g_new (float, n);
  g_ptr_array_add (weights->owned, copy);
  owl_type_to_f32 (tensor->type, tensor->data, copy, n);
  return copy;
}

void
owl_weights_linear (OwlWeights *weights, gint64 in, gint64 out, gboolean with_bias, OwlLinear *linear,
                    const char *format, ...)
{
  g_autofree char *name = NULL, *bias = NULL;
  const OwlTensor *tensor;
  va_list args;

  va_start (args, format);
  name = format_name (format, args, ".weight");
  va_end (args);
  va_start (args, format);
  bias = format_name (format, args, ".bias");
  va_end (args);

  tensor = require (weights, name, in, out);
  if (!tensor)
    return;
  linear->weight = *tensor;
  linear->slot = -1;
  linear->bias = with_bias ? owl_weights_values (weights, tensor->ne[1], 1, bias) : NULL;
}

static void
load_norm (OwlWeights *weights, gint64 width, OwlNorm *norm, gboolean with_bias, const char *stem)
{
  g_autofree char *weight = g_strconcat (stem, ".weight", NULL);
  g_autofree char *bias = g_strconcat (stem, ".bias", NULL);

  norm->weight = owl_weights_values (weights, width, 1, weight);
  norm->bias = with_bias ? owl_weights_values (weights, width, 1, bias) : NULL;
}

void
owl_weights_layer_norm (OwlWeights *weights, gint64 width, OwlNorm *norm, const char *format, ...)
{
  g_autofree char *stem = NULL;
  va_list args;

  va_start (args, format);
  stem = format_name (format, args, "");
  va_end (args);
  load_norm (weights, width, norm, TRUE, stem);
}

void
owl_weights_rms_norm (OwlWeights *weights, gint64 width, OwlNorm *norm, const char *format, ...)
{
  g_autofree char *stem = NULL;
  va_list args;

  va_start (args, format);
  stem = format_name (format, args, "");
  va_end (args);
  load_norm (weights, width, norm, FALSE, stem);
}

int
owl_weights_int (OwlWeights *weights, gint64 min, gint64 max, const char *format, ...)
{
  g_autofree char *key = NULL;
  gint64 value = 0;
  va_list args;

  if (weights->failed)
    return 0;
  va_start (args, format);
  key = format_name (format, args, "");
  va_end (args);
  weights->failed = !owl_gguf_require_int (weights->file, key, min, max, &value, weights->error);
  return weights->failed ? 0 : (int) value;
}

float
owl_weights_float (OwlWeights *weights, const char *format, ...)
{
  g_autofree char *key = NULL;
  double value = 0.0;
  va_list args;

  if (weights->failed)
    return 0.0f;
  va_start (args, format);
  key = format_name (format, args, "");
  va_end (args);
  if (!owl_gguf_get_float (weights->file, key, &value) || !isfinite (value) || value <= 0.0) {
    g_set_error (weights->error, OWL_ERROR, OWL_ERROR_FORMAT, "%s: key %s: expected a positive number",
                 owl_gguf_get_path (weights->file), key);
    weights->failed = TRUE;
  }
  return (float) value;
}
