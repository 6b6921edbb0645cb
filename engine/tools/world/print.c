/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Printed words, receipts and document pages. */
#include "tools/world/paint-private.h"

#include <math.h>
#include <string.h>

/* The last ones of each list belong to the foreign split alone. */
static const char *const families[] = { "DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono", "DejaVu Sans Condensed", "Liberation Sans", "Liberation Serif", "Liberation Mono",
                                        "Noto Sans", "Noto Serif", "Noto Sans CJK JP", "Noto Serif CJK JP", "FreeSans", "FreeMono", "Nimbus Sans", "Nimbus Roman",
                                        "Nimbus Mono PS", "Nimbus Sans Narrow", "C059", "URW Bookman", "URW Gothic", "Cantarell", "P052", "FreeSerif", "Noto Sans Display" };
static const char *const fixed[] = { "DejaVu Sans Mono", "Liberation Mono", "FreeMono", "Noto Sans Mono CJK JP", "Nimbus Mono PS" };
#define N_FOREIGN_FAMILIES 3
#define N_FOREIGN_FIXED 1

PangoFontDescription *
world_font_draw (WorldSplit split, gboolean mono, WorldRandom *random)
{
  guint n = mono ? G_N_ELEMENTS (fixed) : G_N_ELEMENTS (families), held = mono ? N_FOREIGN_FIXED : N_FOREIGN_FAMILIES;
  guint i = split == WORLD_FOREIGN ? n - 1 - world_random_below (random, held) : world_random_below (random, n - held);
  PangoFontDescription *font = pango_font_description_new ();

  pango_font_description_set_family (font, mono ? fixed[i] : families[i]);
  if (world_random_chance (random, 0.45))
    pango_font_description_set_weight (font, PANGO_WEIGHT_BOLD);
  if (world_random_chance (random, 0.1))
    pango_font_description_set_style (font, PANGO_STYLE_ITALIC);
  return font;
}

PangoLayout *
world_canvas_layout (WorldCanvas *canvas, const PangoFontDescription *font, const char *text, double size, PangoRectangle *ink)
{
  PangoFontDescription *sized = pango_font_description_copy (font);
  PangoLayout *layout = pango_layout_new (world_painter_get_pango (canvas->painter));

  pango_font_description_set_absolute_size (sized, MAX (1.0, size) * PANGO_SCALE);
  pango_layout_set_font_description (layout, sized);
  pango_font_description_free (sized);
  pango_layout_set_text (layout, text, -1);
  if (ink)
    pango_layout_get_pixel_extents (layout, ink, NULL);
  return layout;
}

/* A board under the word: road sign, label, name plate, ribbon. */
static void
paint_board (WorldCanvas *canvas, double width, double height, WorldShade shade)
{
  WorldRandom *random = canvas->random;
  cairo_t *cr = canvas->cr;
  double radius = MIN (width, height) * (world_random_chance (random, 0.4) ? 0.0 : world_random_real (random, 0.05, 0.5));

  cairo_new_path (cr);
  cairo_arc (cr, width / 2 - radius, -height / 2 + radius, radius, -G_PI / 2, 0);
  cairo_arc (cr, width / 2 - radius, height / 2 - radius, radius, 0, G_PI / 2);
  cairo_arc (cr, -width / 2 + radius, height / 2 - radius, radius, G_PI / 2, G_PI);
  cairo_arc (cr, -width / 2 + radius, -height / 2 + radius, radius, G_PI, 1.5 * G_PI);
  cairo_close_path (cr);
  world_canvas_set (canvas, shade, 1);
  cairo_fill_preserve (cr);
  if (world_random_chance (random, 0.5)) {
    world_canvas_set (canvas, world_shade_of_ink (shade, random), 1);
    cairo_set_line_width (cr, MAX (1.0, height * world_random_real (random, 0.02, 0.07)));
    cairo_stroke (cr);
  }
  cairo_new_path (cr);
}

