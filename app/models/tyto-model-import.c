/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-models"

#include "app/models/tyto-model-import.h"

#include "app/models/import-copy.h"
#include "app/models/tyto-models.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define HIDDEN_PREFIX ".import-"
#define LORA_SUFFIX ".lora.gguf"
#define MAX_NAME_BYTES 120
/* Left free beside what is written. */
#define SPARE_BYTES (G_GUINT64_CONSTANT (64) << 20)
/* How much of what a failing program says is kept. */
#define MAX_MESSAGE_BYTES 4096
#define CHILD_NICENESS 10

struct _TytoModelImport {
  GObject parent_instance;

  TytoModelLibrary *library;

  /* Of the import that runs. */
  gboolean running;
  GCancellable *cancellable;
  GSubprocess *process;
  char *name, *work, *final; /* `work`: folder that is written to, renamed to `final` when complete; an adapter is a file with no `work` of its own */
  char *result;              /* path of the model that "ended" tells */
  GString *messages;         /* what the program said on stderr */
  double fraction, rate, seconds_left;
  GString *notes;
};

G_DEFINE_FINAL_TYPE (TytoModelImport, tyto_model_import, G_TYPE_OBJECT)

enum { PROP_0, PROP_RUNNING, PROP_FRACTION, N_PROPS };
static GParamSpec *properties[N_PROPS];
enum { SIGNAL_ENDED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
probe_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GError *error = NULL;
  TytoImportSource *found = tyto_import_source_probe (data, cancellable, &error);

  if (found)
    g_task_return_pointer (task, found, (GDestroyNotify) tyto_import_source_free);
  else
    g_task_return_error (task, error);
}

void
tyto_model_import_probe_async (TytoModelImport *self, const char *path, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_task_data (task, g_canonicalize_filename (path, NULL), g_free);
  g_task_run_in_thread (task, probe_thread);
}

TytoImportSource *
tyto_model_import_probe_finish (TytoModelImport *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
remove_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  tyto_models_remove_tree (data);
  g_task_return_boolean (task, TRUE);
}

/* Letting go of gigabytes takes a while. */
static void
remove_in_background (const char *path)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, remove_thread);
}

/* What was begun is over: `error` NULL and `done` FALSE mean cancelled. */
static void
end (TytoModelImport *self, gboolean done, const char *error)
{
  g_autofree char *result = g_steal_pointer (&self->result), *failure = NULL;

  if (done && self->work && g_rename (self->work, self->final) != 0) {
    failure = g_strdup_printf (_("%s could not be made: %s"), self->final, g_strerror (errno));
    error = failure;
    done = FALSE;
  }
  if (!done && self->work)
    remove_in_background (self->work);
  g_clear_object (&self->process);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->work, g_free);
  g_clear_pointer (&self->final, g_free);
  g_clear_pointer (&self->name, g_free);
  self->running = FALSE;
  self->fraction = self->rate = self->seconds_left = 0.0;
  if (done)
    tyto_model_library_scan (self->library);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FRACTION]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RUNNING]);
  g_signal_emit (self, signals[SIGNAL_ENDED], 0, done ? result : NULL, done ? NULL : error);
}

static void
read_event (TytoModelImport *self, const char *line)
{
  json_t *event = json_loads (line, 0, NULL);
  const char *kind = json_string_value (json_object_get (event, "event"));

  if (g_strcmp0 (kind, "progress") == 0) {
    self->fraction = CLAMP (json_number_value (json_object_get (event, "fraction")), 0.0, 1.0);
    self->rate = MAX (0.0, json_number_value (json_object_get (event, "bytes_per_second")));
    self->seconds_left = MAX (0.0, json_number_value (json_object_get (event, "seconds_left")));
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FRACTION]);
  } else if (g_strcmp0 (kind, "note") == 0 && json_is_string (json_object_get (event, "message"))) {
    if (self->notes->len > 0)
      g_string_append_c (self->notes, '\n');
    g_string_append (self->notes, json_string_value (json_object_get (event, "message")));
  }
  json_decref (event);
}

static void
line_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoModelImport) self = user_data;
  g_autofree char *line = g_data_input_stream_read_line_finish_utf8 (G_DATA_INPUT_STREAM (object), result, NULL, NULL);

  if (!line)
    return;
  if (self->running)
    read_event (self, line);
  g_data_input_stream_read_line_async (G_DATA_INPUT_STREAM (object), G_PRIORITY_DEFAULT, NULL, line_read, g_object_ref (self));
}

