/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Models from the first to the last: the window of models and its guide, importing a published checkpoint and an adapter for it, an import that is
 * cancelled, choosing them for a chat, deleting with undo, and a chat whose model is gone. */
#include "driver.h"

#include <glib/gstdio.h>
#include <string.h>

#define MAX_STOPS 12

static char *
golden (const char *name)
{
  return g_build_filename (g_getenv ("OWL_TEST_DATA"), "golden", name, NULL);
}

static void
wait_label (const char *text)
{
  g_object_unref (driver_wait ("label", text));
}

/* The window of models comes to the corner of the screen, so that its parts can be clicked. */
static void
arrange_models (void)
{
  g_autoptr (GError) error = NULL;

  g_spawn_command_line_sync ("xdotool search --sync --onlyvisible --name ^Models$ windowsize --sync 640 800 windowmove --sync 0 0", NULL, NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
click (const char *role, const char *name)
{
  g_autoptr (AtspiAccessible) node = driver_wait (role, name);

  driver_click (node);
}

/* The program that converts, but beginning only when it is let: so that its progress can be seen and cancelled. Returns the file to make for that. */
static char *
hold_converter (const char *home)
{
  g_autofree char *script = g_build_filename (home, "owl", NULL), *text = NULL;
  char *go = g_build_filename (home, "go", NULL);

  text = g_strdup_printf ("#!/bin/sh\ncase \"$*\" in *--check*) ;; *) while [ ! -e %s ]; do sleep 0.1; done ;; esac\nexec %s \"$@\"\n", go,
                          g_getenv ("OWL_PROGRAM"));
  g_assert_true (g_file_set_contents_full (script, text, -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
  g_setenv ("OWL_PROGRAM", script, TRUE);
  return go;
}

/* A checkpoint on the command line is an import. Cancelled it leaves nothing; taken up again it is done. */
static void
import_checkpoint (const char *home)
{
  g_autofree char *source = golden ("llama-tiny-f32"), *go = hold_converter (home);
  g_autofree char *model = g_build_filename (home, "tyto", "models", "llama-tiny-f32", NULL);
  const char *const files[] = { source, NULL };

  driver_start (home, NULL, files);
  wait_label ("How to store it");
  wait_label ("Recommended");
  arrange_models ();
  driver_screenshot ("models-1-import");
  driver_press ("Import");
  wait_label ("llama-tiny-f32: preparing");
  driver_press ("Cancel the import");
  driver_wait_gone ("label", "llama-tiny-f32: preparing");
  g_assert_false (g_file_test (model, G_FILE_TEST_EXISTS));

  driver_open (source);
  wait_label ("How to store it");
  click ("label", "Exact");
  driver_press ("Import");
  wait_label ("llama-tiny-f32: preparing");
  driver_screenshot ("models-2-importing");
  g_assert_true (g_file_set_contents (go, "", 0, NULL));
  g_object_unref (driver_wait ("push button", "Use llama-tiny-f32"));
  driver_screenshot ("models-2-listed");
  driver_press ("Use llama-tiny-f32");
  driver_wait_gone ("push button", "Use llama-tiny-f32");
  click ("label", "For photographs and real documents, step by step");
  wait_label ("Published models");
  driver_screenshot ("models-3-guide");
  driver_press ("Back");
  driver_key ("Escape");
  driver_wait_gone ("label", "More models");
  driver_type ("What is this?");
  driver_press ("Send");
  g_object_unref (driver_wait ("push button", "Copy"));
  driver_screenshot ("models-4-answer");
  driver_quit ();
}

/* In the menu under the title, by keyboard: Tab goes from group to group, an arrow to the next in it, which is chosen by that. */
static void
choose_adapter (void)
{
  g_autofree char *focused = NULL;

  driver_open_menu ("Model of this chat");
  g_object_unref (driver_wait ("check box", "llama-tiny-lora"));
  for (int i = 0; i < MAX_STOPS && g_strcmp0 (focused, "None") != 0; i++) {
    driver_key_here ("Tab");
    g_free (focused);
    focused = driver_get_focused ();
  }
  g_assert_cmpstr (focused, ==, "None");
  driver_screenshot ("models-7-adapters");
  driver_key_here ("Down");
  wait_label ("llama-tiny-f32 · llama-tiny-lora");
}

/* An adapter: with the wrong model that is said, and nothing is listed; with the right one the chat goes on with it. */
static void
import_adapter (const char *home)
{
  g_autofree char *source = golden ("llama-tiny-lora");
  const char *const files[] = { source, NULL };

  driver_start (home, NULL, files);
  wait_label ("For the model");
  driver_screenshot ("models-5-adapter");
  driver_press ("Import");
  wait_label ("The import did not succeed");
  wait_label ("does not fit the base model");
  driver_screenshot ("models-6-wrong");
  driver_press ("OK");
  driver_wait_gone ("label", "The import did not succeed");
  g_assert_null (driver_find ("label", "Adapter llama-tiny-lora"));

  driver_press ("Use llama-tiny-f32");
  driver_wait_gone ("push button", "Use llama-tiny-f32");
  driver_open (source);
  wait_label ("For the model");
  driver_press ("Import");
  wait_label ("Adapter llama-tiny-lora");
  driver_key ("Escape");
  driver_wait_gone ("label", "More models");
  driver_arrange ();
  choose_adapter ();
  driver_type ("What is this?");
  driver_press ("Send");
  g_object_unref (driver_wait ("push button", "Copy"));
  driver_quit ();
}

/* The model goes, comes back by Undo, goes again with the program's end; the chat then says what is missing and offers a way out. */
static void
delete_model (const char *home)
{
  g_autofree char *model = g_build_filename (home, "tyto", "models", "llama-tiny-f32", NULL);

  driver_start (home, NULL, NULL);
  driver_arrange ();
  driver_key ("ctrl+m");
  g_object_unref (driver_wait ("push button", "Delete llama-tiny-f32"));
  /* At once: the offer to undo goes after some seconds. */
  driver_press ("Delete llama-tiny-f32");
  driver_press ("Undo");
  g_object_unref (driver_wait ("push button", "Delete llama-tiny-f32"));
  driver_screenshot ("models-8-undone");
  g_assert_true (g_file_test (model, G_FILE_TEST_IS_DIR));
  driver_press ("Delete llama-tiny-f32");
  driver_wait_gone ("push button", "Delete llama-tiny-f32");
  driver_key ("Escape");
  driver_wait_gone ("label", "More models");
  driver_quit ();
  g_assert_false (g_file_test (model, G_FILE_TEST_EXISTS));

  driver_start (home, NULL, NULL);
  driver_arrange ();
  driver_open_conversation (0);
  wait_label ("The model of this chat is not there any more");
  driver_screenshot ("models-9-missing");
  driver_press ("Use the starter model");
  driver_wait_gone ("label", "The model of this chat is not there any more");
  wait_label ("Starter model");
  driver_type ("Hello");
  driver_press ("Send");
  wait_label ("Hello");
  driver_wait_gone ("push button", "Stop");
  driver_screenshot ("models-10-goes-on");
  driver_quit ();
}

static void
test_story (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error), *remove = g_strdup_printf ("rm -rf %s", home);

  g_assert_no_error (error);
  import_checkpoint (home);
  import_adapter (home);
  delete_model (home);
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  driver_init (&argc, &argv);
  g_test_add_func ("/story/models", test_story);
  return g_test_run ();
}