void
world_paint_word (WorldCanvas *canvas, const WorldScene *scene)
{
  WorldRandom *random = canvas->random;
  cairo_t *cr = canvas->cr;
  PangoFontDescription *font = world_font_draw (canvas->split, FALSE, random);
  double length = (double) g_utf8_strlen (scene->text, -1), turn = 0.0;
  /* Half of the words stand large in the middle, as people photograph them. */
  gboolean large = world_random_chance (random, 0.5);
  double share = world_random_real (random, MIN (0.85, MAX (large ? 0.6 : 0.35, length * 0.105)), 0.93), scale, width, height, free_x, free_y;
  gboolean board = world_random_chance (random, 0.4);
  PangoRectangle ink;
  PangoLayout *layout = world_canvas_layout (canvas, font, scene->text, 60, &ink);
  WorldShade ground;

  if (world_random_chance (random, large ? 0.25 : 0.6))
    turn = world_random_real (random, -0.16, 0.16);
  scale = share * canvas->width / MAX (1, ink.width);
  scale = MIN (scale, 0.72 * canvas->height / MAX (1, ink.height));
  /* What the turned word takes must fit. */
  scale = MIN (scale, 0.97 * canvas->width / (ink.width + ink.height * fabs (sin (turn))));
  scale = MIN (scale, 0.95 * canvas->height / (ink.height + ink.width * fabs (sin (turn))));
  width = ink.width * scale;
  height = ink.height * scale;
  if (board) {
    double wide = MIN (canvas->width * 0.98, width * world_random_real (random, 1.08, 1.3)), high = MIN (canvas->height * 0.95, height * world_random_real (random, 1.3, 2.2));

    world_paint_ground (canvas, scene->background);
    ground = world_shade_of ((int) world_random_below (random, WORLD_N_COLOURS), random);
    free_x = MAX (0.0, (canvas->width - wide - high * fabs (sin (turn))) / 2) * (large ? 0.3 : 1.0);
    free_y = MAX (0.0, (canvas->height - high - wide * fabs (sin (turn))) / 2) * (large ? 0.3 : 1.0);
    cairo_translate (cr, canvas->width / 2.0 + world_random_real (random, -free_x, free_x), canvas->height / 2.0 + world_random_real (random, -free_y, free_y));
    cairo_rotate (cr, turn);
    paint_board (canvas, wide, high, ground);
    if (width > wide * 0.96) {
      scale *= wide * 0.94 / width;
      width = ink.width * scale;
      height = ink.height * scale;
    }
  } else {
    double x, y;

    world_paint_plain_ground (canvas);
    free_x = MAX (0.0, (canvas->width * 0.97 - width - height * fabs (sin (turn))) / 2) * (large ? 0.3 : 1.0);
    free_y = MAX (0.0, (canvas->height * 0.96 - height - width * fabs (sin (turn))) / 2) * (large ? 0.3 : 1.0);
    x = canvas->width / 2.0 + world_random_real (random, -free_x, free_x);
    y = canvas->height / 2.0 + world_random_real (random, -free_y, free_y);
    ground = world_canvas_sample (canvas, x, y, width / 2);
    cairo_translate (cr, x, y);
    cairo_rotate (cr, turn);
  }
  cairo_scale (cr, scale, scale);
  cairo_translate (cr, -ink.x - ink.width / 2.0, -ink.y - ink.height / 2.0);
  if (world_random_chance (random, 0.1)) {
    cairo_move_to (cr, 2, 2.5);
    cairo_set_source_rgba (cr, 0, 0, 0, 0.3);
    pango_cairo_show_layout (cr, layout);
  }
  {
    WorldShade ink_shade = world_shade_of_ink (ground, random);

    for (guint i = 0; i < 6 && world_random_chance (random, 0.6); i++) {
      WorldShade other = world_shade_of ((int) world_random_below (random, WORLD_N_COLOURS), random);

      if (world_shade_distance (other, ground) > 0.42) {
        ink_shade = other;
        break;
      }
    }
    world_canvas_set (canvas, ink_shade, 1);
  }
  cairo_move_to (cr, 0, 0);
  pango_cairo_show_layout (cr, layout);
  world_canvas_mark_text (canvas, layout, 0, 0, WORLD_ROLE_TITLE);
  cairo_identity_matrix (cr);
  g_object_unref (layout);
  pango_font_description_free (font);
}