static void
message_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoModelImport) self = user_data;
  g_autofree char *line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (object), result, NULL, NULL);

  if (!line)
    return;
  if (self->messages->len < MAX_MESSAGE_BYTES && *line) {
    g_autofree char *valid = g_utf8_make_valid (line, -1);

    g_string_assign (self->messages, g_str_has_prefix (valid, "owl convert: ") ? valid + strlen ("owl convert: ") : valid);
  }
  g_data_input_stream_read_line_async (G_DATA_INPUT_STREAM (object), G_PRIORITY_DEFAULT, NULL, message_read, g_object_ref (self));
}

/* An idle turn after the process ended, so that the last lines were read. */
static gboolean
process_over (gpointer data)
{
  TytoModelImport *self = data;
  gboolean done = g_subprocess_get_successful (self->process);
  g_autofree char *error = NULL;

  if (!done && !g_cancellable_is_cancelled (self->cancellable)) {
    if (g_subprocess_get_if_exited (self->process) && self->messages->len > 0)
      error = g_strdup_printf (_("The import failed: %s"), self->messages->str);
    else
      error = g_strdup (_("The program that converts the model failed. The model may be damaged, or the memory was used up."));
  }
  end (self, done, error);
  return G_SOURCE_REMOVE;
}

static void
process_ended (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoModelImport) self = user_data;

  g_subprocess_wait_finish (G_SUBPROCESS (object), result, NULL);
  if (self->process == G_SUBPROCESS (object))
    g_timeout_add_full (G_PRIORITY_LOW, 20, process_over, g_object_ref (self), g_object_unref);
}

/* In the child: it does not outlive the app, and leaves the processor to what the user does meanwhile. */
static void
set_up_child (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  setpriority (PRIO_PROCESS, 0, CHILD_NICENESS);
}

static gboolean
run_program (TytoModelImport *self, const char *const *argv, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GDataInputStream) output = NULL, messages = NULL;

  g_subprocess_launcher_set_child_setup (launcher, set_up_child, NULL, NULL);
  self->process = g_subprocess_launcher_spawnv (launcher, argv, error);
  if (!self->process)
    return FALSE;
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  messages = g_data_input_stream_new (g_subprocess_get_stderr_pipe (self->process));
  g_data_input_stream_read_line_async (output, G_PRIORITY_DEFAULT, NULL, line_read, g_object_ref (self));
  g_data_input_stream_read_line_async (messages, G_PRIORITY_DEFAULT, NULL, message_read, g_object_ref (self));
  g_subprocess_wait_async (self->process, NULL, process_ended, g_object_ref (self));
  return TRUE;
}

static void
copy_progress (double fraction, double rate, double seconds_left, gpointer user_data)
{
  TytoModelImport *self = user_data;

  if (!self->running)
    return;
  self->fraction = fraction;
  self->rate = rate;
  self->seconds_left = seconds_left;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FRACTION]);
}

static void
copied (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (TytoModelImport) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = tyto_import_copy_finish (object, result, &error);

  end (self, done, done || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? NULL : error->message);
}

/* A name that is a file name: no path, not hidden, not too long. */
static char *
make_safe (const char *name)
{
  g_autofree char *stripped = g_strstrip (g_utf8_make_valid (name, -1));
  GString *safe = g_string_new (NULL);

  for (const char *p = stripped; *p && safe->len < MAX_NAME_BYTES; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    g_string_append_unichar (safe, c == '/' || !g_unichar_isprint (c) || (safe->len == 0 && c == '.') ? '-' : c);
  }
  if (safe->len == 0)
    g_string_assign (safe, "model");
  return g_string_free (safe, FALSE);
}

