/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Every way in: drags of several files, of a picture and of an address, the clipboard, a second start of the program, every kind of picture - and
 * what cannot be taken in, which says why. */
#include "driver.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static char *
sample (const char *name)
{
  return g_build_filename (g_getenv ("OWL_TEST_DATA"), "starter", name, NULL);
}

static void
wait_for (const char *role, const char *name)
{
  g_object_unref (driver_wait (role, name));
}

/* An empty composer again. */
static void
remove_all (void)
{
  AtspiAccessible *button;

  while ((button = driver_find ("push button", "Remove "))) {
    g_object_unref (button);
    driver_press ("Remove ");
    g_usleep (200000);
  }
  driver_set_text ("");
}

static void
drag (void)
{
  g_autofree char *first = sample ("13.png"), *second = sample ("00.png");
  const char *const files[] = { first, second, NULL }, *const texture[] = { "--texture", first, NULL };
  const char *const web[] = { "--text", "https://example.org/cat.png", NULL };

  driver_offer (files);
  driver_drag_offer ("Attach 2 pictures");
  wait_for ("push button", "View picture 2");
  driver_offer_end ();
  remove_all ();

  driver_offer (texture);
  driver_drag_offer ("Attach a picture");
  wait_for (NULL, "Picture 1: Pasted picture");
  wait_for ("push button", "View picture 1");
  driver_offer_end ();
  remove_all ();

  driver_offer (web);
  driver_drag_offer ("Save the picture first");
  wait_for ("label", "Save the picture first");
  g_assert_null (driver_find (NULL, "Picture 1:"));
  driver_offer_end ();
}

static void
paste (void)
{
  g_autofree char *first = sample ("13.png"), *second = sample ("07.png");
  const char *const files[] = { first, second, NULL }, *const texture[] = { "--texture", first, NULL };
  const char *const text[] = { "--text", "What is this?", NULL };

  driver_offer (files);
  driver_key ("ctrl+v");
  wait_for ("push button", "View picture 2");
  driver_offer_end ();
  remove_all ();

  driver_offer (texture);
  driver_key ("ctrl+v");
  wait_for (NULL, "Picture 1: Pasted picture");
  wait_for ("push button", "View picture 1");
  driver_offer_end ();
  remove_all ();

  driver_offer (text);
  driver_key ("ctrl+v");
  driver_wait_text ("What is this?");
  driver_offer_end ();
  remove_all ();
}

