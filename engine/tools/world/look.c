/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/look.h"

#include "chat/evidence.h"
#include "tools/world/paint.h"
#include "tools/world/questions.h"
#include "tools/world/score.h"

#include <math.h>
#include <stdio.h>

#define MAX_ANSWER 64
/* The area that "look closer" takes, of width and height. */
#define AREA 0.35

typedef struct {
  OwlModel *model;
  OwlSession *session;
  WorldPainter *painter;
  const WorldLooking *looking;
} Looker;

typedef struct {
  guint asked, right;            /* answers */
  guint peak_inside;             /* the hottest cell lies inside the box around the thing */
  guint area_meets;              /* the middle of the thing lies in the hottest area */
  double chance_peak, chance_area;
  double mass, chance_mass;      /* share of the heat inside the box, and of the picture */
} Tally;

/* The box around a thing, as fractions of the picture. */
static OwlRegion
box_of (const WorldItem *item, int width, int height)
{
  double rx = item->radius * MIN (width, height) / width, ry = item->radius * MIN (width, height) / height;
  double x0 = CLAMP (item->x - rx, 0.0, 1.0), y0 = CLAMP (item->y - ry, 0.0, 1.0);

  return (OwlRegion){ x0, y0, CLAMP (item->x + rx, 0.0, 1.0) - x0, CLAMP (item->y + ry, 0.0, 1.0) - y0 };
}

static gboolean
contains (const OwlRegion *box, double x, double y)
{
  return x >= box->x && x < box->x + box->width && y >= box->y && y < box->y + box->height;
}

/* How likely an area placed anywhere holds a point, along one axis: among the places of the map's cells. */
static double
chance_on_axis (double at, int cells)
{
  int size = CLAMP ((int) lround (AREA * cells), 1, cells), hits = 0;

  for (int first = 0; first + size <= cells; first++)
    hits += at >= (double) first / cells && at < (double) (first + size) / cells;
  return (double) hits / (cells - size + 1);
}

static void
judge (const OwlHeatMap *map, const WorldItem *item, const OwlRegion *box, Tally *tally)
{
  OwlRegion hottest;
  double total = 0.0, inside = 0.0;
  int peak = 0, n_inside = 0;

  for (int i = 0; i < map->width * map->height; i++) {
    gboolean in = contains (box, (i % map->width + 0.5) / map->width, (i / map->width + 0.5) / map->height);

    total += map->values[i];
    inside += in ? map->values[i] : 0.0;
    n_inside += in;
    if (map->values[i] > map->values[peak])
      peak = i;
  }
  tally->peak_inside += contains (box, (peak % map->width + 0.5) / map->width, (peak / map->width + 0.5) / map->height);
  tally->chance_peak += (double) n_inside / (map->width * map->height);
  tally->mass += total > 0.0 ? inside / total : 0.0;
  tally->chance_mass += box->width * box->height;
  owl_heat_map_find_hottest (map, AREA, &hottest);
  tally->area_meets += contains (&hottest, item->x, item->y);
  tally->chance_area += chance_on_axis (item->x, map->width) * chance_on_axis (item->y, map->height);
}

/* Asks about `item` and judges what was looked at for the whole answer. */
static gboolean
look_at (Looker *looker, OwlPicture *picture, const char *question, const char *right, const WorldItem *item, Tally *tally, GError **error)
{
  g_autoptr (OwlVisual) visual = owl_model_encode (looker->model, picture, OWL_DETAIL_DEFAULT, NULL, NULL, NULL, error);
  OwlTurn turn = { .visuals = &visual, .n_visuals = 1, .question = question };
  const OwlDetail detail = OWL_DETAIL_DEFAULT;
  OwlRegion box = box_of (item, owl_picture_get_width (picture), owl_picture_get_height (picture));
  g_autoptr (OwlPrompt) prompt = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GPtrArray) maps = NULL;

  if (!visual)
    return FALSE;
  prompt = owl_prompt_new_from_turns (looker->model, OWL_SYSTEM_TEXT, NULL, &turn, 1);
  if (!owl_session_generate (looker->session, prompt, &OWL_SAMPLING_PRECISE, MAX_ANSWER, TRUE, NULL, NULL, NULL, text, ids, NULL, error))
    return FALSE;
  maps = owl_session_find_evidence (looker->session, prompt, (const gint32 *) (const void *) ids->data, 0, ids->len, &picture, &detail, 1, NULL,
                                    error);
  if (!maps)
    return FALSE;
  tally->asked++;
  tally->right += world_answers_agree (text->str, right);
  judge (g_ptr_array_index (maps, 0), item, &box, tally);
  return TRUE;
}