/* FOLDER/NAME SUFFIX, or with a number when there is one already. */
static char *
make_unique (const char *folder, const char *name, const char *suffix)
{
  for (int i = 1;; i++) {
    g_autofree char *base = i == 1 ? g_strconcat (name, suffix, NULL) : g_strdup_printf ("%s %d%s", name, i, suffix);
    g_autofree char *path = g_build_filename (folder, base, NULL);

    if (!g_file_test (path, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&path);
  }
}

static gboolean
make_folder (const char *path, GError **error)
{
  if (g_mkdir_with_parents (path, 0700) == 0)
    return TRUE;
  g_set_error (error, TYTO_IMPORT_ERROR, TYTO_IMPORT_ERROR_FAILED, _("The folder %s cannot be made: %s"), path, g_strerror (errno));
  return FALSE;
}

static gboolean
check_space (const char *folder, guint64 bytes, GError **error)
{
  guint64 available = tyto_import_get_free_space (folder);
  g_autofree char *needed_text = NULL, *free_text = NULL;

  if (available == 0 || bytes + SPARE_BYTES <= available)
    return TRUE;
  needed_text = g_format_size (bytes + SPARE_BYTES);
  free_text = g_format_size (available);
  g_set_error (error, TYTO_IMPORT_ERROR, TYTO_IMPORT_ERROR_SPACE,
               _("This needs %s on the disk, but only %s are free in %s. Free some space, or choose a smaller form."), needed_text, free_text, folder);
  return FALSE;
}

/* Bytes that will be written. */
static guint64
expected_size (const TytoImportSource *source, const char *type)
{
  for (guint i = 0; i < source->choices->len; i++) {
    const TytoImportChoice *choice = &g_array_index (source->choices, TytoImportChoice, i);

    if (g_strcmp0 (choice->type, type) == 0)
      return choice->bytes;
  }
  return source->bytes;
}

static gboolean
start_model (TytoModelImport *self, const TytoImportSource *source, const char *name, const char *type, GError **error)
{
  const char *folder = tyto_model_library_get_models_dir (self->library);
  g_autofree char *safe = make_safe (name), *hidden = NULL;

  if (!make_folder (folder, error) || !check_space (folder, expected_size (source, type), error))
    return FALSE;
  self->final = make_unique (folder, safe, "");
  self->result = g_strdup (self->final);
  hidden = g_strconcat (HIDDEN_PREFIX, safe, NULL);
  self->work = make_unique (folder, hidden, "");
  if (!make_folder (self->work, error))
    return FALSE;
  if (source->kind == TYTO_SOURCE_CHECKPOINT) {
    g_autofree char *program = tyto_models_find_converter ();
    const char *argv[] = { program, "convert", source->path, self->work, "--json", type ? "--type" : NULL, type, NULL };

    return run_program (self, argv, error);
  }
  tyto_import_copy_async (source->path, self->work, source->kind == TYTO_SOURCE_MODEL_FILE ? "language.gguf" : NULL, self->cancellable, copy_progress,
                          self, copied, g_object_ref (self));
  return TRUE;
}

static gboolean
start_adapter (TytoModelImport *self, const TytoImportSource *source, const char *name, const char *base, GError **error)
{
  g_autofree char *folder = tyto_models_get_adapter_folder (tyto_model_library_get_user_dir (self->library), base);
  g_autofree char *safe = make_safe (name), *file = NULL;

  if (!make_folder (folder, error) || !check_space (folder, source->bytes, error))
    return FALSE;
  file = make_unique (folder, safe, LORA_SUFFIX);
  self->result = g_strdup (base);
  if (source->kind == TYTO_SOURCE_PEFT) {
    g_autofree char *program = tyto_models_find_converter ();
    const char *argv[] = { program, "convert", source->path, file, "--base", base, "--json", NULL };

    /* The program gives the file its name once it is complete. */
    return run_program (self, argv, error);
  }
  self->final = g_strdup (file);
  self->work = g_strconcat (file, ".part", NULL);
  tyto_import_copy_async (source->path, self->work, NULL, self->cancellable, copy_progress, self, copied, g_object_ref (self));
  return TRUE;
}

gboolean
tyto_model_import_start (TytoModelImport *self, const TytoImportSource *source, const char *name, const char *type, gboolean in_place,
                         const char *base, GError **error)
{
  gboolean is_adapter = source->kind == TYTO_SOURCE_PEFT || source->kind == TYTO_SOURCE_ADAPTER_FILE;
  g_autofree char *program = tyto_models_find_converter ();

  if (self->running) {
    g_set_error_literal (error, TYTO_IMPORT_ERROR, TYTO_IMPORT_ERROR_FAILED, _("Another import is running. Wait for it, or cancel it."));
    return FALSE;
  }
  if (!program) {
    g_set_error_literal (error, TYTO_IMPORT_ERROR, TYTO_IMPORT_ERROR_FAILED, _("The program “owl” is missing. Install Tyto again."));
    return FALSE;
  }
  if (is_adapter && !base) {
    g_set_error_literal (error, TYTO_IMPORT_ERROR, TYTO_IMPORT_ERROR_FAILED, _("Choose the model that the adapter is for."));
    return FALSE;
  }
  g_string_truncate (self->notes, 0);
  g_string_truncate (self->messages, 0);
  if (in_place && (source->kind == TYTO_SOURCE_MODEL_FOLDER || source->kind == TYTO_SOURCE_MODEL_FILE)) {
    tyto_model_library_add_place (self->library, source->path);
    g_signal_emit (self, signals[SIGNAL_ENDED], 0, source->path, NULL);
    return TRUE;
  }
  self->cancellable = g_cancellable_new ();
  if (!(is_adapter ? start_adapter (self, source, name, base, error) : start_model (self, source, name, type, error))) {
    if (self->work)
      tyto_models_remove_tree (self->work);
    g_clear_object (&self->cancellable);
    g_clear_pointer (&self->work, g_free);
    g_clear_pointer (&self->final, g_free);
    g_clear_pointer (&self->result, g_free);
    return FALSE;
  }
  self->name = g_strdup (name);
  self->running = TRUE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RUNNING]);
  return TRUE;
}