/* "Open with" and a second start reach the window that is there. */
static void
second_start (const char *home)
{
  g_autofree char *file = sample ("02.png");
  const char *const argv[] = { g_getenv ("TYTO_PROGRAM"), file, NULL };
  g_auto (GStrv) env = g_environ_setenv (g_get_environ (), "XDG_DATA_HOME", home, TRUE);
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_sync (NULL, (char **) argv, env, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  wait_for (NULL, "Picture 1: 02.png");
  wait_for ("push button", "View picture 1");
  remove_all ();
}

/* The dialog for files, in which a path can be typed. */
static void
choose_file (void)
{
  g_autofree char *file = sample ("05.png");

  driver_key ("ctrl+o");
  wait_for (NULL, "Attach pictures or PDF pages");
  driver_screenshot ("ways-in-dialog");
  driver_type_keys (file);
  driver_key_here ("Return");
  wait_for (NULL, "Picture 1: 05.png");
  wait_for ("push button", "View picture 1");
  remove_all ();
}

/* What the only value of the answer is, as text; NULL when there is none. */
static char *
ask_bus (const char *call)
{
  g_autofree char *command = g_strconcat ("gdbus call ", call, NULL), *out = NULL;
  g_autoptr (GVariant) reply = NULL, value = NULL;
  g_autoptr (GError) error = NULL;
  int status = -1;

  g_spawn_command_line_sync (command, &out, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  reply = g_variant_parse (NULL, out, NULL, NULL, &error);
  g_assert_no_error (error);
  if (g_variant_n_children (reply) == 0)
    return NULL;
  value = g_variant_get_child_value (reply, 0);
  return g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ? g_variant_dup_string (value, NULL) : g_variant_print (value, FALSE);
}

/* The service file that is installed, for the program that was built; and a bus of its own that knows it. */
static char *
write_bus (const char *home)
{
  g_autofree char *services = g_build_filename (home, "services", NULL), *service = NULL, *ours = NULL, *file = NULL, *config = NULL;
  char *path = g_build_filename (home, "bus.conf", NULL), *exec, *end;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (g_getenv ("TYTO_SERVICE"), &service, NULL, &error);
  g_assert_no_error (error);
  exec = strstr (service, "Exec=");
  g_assert_nonnull (exec);
  end = strstr (exec, " --gapplication-service");
  g_assert_nonnull (end);
  *exec = '\0';
  g_mkdir_with_parents (services, 0755);
  file = g_build_filename (services, "io.github.tyto_app.Tyto.service", NULL);
  ours = g_strdup_printf ("%sExec=%s%s", service, g_getenv ("TYTO_PROGRAM"), end);
  g_assert_true (g_file_set_contents (file, ours, -1, NULL));
  config = g_strdup_printf ("<busconfig><type>session</type><listen>unix:dir=%s</listen><auth>EXTERNAL</auth><servicedir>%s</servicedir>"
                            "<policy context=\"default\"><allow send_destination=\"*\"/><allow own=\"*\"/><allow eavesdrop=\"true\"/></policy>"
                            "</busconfig>",
                            home, services);
  g_assert_true (g_file_set_contents (path, config, -1, NULL));
  return path;
}

/* The desktop opens a file while the program does not run: the bus starts it. */
static void
activate_cold (const char *home)
{
  g_autofree char *config = write_bus (home), *accessibility = NULL, *address = NULL, *call = NULL, *pid = NULL, *file = sample ("06.png");
  const char *argv[] = { "dbus-daemon", NULL, "--nofork", "--print-address", NULL };
  g_autofree char *option = g_strdup_printf ("--config-file=%s", config);
  g_auto (GStrv) env = g_get_environ ();
  g_autoptr (GError) error = NULL;
  char line[512];
  gssize length;
  GPid bus;
  int out;

  /* The app is driven over the accessibility bus that is there. */
  accessibility = ask_bus ("--session --dest org.a11y.Bus --object-path /org/a11y/bus --method org.a11y.Bus.GetAddress");
  env = g_environ_setenv (env, "AT_SPI_BUS_ADDRESS", accessibility, TRUE);
  env = g_environ_setenv (env, "XDG_DATA_HOME", home, TRUE);
  env = g_environ_setenv (env, "XDG_CACHE_HOME", home, TRUE);
  argv[1] = option;
  g_spawn_async_with_pipes (NULL, (char **) argv, env, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &bus, NULL, &out, NULL, &error);
  g_assert_no_error (error);
  length = read (out, line, sizeof line - 1);
  g_assert_cmpint (length, >, 0);
  line[length] = '\0';
  address = g_strdup (g_strstrip (line));

  call = g_strdup_printf ("--address %s --dest io.github.tyto_app.Tyto --object-path /io/github/tyto_app/Tyto"
                          " --method org.freedesktop.Application.Open \"['file://%s']\" \"{}\"",
                          address, file);
  g_free (ask_bus (call));
  g_free (call);
  call = g_strdup_printf ("--address %s --dest org.freedesktop.DBus --object-path /org/freedesktop/DBus"
                          " --method org.freedesktop.DBus.GetConnectionUnixProcessID io.github.tyto_app.Tyto",
                          address);
  pid = ask_bus (call);
  driver_attach ((GPid) g_ascii_strtoll (pid, NULL, 10));
  wait_for (NULL, "Picture 1: 06.png");
  wait_for ("push button", "View picture 1");
  driver_screenshot ("ways-in-activated");
  driver_quit ();
  kill (bus, SIGTERM);
}

/* A picture of the screen, by way of the desktop. Returns what is to be killed in the end. */
static GPid
start_portal (const char *picture)
{
  const char *const argv[] = { g_getenv ("TYTO_FAKE_PORTAL"), picture, NULL };
  g_autoptr (GError) error = NULL;
  char ready[6];
  GPid pid;
  int out;

  g_spawn_async_with_pipes (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, &out, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (read (out, ready, sizeof ready), >, 0);
  return pid;
}

static void
screenshot (void)
{
  driver_open_menu ("Attach");
  driver_press ("Screenshot");
  wait_for (NULL, "Picture 1: 03.png");
  wait_for ("push button", "View picture 1");
  remove_all ();
}

static gboolean
convert (const char *from, const char *to)
{
  g_autofree char *command = g_strdup_printf ("convert %s %s", from, to);
  int status = -1;

  return g_spawn_command_line_sync (command, NULL, NULL, &status, NULL) && status == 0 && g_file_test (to, G_FILE_TEST_EXISTS);
}

static void
kinds (const char *home)
{
  static const char *const names[] = { "a.webp", "b.gif", "c.tiff", "d.jpg", "e.avif", "f.heic" };
  g_autofree char *png = sample ("13.png");
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *last = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    char *path = g_build_filename (home, names[i], NULL);

    if (convert (png, path)) {
      g_ptr_array_add (files, path);
    } else {
      g_test_message ("no %s: the tool that makes pictures cannot write it", names[i]);
      g_free (path);
    }
  }
  g_assert_cmpuint (files->len, >=, 4);
  last = g_strdup_printf ("View picture %u", files->len);
  g_ptr_array_add (files, NULL);
  driver_drag_files ((const char *const *) files->pdata);
  wait_for ("push button", last);
  driver_screenshot ("ways-in-kinds");
  remove_all ();
}

/* What cannot be taken in says why, beside its place. */
static void
refused (const char *home)
{
  g_autofree char *folder = g_build_filename (home, "album", NULL), *broken = g_build_filename (home, "broken.png", NULL);
  const char *const files[] = { folder, broken, NULL };

  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  g_assert_true (g_file_set_contents (broken, "this is no picture", -1, NULL));
  driver_drag_files (files);
  wait_for ("label", "This is a folder.");
  wait_for ("label", "broken.png");
  driver_screenshot ("ways-in-refused");
  remove_all ();
}

static void
test_story (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("tyto-story-XXXXXX", &error);
  g_autofree char *remove = g_strdup_printf ("rm -rf %s", home), *screen = sample ("03.png");
  GPid portal;

  g_assert_no_error (error);
  portal = start_portal (screen);
  driver_start (home, NULL, NULL);
  wait_for ("label", "Starter model");
  drag ();
  paste ();
  second_start (home);
  kinds (home);
  refused (home);
  driver_arrange ();
  screenshot ();
  choose_file ();
  driver_quit ();
  activate_cold (home);
  kill (portal, SIGTERM);
  g_spawn_command_line_sync (remove, NULL, NULL, NULL, NULL);
}

int
main (int argc, char **argv)
{
  driver_init (&argc, &argv);
  g_test_add_func ("/story/ways-in", test_story);
  return g_test_run ();
}
