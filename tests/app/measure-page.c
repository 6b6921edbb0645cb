/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Not a test: asks the same question about one page as overview, in tiles, about a part, and as text, and prints tokens, seconds and answers side
 * by side; what was sent is written as pictures.
 *
 *   measure-page PAGE.pdf QUESTION X,Y,WIDTH,HEIGHT FOLDER      (the part in fractions of the page) */
#include "app-util.h"

#include "app/chat/tyto-engine-see.h"
#include "app/documents/tyto-document-text.h"
#include "app/tyto-services.h"

#include <cairo.h>
#include <stdio.h>
#include <string.h>

#define LIMIT 120
#define GAP 3

typedef struct {
  const char *name;
  OwlDetail detail;
  TytoSend send;
  gboolean part;
} Way;

static const Way ways[] = { { "overview", OWL_DETAIL_OVERVIEW, TYTO_SEND_PICTURE, FALSE },
                            { "fine", OWL_DETAIL_FINE, TYTO_SEND_PICTURE, FALSE },
                            { "region", OWL_DETAIL_OVERVIEW, TYTO_SEND_PICTURE, TRUE },
                            { "text", OWL_DETAIL_OVERVIEW, TYTO_SEND_TEXT, FALSE } };

static TytoAttachment *
make_attachment (TytoServices *services, const TytoImport *import, const char *text, const OwlRegion *part, const Way *way)
{
  TytoAttachment *a = tyto_attachment_new (import->name, import->is_document ? 0 : -1);

  tyto_attachment_set_blob (a, import->blob);
  if (way->part)
    tyto_attachment_set_region (a, part);
  tyto_documents_load_thumbnail (tyto_services_get_documents (services), a);
  WAIT_FOR (tyto_attachment_get_state (a) != TYTO_ATTACHMENT_READING, LIMIT);
  tyto_attachment_set_text (a, text, FALSE);
  tyto_attachment_set_detail (a, way->detail);
  tyto_attachment_set_send (a, way->send);
  return a;
}

static void
paint (cairo_t *cr, OwlPicture *picture, double x, double y)
{
  int width = owl_picture_get_width (picture), height = owl_picture_get_height (picture);
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, width, height);
  const guint8 *rgb = owl_picture_get_pixels (picture);

  for (int row = 0; row < height; row++) {
    guint32 *line = (guint32 *) (void *) (cairo_image_surface_get_data (surface) + row * cairo_image_surface_get_stride (surface));

    for (int column = 0; column < width; column++, rgb += 3)
      line[column] = (guint32) rgb[0] << 16 | (guint32) rgb[1] << 8 | rgb[2];
  }
  cairo_surface_mark_dirty (surface);
  cairo_set_source_surface (cr, surface, x, y);
  cairo_paint (cr);
  cairo_surface_destroy (surface);
}

/* The overview, and the tiles beside it. */
static void
write_squares (const TytoSeenPart *part, const char *path)
{
  int size = owl_picture_get_width (g_ptr_array_index (part->tiles, 0)), rows = MAX (1, part->rows), columns = part->columns;
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, size + columns * (size + GAP), rows * (size + GAP) - GAP);
  cairo_t *cr = cairo_create (surface);

  cairo_set_source_rgb (cr, 0.93, 0.93, 0.93);
  cairo_paint (cr);
  for (guint i = 0; i < part->tiles->len; i++)
    paint (cr, g_ptr_array_index (part->tiles, i), i == 0 ? 0 : size + GAP + (int) (i - 1) % columns * (size + GAP), i == 0 ? 0 : (int) (i - 1) / columns * (size + GAP));
  cairo_destroy (cr);
  cairo_surface_write_to_png (surface, path);
  cairo_surface_destroy (surface);
}

static void
measure (TytoServices *services, TytoAttachment *attachment, const char *question, const Way *way, const char *folder)
{
  const TytoAnswerOptions precise = TYTO_ANSWER_PRECISE;
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());
  TytoEngine *engine = tyto_services_get_engine (services);
  g_autoptr (TytoChat) chat = tyto_chat_new (tyto_services_get_store (services), tyto_services_get_documents (services), engine, conversation, TRUE);
  g_autoptr (GPtrArray) attachments = g_ptr_array_new (), path = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (TytoMessage) answer = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (TytoSeen) seen = NULL;
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (attachments, attachment);
  tyto_chat_send (chat, question, attachments, &precise);
  WAIT_FOR (!tyto_chat_get_busy (chat), LIMIT);
  answer = g_list_model_get_item (tyto_chat_get_messages (chat), 1);
  g_ptr_array_add (path, g_list_model_get_item (tyto_chat_get_messages (chat), 0));
  tyto_engine_see_async (engine, path, &precise, NULL, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  seen = tyto_engine_see_finish (engine, result, &error);
  if (!seen) {
    printf ("%-9s %s\n", way->name, error->message);
    return;
  }
  printf ("%-9s %6" G_GSIZE_FORMAT " %6" G_GSIZE_FORMAT " %7u %8.2f  %s\n", way->name, seen->n_picture_tokens, seen->n_tokens - seen->n_picture_tokens,
          seen->n_tiles, tyto_message_get_first_word (answer), tyto_message_get_text (answer));
  for (guint i = 0; i < seen->parts->len; i++) {
    const TytoSeenPart *part = g_ptr_array_index (seen->parts, i);
    g_autofree char *file = g_strdup_printf ("%s/documents-page-%s.png", folder, way->name);

    if (part->tiles)
      write_squares (part, file);
  }
  tyto_chat_close (chat);
}

static TytoImport *
import_file (TytoServices *services, const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GAsyncResult) result = NULL;

  tyto_documents_import_async (tyto_services_get_documents (services), file, NULL, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  return tyto_documents_import_finish (tyto_services_get_documents (services), result, NULL);
}

static char *
read_text (TytoServices *services, const TytoImport *import)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (OwlPageText) text = NULL;

  tyto_documents_read_text_async (tyto_services_get_documents (services), import->blob, import->name, 0, NULL, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  text = tyto_documents_read_text_finish (tyto_services_get_documents (services), result, NULL);
  return g_strdup (text ? owl_page_text_get_text (text) : "");
}

int
main (int argc, char **argv)
{
  g_autofree char *scratch = make_scratch (), *text = NULL;
  g_autoptr (TytoImport) import = NULL;
  TytoServices *services;
  OwlRegion part;

  if (argc != 5 || sscanf (argv[3], "%lf,%lf,%lf,%lf", &part.x, &part.y, &part.width, &part.height) != 4) {
    fprintf (stderr, "usage: measure-page PAGE.pdf QUESTION X,Y,WIDTH,HEIGHT FOLDER\n");
    return 2;
  }
  g_setenv ("XDG_DATA_HOME", scratch, TRUE);
  services = tyto_services_new ();
  tyto_services_start (services);
  WAIT_FOR (tyto_engine_get_state (tyto_services_get_engine (services)) == TYTO_ENGINE_READY, LIMIT);
  import = import_file (services, argv[1]);
  if (!import)
    return 1;
  text = read_text (services, import);
  printf ("%-9s %6s %6s %7s %8s  %s\n", "", "seen", "text", "squares", "seconds", "answer");
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
    g_autoptr (TytoAttachment) attachment = make_attachment (services, import, text, &part, &ways[i]);

    measure (services, attachment, argv[2], &ways[i], argv[4]);
  }
  tyto_services_close (services);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_object_unref (services);
  remove_tree (scratch);
  return 0;
}
