/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The client against a decoder that hangs, dies and lies ($OWL_DECODER is fake-decoder). */

#include "test-util.h"

#include "decode/decoder-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* A file that holds the instruction for the fake decoder. */
static int
make_file (const char *instruction)
{
  int fd = memfd_create ("instruction", MFD_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, instruction, strlen (instruction)), ==, (int) strlen (instruction));
  return fd;
}

static OwlDecoder *
open_fake (const char *instruction, GCancellable *cancellable, GError **error)
{
  int fd = make_file (instruction);
  OwlDecoder *decoder = owl_decoder_open_fd (fd, "photo.png", cancellable, error);

  close (fd);
  return decoder;
}

static void
assert_nothing_left (int n_descriptors)
{
  g_assert_cmpint (test_count_descriptors (), ==, n_descriptors);
  /* No child at all: neither running nor waiting to be reaped. */
  g_assert_cmpint (waitpid (-1, NULL, WNOHANG), ==, -1);
  g_assert_cmpint (errno, ==, ECHILD);
}

static void
assert_error (const GError *error, int code)
{
  g_assert_error (error, OWL_ERROR, code);
  g_assert_nonnull (strstr (error->message, "photo.png"));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

/* The file is refused when it is opened. */
static void
check_open (const char *what, int code)
{
  g_autofree char *instruction = g_strdup_printf ("open %s", what);
  g_autoptr (GError) error = NULL;
  int n_descriptors = test_count_descriptors ();

  g_assert_null (open_fake (instruction, NULL, &error));
  assert_error (error, code);
  assert_nothing_left (n_descriptors);
}

/* The file opens; rendering fails, and so does everything afterwards, at once. */
static void
check_render (const char *what, int code)
{
  g_autofree char *instruction = g_strdup_printf ("later %s", what);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) again = NULL;
  int n_descriptors = test_count_descriptors ();
  OwlDecoder *decoder = open_fake (instruction, NULL, &error);

  g_assert_no_error (error);
  g_assert_null (owl_decoder_render (decoder, 0, 0, 0, NULL, &error));
  assert_error (error, code);
  /* The process is gone already, and what it sent is closed. */
  assert_nothing_left (n_descriptors);
  g_assert_null (owl_decoder_get_page_text (decoder, 0, NULL, &again));
  g_assert_error (again, error->domain, error->code);
  g_assert_cmpstr (again->message, ==, error->message);
  owl_decoder_close (decoder);
  assert_nothing_left (n_descriptors);
}

static void
test_honest (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlDecoder) decoder = open_fake ("open nothing", NULL, &error);
  g_autoptr (OwlPicture) picture = NULL;

  g_assert_no_error (error);
  picture = owl_decoder_render (decoder, 0, 0, 0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (owl_picture_get_width (picture), ==, 2);
}

static void
test_dies (void)
{
  static const char *const ways[] = { "crash", "exit" };

  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++) {
    check_open (ways[i], OWL_ERROR_FORMAT);
    check_render (ways[i], OWL_ERROR_FORMAT);
  }
  check_open ("processor-time", OWL_ERROR_LIMIT);
  check_render ("processor-time", OWL_ERROR_LIMIT);
}

static void
test_hangs (void)
{
  owl_decoder_set_timeout (200);
  check_open ("hang", OWL_ERROR_LIMIT);
  check_render ("hang", OWL_ERROR_LIMIT);
  owl_decoder_set_timeout (0);
}

static void
test_breaks_protocol (void)
{
  static const char *const anywhere[] = {
    "short",
    "tiny",
    "long",
    "magic",
    "serial",
    "operation",
    "status",
    "endless-text",
    "bytes",
    "control",
    "three-descriptors",
    "many-descriptors",
    "descriptor-with-error",
  };
  static const char *const when_opening[] = { "format", "no-pages", "negative-pages", "descriptor" };
  static const char *const when_rendering[] = {
    "no-memory",  "device",   "unsealed", "small-memory", "large-memory",
    "zero-width", "negative", "huge",     "wide",         "huge-size",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (anywhere); i++) {
    /* "operation" answers OPEN and RENDER as if they were TEXT. */
    check_open (anywhere[i], OWL_ERROR_FORMAT);
    check_render (anywhere[i], OWL_ERROR_FORMAT);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (when_opening); i++)
    check_open (when_opening[i], OWL_ERROR_FORMAT);
  /* 4 x 1 has as many pixels as 2 x 2, but is outside of the box that is asked for. */
  for (gsize i = 0; i < G_N_ELEMENTS (when_rendering); i++) {
    g_autofree char *instruction = g_strdup_printf ("later %s", when_rendering[i]);
    g_autoptr (GError) error = NULL;
    int n_descriptors = test_count_descriptors ();
    OwlDecoder *decoder = open_fake (instruction, NULL, &error);

    g_assert_no_error (error);
    g_assert_null (owl_decoder_render (decoder, 0, 3, 3, NULL, &error));
    assert_error (error, OWL_ERROR_FORMAT);
    assert_nothing_left (n_descriptors);
    owl_decoder_close (decoder);
  }
}