/* How one shop prints its receipts. */
typedef struct {
  gboolean comma, upper, dots, quantity_first;
  const char *before, *after; /* around a price */
} Manner;

static void
print_price (char *text, gsize size, int cents, const Manner *manner)
{
  g_snprintf (text, size, "%s%d%c%02d%s", manner->before, cents / 100, manner->comma ? ',' : '.', cents % 100, manner->after);
}

typedef struct {
  char left[32], right[24];
  gboolean bold, centred, rule;
  double scale;
  int left_role, right_role; /* WorldRole */
} Row;

static Row *
add_row (Row *rows, guint *n, const char *left, const char *right)
{
  Row *row = &rows[(*n)++];

  memset (row, 0, sizeof *row);
  g_strlcpy (row->left, left, sizeof row->left);
  g_strlcpy (row->right, right, sizeof row->right);
  row->scale = 1.0;
  return row;
}

static const char *
pick (const char *const *list, guint n, WorldRandom *random)
{
  return list[world_random_below (random, n)];
}
#define PICK(list, random) pick (list, G_N_ELEMENTS (list), random)

static guint
lay_out_receipt (WorldCanvas *canvas, const WorldScene *scene, Row *rows)
{
  static const char *const totals[] = { "TOTAL", "TOTAL", "TOTAL", "Total", "Total:", "TOTAL:", "SUM", "Sum", "SUMME", "Summe", "Gesamt", "GESAMT", "Montant", "TOTAL TTC", "IMPORTE", "Amount", "AMOUNT", "To pay", "DUE", "合計", "总计", "합계" };
  static const char *const currencies[] = { "", "", "", "", "$", "€", "£", "" };
  static const char *const cashes[] = { "CASH", "Cash", "BAR", "Bar", "CARD", "Card", "PAID", "Espèces", "Efectivo" };
  static const char *const greetings[] = { "Thank you!", "THANK YOU", "Danke!", "Merci", "Gracias", "Welcome" };
  static const char *const rules[] = { "-", "=", "_", "*" };
  WorldRandom *random = canvas->random;
  Manner manner = { world_random_chance (random, 0.3), world_random_chance (random, 0.5), world_random_chance (random, 0.15), world_random_chance (random, 0.5),
                    PICK (currencies, random), "" };
  char price[24], name[48];
  guint n = 0, budget = 9;
  Row *row;

  if (*manner.before == '\0' && world_random_chance (random, 0.2))
    manner.after = world_random_chance (random, 0.5) ? " €" : "€";
  row = add_row (rows, &n, scene->text, "");
  row->left_role = WORLD_ROLE_TITLE;
  row->centred = world_random_chance (random, 0.7);
  row->bold = world_random_chance (random, 0.6);
  row->scale = world_random_chance (random, 0.4) ? world_random_real (random, 1.1, 1.5) : 1.0;
  if (scene->n_lines <= 3 && world_random_chance (random, 0.25)) {
    row = add_row (rows, &n, scene->date, "");
    row->left_role = WORLD_ROLE_DATE;
    row->centred = world_random_chance (random, 0.5);
    row->scale = 0.85;
  }
  if (world_random_chance (random, 0.3))
    add_row (rows, &n, PICK (rules, random), "")->rule = TRUE;
  for (guint i = 0; i < scene->n_lines; i++) {
    const WorldLine *line = &scene->lines[i];
    g_autofree char *cased = manner.upper ? g_utf8_strup (line->name, -1) : g_strdup (line->name);

    if (line->quantity > 1 && manner.quantity_first)
      g_snprintf (name, sizeof name, "%dx %s", line->quantity, cased);
    else if (line->quantity > 1)
      g_snprintf (name, sizeof name, "%s x%d", cased, line->quantity);
    else
      g_strlcpy (name, cased, sizeof name);
    print_price (price, sizeof price, line->cents, &manner);
    row = add_row (rows, &n, name, price);
    row->left_role = WORLD_ROLE_ARTICLE + (int) i;
    row->right_role = WORLD_ROLE_PRICE + (int) i;
  }
  if (world_random_chance (random, 0.5))
    add_row (rows, &n, PICK (rules, random), "")->rule = TRUE;
  print_price (price, sizeof price, scene->total, &manner);
  row = add_row (rows, &n, PICK (totals, random), price);
  row->right_role = WORLD_ROLE_TOTAL;
  row->bold = world_random_chance (random, 0.6);
  row->scale = world_random_chance (random, 0.3) ? world_random_real (random, 1.05, 1.25) : 1.0;
  if (n + 2 <= budget && world_random_chance (random, 0.18)) {
    int given = (scene->total / 500 + 1) * 500;

    print_price (price, sizeof price, given, &manner);
    add_row (rows, &n, PICK (cashes, random), price);
  }
  if (n + 1 <= budget && world_random_chance (random, 0.2))
    add_row (rows, &n, PICK (greetings, random), "")->centred = TRUE;
  return n;
}