/* A thing that is there once, or NULL. */
static const WorldItem *
pick_item (const WorldScene *scene, WorldRandom *random)
{
  const WorldItem *item = &scene->items[world_random_below (random, scene->n_items)];

  for (guint i = 0; i < scene->n_items; i++)
    if (&scene->items[i] != item && scene->items[i].what == item->what)
      return NULL;
  return item;
}

static gboolean
look_at_kind (Looker *looker, WorldSceneKind kind, guint stream, Tally *tally, GError **error)
{
  for (guint i = 0; tally->asked < looker->looking->count; i++) {
    WorldRandom random;
    WorldScene scene;
    WorldNoun noun;
    WorldBlanks blanks = { .noun = &noun };
    const WorldItem *item;
    int width, height;
    g_autofree char *question = NULL, *right = NULL;
    g_autofree guint8 *pixels = NULL;
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (OwlPicture) picture = NULL;

    world_random_init (&random, looker->looking->seed * 1000003u + stream * 500009u + i);
    world_scene_draw (&scene, kind, looker->looking->split, &random);
    item = pick_item (&scene, &random);
    if (!item || item->is_shape)
      continue;
    world_noun_of_object (&noun, WORLD_EN, item->what);
    if (noun.is_plural)
      continue;
    question = world_question_draw (kind == WORLD_SCENE_OBJECT ? OBJECT_NAME : POSITION, WORLD_EN, &blanks, looker->looking->split, &random);
    right = kind == WORLD_SCENE_OBJECT ? world_answer_object (WORLD_EN, item->what) : world_answer_cell (WORLD_EN, world_item_get_cell (item));
    pixels = world_painter_paint (looker->painter, &scene, looker->looking->split, &random, NULL, &width, &height);
    bytes = g_bytes_new (pixels, (gsize) width * (gsize) height * 3);
    picture = owl_picture_new (width, height, bytes);
    if (!look_at (looker, picture, question, right, item, tally, error))
      return FALSE;
  }
  return TRUE;
}

static void
print_tally (const char *name, const Tally *t)
{
  double n = MAX (1, t->asked);

  printf ("%-28s %4u pictures, %5.1f %% answered right\n", name, t->asked, 100.0 * t->right / n);
  printf ("    hottest place on the thing   %5.1f %%   by chance %5.1f %%\n", 100.0 * t->peak_inside / n, 100.0 * t->chance_peak / n);
  printf ("    hottest area holds its middle %4.1f %%   by chance %5.1f %%\n", 100.0 * t->area_meets / n, 100.0 * t->chance_area / n);
  printf ("    share of the heat on it      %5.1f %%   by chance %5.1f %%\n", 100.0 * t->mass / n, 100.0 * t->chance_mass / n);
}

gboolean
world_look (const WorldLooking *looking, GError **error)
{
  g_autoptr (OwlModel) model = owl_model_open (looking->model, looking->threads, NULL, NULL, NULL, error);
  g_autoptr (OwlSession) session = model ? owl_session_new (model, NULL, 0, 0, OWL_KV_DEFAULT, error) : NULL;
  g_autoptr (WorldPainter) painter = world_painter_new ();
  Looker looker = { model, session, painter, looking };
  Tally single = { 0 }, several = { 0 };

  if (!session || !look_at_kind (&looker, WORLD_SCENE_OBJECT, 0, &single, error) ||
      !look_at_kind (&looker, WORLD_SCENE_OBJECTS, 1, &several, error))
    return FALSE;
  print_tally ("one thing: what is it?", &single);
  print_tally ("several things: where is X?", &several);
  return TRUE;
}
