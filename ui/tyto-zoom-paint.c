/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-zoom"

#include "ui/tyto-zoom-private.h"

#define HANDLE_SIZE 9.0f

static const GdkRGBA black = { 0.0f, 0.0f, 0.0f, 0.85f }, white = { 1.0f, 1.0f, 1.0f, 1.0f }, shade = { 0.0f, 0.0f, 0.0f, 0.45f };
static const GdkRGBA found = { 1.0f, 0.82f, 0.1f, 0.45f }, selected = { 0.21f, 0.52f, 0.89f, 0.38f }, part = { 0.91f, 0.79f, 0.56f, 1.0f };

static void
locate (const graphene_rect_t *place, const OwlRegion *region, graphene_rect_t *rect)
{
  graphene_rect_init (rect, place->origin.x + (float) region->x * place->size.width, place->origin.y + (float) region->y * place->size.height,
                      (float) region->width * place->size.width, (float) region->height * place->size.height);
}

static void
outline (GtkSnapshot *snapshot, const graphene_rect_t *rect, float width, const GdkRGBA *colour)
{
  GskRoundedRect frame;
  const float widths[4] = { width, width, width, width };
  const GdkRGBA colours[4] = { *colour, *colour, *colour, *colour };

  gsk_rounded_rect_init_from_rect (&frame, rect, 3.0f);
  gtk_snapshot_append_border (snapshot, &frame, widths, colours);
}

/* Seen on any ground: a light line inside a dark one. */
static void
frame (GtkSnapshot *snapshot, const graphene_rect_t *rect, const GdkRGBA *colour)
{
  graphene_rect_t outer = *rect, inner = *rect;

  graphene_rect_inset (&outer, -2.0f, -2.0f);
  graphene_rect_inset (&inner, -1.0f, -1.0f);
  outline (snapshot, &outer, 3.0f, &black);
  outline (snapshot, &inner, 1.5f, colour);
}

static void
paint_handles (GtkSnapshot *snapshot, const graphene_rect_t *rect)
{
  for (int corner = 0; corner < 4; corner++) {
    float x = rect->origin.x + (corner & 1 ? rect->size.width : 0.0f), y = rect->origin.y + (corner & 2 ? rect->size.height : 0.0f);
    graphene_rect_t handle = GRAPHENE_RECT_INIT (x - HANDLE_SIZE / 2.0f, y - HANDLE_SIZE / 2.0f, HANDLE_SIZE, HANDLE_SIZE);

    gtk_snapshot_append_color (snapshot, &white, &handle);
    outline (snapshot, &handle, 1.0f, &black);
  }
}

/* What is outside the box is darker. */
static void
paint_box (TytoZoom *self, GtkSnapshot *snapshot, const graphene_rect_t *place)
{
  graphene_rect_t box, around[4];
  float right, bottom;

  locate (place, &self->box, &box);
  right = place->origin.x + place->size.width;
  bottom = place->origin.y + place->size.height;
  graphene_rect_init (&around[0], place->origin.x, place->origin.y, place->size.width, box.origin.y - place->origin.y);
  graphene_rect_init (&around[1], place->origin.x, box.origin.y + box.size.height, place->size.width, bottom - box.origin.y - box.size.height);
  graphene_rect_init (&around[2], place->origin.x, box.origin.y, box.origin.x - place->origin.x, box.size.height);
  graphene_rect_init (&around[3], box.origin.x + box.size.width, box.origin.y, right - box.origin.x - box.size.width, box.size.height);
  for (int i = 0; i < 4; i++)
    if (around[i].size.width > 0.0f && around[i].size.height > 0.0f)
      gtk_snapshot_append_color (snapshot, &shade, &around[i]);
  frame (snapshot, &box, &white);
  paint_handles (snapshot, &box);
}

void
_tyto_zoom_paint_over (TytoZoom *self, GtkSnapshot *snapshot, const graphene_rect_t *place)
{
  graphene_rect_t rect;

  if (self->patch) {
    locate (place, &self->patch_place, &rect);
    gtk_snapshot_append_texture (snapshot, self->patch, &rect);
  }
  if (self->heat && self->strength > 0.0) {
    locate (place, &self->heat_place, &rect);
    gtk_snapshot_push_opacity (snapshot, self->strength);
    gtk_snapshot_append_texture (snapshot, self->heat, &rect);
    gtk_snapshot_pop (snapshot);
  }
  for (int kind = 0; kind < TYTO_ZOOM_N_MARKS; kind++)
    for (guint i = 0; self->marks[kind] && i < self->marks[kind]->len; i++) {
      locate (place, &g_array_index (self->marks[kind], OwlRegion, i), &rect);
      if (kind == TYTO_ZOOM_FOUND || kind == TYTO_ZOOM_SELECTION)
        gtk_snapshot_append_color (snapshot, kind == TYTO_ZOOM_FOUND ? &found : &selected, &rect);
      else
        frame (snapshot, &rect, kind == TYTO_ZOOM_PARTS ? &part : &white);
    }
  if (self->has_box)
    paint_box (self, snapshot, place);
}