/* One line: left and right text, in a column `width` wide whose left end is at `x`. */
static void
paint_row (WorldCanvas *canvas, const Row *row, const PangoFontDescription *font, double size, double x, double y, double width, gboolean dots)
{
  cairo_t *cr = canvas->cr;
  PangoFontDescription *own = pango_font_description_copy (font);
  PangoRectangle left, right = { 0 };
  PangoLayout *layout;
  double shrink;

  if (row->rule) {
    cairo_save (cr);
    if (*row->left != '_') {
      double dash = size * 0.4;

      cairo_set_dash (cr, &dash, 1, 0);
    }
    cairo_set_line_width (cr, MAX (1.0, size * 0.08));
    cairo_move_to (cr, x, y + size * 0.6);
    cairo_line_to (cr, x + width, y + size * 0.6);
    cairo_stroke (cr);
    cairo_restore (cr);
    pango_font_description_free (own);
    return;
  }
  if (row->bold)
    pango_font_description_set_weight (own, PANGO_WEIGHT_BOLD);
  size *= row->scale;
  if (*row->right) {
    g_object_unref (world_canvas_layout (canvas, own, row->right, size, &right));
  }
  layout = world_canvas_layout (canvas, own, row->left, size, &left);
  shrink = MIN (1.0, width / (left.width + right.width + size * 0.5));
  g_object_unref (layout);
  layout = world_canvas_layout (canvas, own, row->left, size * shrink, &left);
  cairo_move_to (cr, row->centred ? x + (width - left.width) / 2 : x, y);
  pango_cairo_show_layout (cr, layout);
  world_canvas_mark_text (canvas, layout, row->centred ? x + (width - left.width) / 2 : x, y, row->left_role);
  g_object_unref (layout);
  if (*row->right) {
    layout = world_canvas_layout (canvas, own, row->right, size * shrink, &right);
    cairo_move_to (cr, x + width - right.width - right.x, y);
    pango_cairo_show_layout (cr, layout);
    world_canvas_mark_text (canvas, layout, x + width - right.width - right.x, y, row->right_role);
    g_object_unref (layout);
    if (dots)
      for (double t = x + left.width + size * 0.4; t < x + width - right.width - size * 0.3; t += size * 0.45) {
        cairo_rectangle (cr, t, y + size * 1.0, MAX (1.0, size * 0.1), MAX (1.0, size * 0.1));
        cairo_fill (cr);
      }
  }
  pango_font_description_free (own);
}

