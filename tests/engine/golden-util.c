/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "golden-util.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

char *
golden_path (const char *name)
{
  return g_build_filename (g_getenv ("OWL_TEST_DATA"), "golden", name, NULL);
}

char *
owl_run_status (int status, char **err, const char *const *args)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *errors = NULL;
  g_autofree char *command = NULL;
  char *out = NULL;
  int wait_status;

  g_ptr_array_add (argv, (gpointer) g_getenv ("OWL_PROGRAM"));
  for (; *args; args++)
    g_ptr_array_add (argv, (gpointer) *args);
  g_ptr_array_add (argv, NULL);
  command = g_strjoinv (" ", (char **) argv->pdata);
  g_spawn_sync (NULL, (char **) argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &errors, &wait_status, &error);
  g_assert_no_error (error);
  if (!WIFEXITED (wait_status) || WEXITSTATUS (wait_status) != status)
    g_error ("%s: status %d, expected exit %d: %s", command, wait_status, status, errors);
  if (err)
    *err = g_steal_pointer (&errors);
  return out;
}

static GPtrArray *
collect (const char *first, va_list args)
{
  GPtrArray *list = g_ptr_array_new ();

  for (const char *arg = first; arg; arg = va_arg (args, const char *))
    g_ptr_array_add (list, (gpointer) arg);
  g_ptr_array_add (list, NULL);
  return list;
}

char *
owl_run (const char *first, ...)
{
  g_autoptr (GPtrArray) list = NULL;
  va_list args;

  va_start (args, first);
  list = collect (first, args);
  va_end (args);
  return owl_run_status (0, NULL, (const char *const *) list->pdata);
}

json_t *
owl_run_json (const char *first, ...)
{
  g_autoptr (GPtrArray) list = NULL;
  g_autofree char *out = NULL;
  json_error_t error;
  json_t *json;
  va_list args;

  va_start (args, first);
  list = collect (first, args);
  va_end (args);
  out = owl_run_status (0, NULL, (const char *const *) list->pdata);
  json = json_loads (out, JSON_ALLOW_NUL, &error);
  if (!json)
    g_error ("not JSON (%s): %s", error.text, out);
  return json;
}

Array *
array_read (const char *path)
{
  g_autofree char *contents = NULL, *shape = NULL;
  g_autoptr (GError) error = NULL;
  Array *array = g_new0 (Array, 1);
  gsize length, header;
  const char *at;

  g_file_get_contents (path, &contents, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (length, >, 10);
  g_assert_cmpmem (contents, 8, "\x93NUMPY\x01\x00", 8);
  header = 10 + (guint8) contents[8] + 256u * (guint8) contents[9];
  g_assert_cmpuint (header, <=, length);
  shape = g_strndup (contents + 10, header - 10);
  g_assert_nonnull (strstr (shape, "'<f4'"));
  g_assert_nonnull (strstr (shape, "'fortran_order': False"));

  at = strchr (strstr (shape, "'shape'"), '(') + 1;
  array->n = 1;
  while (*at != ')') {
    char *end;

    g_assert_cmpint (array->n_dims, <, 4);
    array->shape[array->n_dims] = g_ascii_strtoull (at, &end, 10);
    array->n *= array->shape[array->n_dims++];
    at = end;
    while (*at == ',' || *at == ' ')
      at++;
  }
  g_assert_cmpuint (length - header, ==, array->n * sizeof (float));
  array->values = g_memdup2 (contents + header, MAX (array->n, 1) * sizeof (float));
  return array;
}

void
array_free (Array *array)
{
  if (!array)
    return;
  g_free (array->values);
  g_free (array);
}

void
assert_close (const char *what, const char *path, const char *expected_path, double limit)
{
  g_autoptr (Array) a = array_read (path);
  g_autoptr (Array) b = array_read (expected_path);
  double distance = 0.0, size = 0.0;

  g_assert_cmpint (a->n_dims, ==, b->n_dims);
  for (int i = 0; i < a->n_dims; i++)
    g_assert_cmpuint (a->shape[i], ==, b->shape[i]);
  for (gsize i = 0; i < a->n; i++) {
    double d = (double) a->values[i] - (double) b->values[i];

    distance += d * d;
    size += (double) b->values[i] * (double) b->values[i];
  }
  /* Written so that a NaN fails too. */
  if (!(sqrt (distance) <= limit * sqrt (size)))
    g_error ("%s: relative error %.3g, at most %.3g is allowed (%s)", what, sqrt (distance / size), limit, expected_path);
  g_test_message ("%s: relative error %.2g", what, sqrt (distance / size));
}

char *
make_scratch (void)
{
  g_autoptr (GError) error = NULL;
  char *path = g_dir_make_tmp ("tyto-test-XXXXXX", &error);

  g_assert_no_error (error);
  return path;
}

void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
      remove_tree (child);
    else
      g_unlink (child);
  }
  g_rmdir (path);
}