void
tyto_model_import_cancel (TytoModelImport *self)
{
  if (!self->running)
    return;
  g_cancellable_cancel (self->cancellable);
  if (self->process)
    g_subprocess_send_signal (self->process, SIGTERM);
}

void
tyto_model_import_close (TytoModelImport *self)
{
  if (!self->running)
    return;
  g_cancellable_cancel (self->cancellable);
  if (self->process) {
    g_subprocess_force_exit (self->process);
    g_subprocess_wait (self->process, NULL, NULL);
  }
  /* What a copy still writes into a folder that is gone fails by itself; what it leaves goes at the next start. */
  if (self->work)
    tyto_models_remove_tree (self->work);
}

gboolean
tyto_model_import_get_running (TytoModelImport *self)
{
  return self->running;
}

const char *
tyto_model_import_get_name (TytoModelImport *self)
{
  return self->name;
}

double
tyto_model_import_get_fraction (TytoModelImport *self)
{
  return self->fraction;
}

double
tyto_model_import_get_rate (TytoModelImport *self)
{
  return self->rate;
}

double
tyto_model_import_get_seconds_left (TytoModelImport *self)
{
  return self->seconds_left;
}

const char *
tyto_model_import_get_notes (TytoModelImport *self)
{
  return self->notes->str;
}

static void
tyto_model_import_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TytoModelImport *self = TYTO_MODEL_IMPORT (object);

  if (id == PROP_RUNNING)
    g_value_set_boolean (value, self->running);
  else if (id == PROP_FRACTION)
    g_value_set_double (value, self->fraction);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
tyto_model_import_finalize (GObject *object)
{
  TytoModelImport *self = TYTO_MODEL_IMPORT (object);

  g_clear_object (&self->library);
  g_clear_object (&self->process);
  g_clear_object (&self->cancellable);
  g_free (self->name);
  g_free (self->work);
  g_free (self->final);
  g_free (self->result);
  g_string_free (self->messages, TRUE);
  g_string_free (self->notes, TRUE);
  G_OBJECT_CLASS (tyto_model_import_parent_class)->finalize (object);
}

static void
tyto_model_import_class_init (TytoModelImportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = tyto_model_import_get_property;
  object_class->finalize = tyto_model_import_finalize;
  properties[PROP_RUNNING] = g_param_spec_boolean ("running", NULL, NULL, FALSE, flags);
  properties[PROP_FRACTION] = g_param_spec_double ("fraction", NULL, NULL, 0.0, 1.0, 0.0, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  signals[SIGNAL_ENDED] = g_signal_new ("ended", TYTO_TYPE_MODEL_IMPORT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING,
                                        G_TYPE_STRING);
}

static void
tyto_model_import_init (TytoModelImport *self)
{
  self->messages = g_string_new (NULL);
  self->notes = g_string_new (NULL);
}

TytoModelImport *
tyto_model_import_new (TytoModelLibrary *library)
{
  TytoModelImport *self = g_object_new (TYTO_TYPE_MODEL_IMPORT, NULL);

  self->library = g_object_ref (library);
  return self;
}