/* The sheet that receipts and pages are printed on; leaves the origin at its upper left corner, turned a little. */
static void
paint_sheet (WorldCanvas *canvas, double *width, double *height)
{
  WorldRandom *random = canvas->random;
  cairo_t *cr = canvas->cr;
  gboolean whole = world_random_chance (random, 0.5);
  WorldShade paper = world_shade_from_hsv (world_random_real (random, 20, 220), world_random_real (random, 0, 0.1), world_random_real (random, 0.86, 1));

  *width = canvas->width;
  *height = canvas->height;
  if (whole) {
    world_canvas_set (canvas, paper, 1);
    cairo_paint (cr);
    if (world_random_chance (random, 0.25)) {
      cairo_translate (cr, *width / 2, *height / 2);
      cairo_rotate (cr, world_random_real (random, -0.03, 0.03));
      cairo_translate (cr, -*width / 2, -*height / 2);
    }
    return;
  }
  world_paint_ground (canvas, -1);
  *width *= world_random_real (random, 0.82, 0.95);
  *height *= world_random_real (random, 0.86, 0.97);
  cairo_translate (cr, canvas->width / 2.0, canvas->height / 2.0);
  cairo_rotate (cr, world_random_real (random, -0.05, 0.05));
  cairo_translate (cr, -*width / 2, -*height / 2);
  cairo_rectangle (cr, canvas->side * 0.015, canvas->side * 0.02, *width, *height);
  cairo_set_source_rgba (cr, 0, 0, 0, 0.3);
  cairo_fill (cr);
  cairo_rectangle (cr, 0, 0, *width, *height);
  world_canvas_set (canvas, paper, 1);
  cairo_fill (cr);
}

void
world_paint_receipt (WorldCanvas *canvas, const WorldScene *scene)
{
  WorldRandom *random = canvas->random;
  PangoFontDescription *font = world_font_draw (canvas->split, world_random_chance (random, 0.6), random);
  gboolean dots = world_random_chance (random, 0.12);
  Row rows[16];
  guint n = lay_out_receipt (canvas, scene, rows);
  double width, height, step, size, margin, y, heights = 0;

  pango_font_description_set_style (font, PANGO_STYLE_NORMAL);
  paint_sheet (canvas, &width, &height);
  for (guint i = 0; i < n; i++)
    heights += rows[i].rule ? 0.5 : rows[i].scale;
  step = height * 0.94 / MAX (heights, world_random_real (random, 3.5, 6));
  size = MIN (step * world_random_real (random, 0.62, 0.76), width * 0.13);
  margin = width * world_random_real (random, 0.03, 0.08);
  y = (height - heights * step) * world_random_real (random, 0.1, 0.6);
  world_canvas_set (canvas, world_shade_from_hsv (world_random_real (random, 0, 360), world_random_real (random, 0, 0.7), world_random_real (random, 0, 0.3)), 1);
  for (guint i = 0; i < n; i++) {
    paint_row (canvas, &rows[i], font, size, margin, y, width - 2 * margin, dots && !rows[i].centred);
    y += step * (rows[i].rule ? 0.5 : rows[i].scale);
  }
  cairo_identity_matrix (canvas->cr);
  pango_font_description_free (font);
}