static void
test_page_size_not_finite (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (OwlDecoder) decoder = open_fake ("later not-finite", NULL, &error);
  double width, height;

  g_assert_no_error (error);
  g_assert_false (owl_decoder_get_page_size (decoder, 0, &width, &height, NULL, NULL, &error));
  assert_error (error, OWL_ERROR_FORMAT);
}

static gpointer
cancel_on_thread (gpointer data)
{
  g_cancellable_cancel (data);
  return NULL;
}

static void
test_cancel (void)
{
  int n_descriptors = test_count_descriptors ();

  for (int i = 0; i < 20; i++) {
    g_autoptr (GCancellable) cancellable = g_cancellable_new ();
    g_autoptr (GError) error = NULL;
    OwlDecoder *decoder = open_fake ("later hang", NULL, &error);
    GThread *thread;

    g_assert_no_error (error);
    thread = g_thread_new ("cancel", cancel_on_thread, cancellable);
    g_assert_null (owl_decoder_render (decoder, 0, 0, 0, cancellable, &error));
    assert_error (error, OWL_ERROR_CANCELLED);
    g_thread_join (thread);
    owl_decoder_close (decoder);
  }
  assert_nothing_left (n_descriptors);
}

static void
test_cancelled_before (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  int n_descriptors = test_count_descriptors ();

  g_cancellable_cancel (cancellable);
  g_assert_null (open_fake ("open nothing", cancellable, &error));
  assert_error (error, OWL_ERROR_CANCELLED);
  assert_nothing_left (n_descriptors);
}

static void
test_surroundings (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *label = NULL;
  g_auto (GStrv) words = NULL;
  int inheritable = open ("/dev/null", O_RDONLY); /* without O_CLOEXEC */
  OwlDecoder *decoder;
  double width, height;

  g_setenv ("OWL_TEST_SECRET", "1", TRUE);
  decoder = open_fake ("later surroundings", NULL, &error);
  g_assert_no_error (error);
  owl_decoder_get_page_size (decoder, 0, &width, &height, &label, NULL, &error);
  g_assert_no_error (error);
  owl_decoder_close (decoder);
  close (inheritable);

  words = g_strsplit (g_strstrip (label), " ", -1);
  for (char **word = words; *word; word++) {
    /* Standard streams, socket, the file. */
    if (g_ascii_isdigit (**word))
      g_assert_cmpint (atoi (*word), <=, 4);
    else
      g_assert_true (g_str_equal (*word, "LC_ALL") || g_str_equal (*word, "OMP_THREAD_LIMIT") || g_str_equal (*word, "TESSDATA_PREFIX") || g_str_equal (*word, "HOME")
                     || g_str_has_prefix (*word, "XDG_") || g_str_has_prefix (*word, "FONTCONFIG_")
                     || g_str_has_suffix (*word, "SAN_OPTIONS"));
  }
}

static gpointer
open_on_thread (gpointer unused)
{
  return open_fake ("open nothing", NULL, NULL);
}

/* A decoder belongs to the process, not to the thread that happened to open it. */
static void
test_outlives_thread (void)
{
  g_autoptr (OwlDecoder) decoder = g_thread_join (g_thread_new ("opener", open_on_thread, NULL));
  g_autoptr (OwlPicture) picture = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (decoder);
  picture = owl_decoder_render (decoder, 0, 0, 0, NULL, &error);
  g_assert_no_error (error);
}

static void
test_missing_program (void)
{
  g_autofree char *saved = g_strdup (g_getenv ("OWL_DECODER"));
  g_autoptr (GError) error = NULL;
  int n_descriptors = test_count_descriptors ();

  g_setenv ("OWL_DECODER", "/nowhere/owl-decoder", TRUE);
  g_assert_null (open_fake ("open nothing", NULL, &error));
  g_assert_error (error, OWL_ERROR, OWL_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "/nowhere/owl-decoder"));
  g_setenv ("OWL_DECODER", saved, TRUE);
  assert_nothing_left (n_descriptors);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* First, so that what GLib opens once is open. */
  g_test_add_func ("/decoder-client/honest", test_honest);
  g_test_add_func ("/decoder-client/dies", test_dies);
  g_test_add_func ("/decoder-client/hangs", test_hangs);
  g_test_add_func ("/decoder-client/breaks-protocol", test_breaks_protocol);
  g_test_add_func ("/decoder-client/page-size-not-finite", test_page_size_not_finite);
  g_test_add_func ("/decoder-client/cancel", test_cancel);
  g_test_add_func ("/decoder-client/cancelled-before", test_cancelled_before);
  g_test_add_func ("/decoder-client/surroundings", test_surroundings);
  g_test_add_func ("/decoder-client/outlives-thread", test_outlives_thread);
  g_test_add_func ("/decoder-client/missing-program", test_missing_program);
  return g_test_run ();
}
