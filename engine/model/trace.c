/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/trace.h"

/* "stem.layer", or "stem" alone for a negative layer. */
static void
full_name (const char *stem, int layer, char name[64])
{
  if (layer >= 0)
    g_snprintf (name, 64, "%s.%d", stem, layer);
  else
    g_strlcpy (name, stem, 64);
}

gboolean
owl_trace_wants (OwlTrace *trace, const char *stem, int layer)
{
  char name[64];

  if (!trace)
    return FALSE;
  full_name (stem, layer, name);
  return trace->wants (trace, name);
}

void
owl_trace_give (OwlTrace *trace, const char *stem, int layer, const float *values, gsize d0, gsize d1, gsize d2)
{
  gsize shape[3] = { d0, d1, d2 };
  char name[64];

  if (!owl_trace_wants (trace, stem, layer))
    return;
  full_name (stem, layer, name);
  trace->take (trace, name, values, shape, d2 > 0 ? 3 : d1 > 0 ? 2 : 1);
}

void
owl_trace_give_tiles (OwlTrace *trace, const char *name, const float *values, gsize n_tiles, gsize d0, gsize d1, gsize d2)
{
  gsize shape[4] = { n_tiles, d0, d1, d2 };

  if (n_tiles == 0)
    owl_trace_give (trace, name, -1, values, d0, d1, d2);
  else if (owl_trace_wants (trace, name, -1))
    trace->take (trace, name, values, shape, d2 > 0 ? 4 : d1 > 0 ? 3 : 2);
}