void
world_paint_document (WorldCanvas *canvas, const WorldScene *scene)
{
  static const char *const totals[] = { "Total", "TOTAL", "Total:", "Sum", "Summe", "Gesamt", "Montant", "Importe", "Amount" };
  static const char *const currencies[] = { "", "", "$", "€", "£" };
  static const char *const dates[] = { "", "", "Date: ", "Datum: ", "Fecha: " };
  WorldRandom *random = canvas->random;
  cairo_t *cr = canvas->cr;
  Manner manner = { world_random_chance (random, 0.3), FALSE, FALSE, FALSE, PICK (currencies, random), "" };
  PangoFontDescription *font = world_font_draw (canvas->split, FALSE, random);
  double width, height, margin, size, y;
  char text[48];
  Row row;
  guint n = 0;

  pango_font_description_set_style (font, PANGO_STYLE_NORMAL);
  paint_sheet (canvas, &width, &height);
  margin = width * world_random_real (random, 0.06, 0.12);
  size = MIN (height * world_random_real (random, 0.11, 0.15), width * 0.16);
  y = height * world_random_real (random, 0.03, 0.1);
  world_canvas_set (canvas, world_shade_from_hsv (world_random_real (random, 0, 360), world_random_real (random, 0, 0.9), world_random_real (random, 0, 0.4)), 1);
  add_row (&row, &n, scene->text, "");
  row.left_role = WORLD_ROLE_TITLE;
  row.bold = world_random_chance (random, 0.7);
  row.centred = world_random_chance (random, 0.5);
  paint_row (canvas, &row, font, size, margin, y, width - 2 * margin, FALSE);
  y += size * world_random_real (random, 1.5, 1.9);
  size *= 0.72;
  n = 0;
  g_snprintf (text, sizeof text, "%s%s", PICK (dates, random), scene->date);
  add_row (&row, &n, text, "");
  row.left_role = row.right_role = WORLD_ROLE_DATE;
  if (world_random_chance (random, 0.4)) {
    g_strlcpy (row.right, row.left, sizeof row.right);
    row.left[0] = '\0';
  }
  paint_row (canvas, &row, font, size, margin, y, width - 2 * margin, FALSE);
  y += size * 1.8;
  cairo_save (cr);
  cairo_set_source_rgb (cr, 0.55, 0.55, 0.58);
  for (; y < height - size * 2.4; y += size * 0.62) {
    double x = margin, end = margin + (width - 2 * margin) * world_random_real (random, 0.4, 1);

    while (x < end) {
      double word = size * world_random_real (random, 0.4, 1.8);

      cairo_rectangle (cr, x, y, MIN (word, end - x), size * 0.2);
      x += word + size * 0.25;
    }
    cairo_fill (cr);
  }
  cairo_restore (cr);
  n = 0;
  print_price (text, 24, scene->total, &manner);
  add_row (&row, &n, PICK (totals, random), text);
  row.right_role = WORLD_ROLE_TOTAL;
  row.bold = world_random_chance (random, 0.5);
  paint_row (canvas, &row, font, size, margin, height - size * world_random_real (random, 1.7, 2.1), width - 2 * margin, FALSE);
  cairo_identity_matrix (cr);
  pango_font_description_free (font);
}

void
world_paint_text (WorldCanvas *canvas, const WorldScene *scene)
{
  WorldRandom *random = canvas->random;
  PangoFontDescription *font = world_font_draw (canvas->split, world_random_chance (random, 0.3), random);
  double width, height, step, size, margin, y;
  WorldShade ground, ink;

  paint_sheet (canvas, &width, &height);
  if (world_random_chance (random, 0.4)) {
    ground = world_shade_of ((int) world_random_below (random, WORLD_N_COLOURS), random);
    world_canvas_set (canvas, ground, 1);
    cairo_rectangle (canvas->cr, 0, 0, width, height);
    cairo_fill (canvas->cr);
    ink = world_shade_of_ink (ground, random);
  } else {
    ink = world_shade_from_hsv (world_random_real (random, 0, 360), world_random_real (random, 0, 0.9), world_random_real (random, 0, 0.4));
  }
  world_canvas_set (canvas, ink, 1);
  step = height * 0.94 / scene->n_lines;
  size = MIN (step * world_random_real (random, 0.55, 0.78), width * world_random_real (random, 0.1, 0.32));
  margin = width * world_random_real (random, 0.02, 0.08);
  y = (height - scene->n_lines * step) * world_random_real (random, 0.2, 0.8);
  for (guint i = 0; i < scene->n_lines; i++, y += step) {
    Row row = { .scale = 1.0, .centred = world_random_chance (random, 0.3), .bold = world_random_chance (random, 0.2), .left_role = i == 0 ? WORLD_ROLE_TITLE : WORLD_ROLE_NONE };

    g_strlcpy (row.left, scene->lines[i].name, sizeof row.left);
    paint_row (canvas, &row, font, size, margin, y, width - 2 * margin, FALSE);
  }
  cairo_identity_matrix (canvas->cr);
  pango_font_description_free (font);
}
