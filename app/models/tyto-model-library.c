/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-models"

#include "app/models/tyto-model-library.h"

#include "app/models/tyto-models.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>

/* What is on its way in or out has a name that is never listed. */
#define HIDDEN_PREFIX '.'
#define PLACES_GROUP "Models"
#define PLACES_KEY "places"

struct _TytoModelLibrary {
  GObject parent_instance;

  char *user_dir, *models_dir, *places_file;
  GListStore *models;
  GPtrArray *places;  /* char *: folders used where they lie, sorted as they were added */
  GPtrArray *deleted; /* char *: paths of models and adapters that wait for undo or finish */
  GThreadPool *worker; /* one thread: folders are read and written in the order of the calls */
  gboolean scanned, cleaned, places_read;
};

G_DEFINE_FINAL_TYPE (TytoModelLibrary, tyto_model_library, G_TYPE_OBJECT)

enum { PROP_0, PROP_SCANNED, N_PROPS };
static GParamSpec *properties[N_PROPS];
enum { SIGNAL_CHANGED, SIGNAL_TROUBLE, N_SIGNALS };
static guint signals[N_SIGNALS];

/* One piece of work for the worker. */
typedef enum { WORK_SCAN, WORK_SAVE_PLACES, WORK_DELETE, WORK_FLUSH } WorkKind;

typedef struct {
  TytoModelLibrary *self; /* referenced, except for WORK_FLUSH */
  WorkKind kind;
  GPtrArray *paths;       /* WORK_SCAN: places (filled when `read_places`); WORK_SAVE_PLACES: places; WORK_DELETE: what goes */
  gboolean clean, read_places;
  GPtrArray *models;      /* out of WORK_SCAN */
  char *problem;          /* out */
  GMutex lock;
  GCond done_cond;
  gboolean done;          /* WORK_FLUSH */
} Work;

static void
work_free (Work *work)
{
  g_clear_object (&work->self);
  g_clear_pointer (&work->paths, g_ptr_array_unref);
  g_clear_pointer (&work->models, g_ptr_array_unref);
  g_free (work->problem);
  g_free (work);
}

static int
compare_models (gconstpointer a, gconstpointer b)
{
  TytoModel *x = *(TytoModel *const *) a, *y = *(TytoModel *const *) b;

  if ((tyto_model_get_origin (x) == TYTO_MODEL_BUNDLED) != (tyto_model_get_origin (y) == TYTO_MODEL_BUNDLED))
    return tyto_model_get_origin (x) == TYTO_MODEL_BUNDLED ? -1 : 1;
  return g_utf8_collate (tyto_model_get_name (x), tyto_model_get_name (y));
}

static void
read_places (Work *work, const char *file)
{
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  g_auto (GStrv) list = NULL;

  if (!g_key_file_load_from_file (keys, file, G_KEY_FILE_NONE, NULL))
    return;
  list = g_key_file_get_string_list (keys, PLACES_GROUP, PLACES_KEY, NULL, NULL);
  for (gsize i = 0; list && list[i]; i++)
    if (g_path_is_absolute (list[i]))
      g_ptr_array_add (work->paths, g_strdup (list[i]));
}

static void
run_scan (Work *work)
{
  TytoModelLibrary *self = work->self; /* only what never changes is used here */
  g_autofree char *starter = tyto_models_get_starter ();
  g_autoptr (GDir) dir = g_dir_open (self->models_dir, 0, NULL);
  const char *base;

  work->models = g_ptr_array_new_with_free_func (g_object_unref);
  if (work->read_places)
    read_places (work, self->places_file);
  if (tyto_models_is_model (starter))
    g_ptr_array_add (work->models, tyto_model_read (starter, TYTO_MODEL_BUNDLED, self->user_dir));
  while (dir && (base = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (self->models_dir, base, NULL);

    if (*base == HIDDEN_PREFIX) {
      if (work->clean)
        tyto_models_remove_tree (path);
    } else if (tyto_models_is_model (path)) {
      g_ptr_array_add (work->models, tyto_model_read (path, TYTO_MODEL_IMPORTED, self->user_dir));
    }
  }
  for (guint i = 0; i < work->paths->len; i++)
    g_ptr_array_add (work->models, tyto_model_read (g_ptr_array_index (work->paths, i), TYTO_MODEL_IN_PLACE, self->user_dir));
  g_ptr_array_sort (work->models, compare_models);
}

static void
run_save_places (Work *work)
{
  g_autoptr (GKeyFile) keys = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  g_key_file_set_string_list (keys, PLACES_GROUP, PLACES_KEY, (const char *const *) work->paths->pdata, work->paths->len);
  if (g_mkdir_with_parents (work->self->user_dir, 0700) != 0 || !g_key_file_save_to_file (keys, work->self->places_file, &error))
    work->problem = g_strdup_printf (_("The list of models could not be saved: %s"), error ? error->message : g_strerror (errno));
}

static void
run_delete (Work *work)
{
  for (guint i = 0; i < work->paths->len; i++) {
    const char *path = g_ptr_array_index (work->paths, i);
    g_autofree char *parent = g_path_get_dirname (path), *base = g_path_get_basename (path), *hidden = NULL, *gone = NULL;

    if (!g_file_test (path, G_FILE_TEST_EXISTS))
      continue;
    /* First out of sight, in one step: what is half deleted is never listed. */
    hidden = g_strdup_printf ("%c%s-deleted", HIDDEN_PREFIX, base);
    gone = g_build_filename (parent, hidden, NULL);
    if (g_rename (path, gone) != 0)
      work->problem = g_strdup_printf (_("%s could not be deleted: %s"), path, g_strerror (errno));
    else
      tyto_models_remove_tree (gone);
  }
}

static gboolean
is_waiting (TytoModelLibrary *self, const char *path)
{
  return g_ptr_array_find_with_equal_func (self->deleted, path, g_str_equal, NULL);
}

/* On the main loop. */
static gboolean
deliver (gpointer data)
{
  Work *work = data;
  TytoModelLibrary *self = work->self;

  if (work->problem)
    g_signal_emit (self, signals[SIGNAL_TROUBLE], 0, work->problem);
  if (work->kind == WORK_SCAN) {
    g_autoptr (GPtrArray) shown = g_ptr_array_new ();

    if (work->read_places && !self->places_read) {
      self->places_read = TRUE;
      for (guint i = 0; i < work->paths->len; i++)
        g_ptr_array_add (self->places, g_strdup (g_ptr_array_index (work->paths, i)));
    }
    for (guint i = 0; i < work->models->len; i++)
      if (!is_waiting (self, tyto_model_get_path (g_ptr_array_index (work->models, i))))
        g_ptr_array_add (shown, g_ptr_array_index (work->models, i));
    g_list_store_splice (self->models, 0, g_list_model_get_n_items (G_LIST_MODEL (self->models)), shown->pdata, shown->len);
    if (!self->scanned) {
      self->scanned = TRUE;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SCANNED]);
    }
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  }
  work_free (work);
  return G_SOURCE_REMOVE;
}

static void
run_work (gpointer data, gpointer user_data)
{
  Work *work = data;

  switch (work->kind) {
  case WORK_SCAN:
    run_scan (work);
    break;
  case WORK_SAVE_PLACES:
    run_save_places (work);
    break;
  case WORK_DELETE:
    run_delete (work);
    break;
  case WORK_FLUSH:
  default:
    g_mutex_lock (&work->lock);
    work->done = TRUE;
    g_cond_signal (&work->done_cond);
    g_mutex_unlock (&work->lock);
    return;
  }
  g_idle_add (deliver, work);
}

static Work *
work_new (TytoModelLibrary *self, WorkKind kind)
{
  Work *work = g_new0 (Work, 1);

  work->self = g_object_ref (self);
  work->kind = kind;
  work->paths = g_ptr_array_new_with_free_func (g_free);
  return work;
}

void
tyto_model_library_scan (TytoModelLibrary *self)
{
  Work *work = work_new (self, WORK_SCAN);

  work->clean = !self->cleaned;
  work->read_places = !self->places_read;
  for (guint i = 0; i < self->places->len; i++)
    g_ptr_array_add (work->paths, g_strdup (g_ptr_array_index (self->places, i)));
  self->cleaned = TRUE;
  g_thread_pool_push (self->worker, work, NULL);
}

gboolean
tyto_model_library_get_scanned (TytoModelLibrary *self)
{
  return self->scanned;
}

GListModel *
tyto_model_library_get_models (TytoModelLibrary *self)
{
  return G_LIST_MODEL (self->models);
}

static TytoModel *
find (TytoModelLibrary *self, const char *path, guint *position)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->models)); i++) {
    g_autoptr (TytoModel) model = g_list_model_get_item (G_LIST_MODEL (self->models), i);

    if (g_strcmp0 (tyto_model_get_path (model), path) != 0)
      continue;
    if (position)
      *position = i;
    return model; /* the list keeps it */
  }
  return NULL;
}

TytoModel *
tyto_model_library_find (TytoModelLibrary *self, const char *path)
{
  return find (self, path, NULL);
}

const char *
tyto_model_library_get_user_dir (TytoModelLibrary *self)
{
  return self->user_dir;
}

const char *
tyto_model_library_get_models_dir (TytoModelLibrary *self)
{
  return self->models_dir;
}

static void
save_places (TytoModelLibrary *self)
{
  Work *work = work_new (self, WORK_SAVE_PLACES);

  for (guint i = 0; i < self->places->len; i++)
    g_ptr_array_add (work->paths, g_strdup (g_ptr_array_index (self->places, i)));
  g_thread_pool_push (self->worker, work, NULL);
}

void
tyto_model_library_add_place (TytoModelLibrary *self, const char *path)
{
  if (!g_ptr_array_find_with_equal_func (self->places, path, g_str_equal, NULL) && !tyto_models_is_starter (path)) {
    g_ptr_array_add (self->places, g_strdup (path));
    save_places (self);
  }
  tyto_model_library_scan (self);
}

/* The path that stands for a model, or for an adapter of it; NULL for an adapter that it does not have. */
static const char *
path_of (TytoModel *model, const char *adapter)
{
  GPtrArray *adapters = tyto_model_get_adapters (model);

  if (!adapter)
    return tyto_model_get_path (model);
  for (guint i = 0; i < adapters->len; i++) {
    const TytoAdapter *a = g_ptr_array_index (adapters, i);

    if (g_str_equal (a->name, adapter))
      return a->path;
  }
  return NULL;
}

gboolean
tyto_model_library_is_deleted (TytoModelLibrary *self, TytoModel *model, const char *adapter)
{
  const char *path = path_of (model, adapter);

  return path && is_waiting (self, path);
}

void
tyto_model_library_delete_begin (TytoModelLibrary *self, TytoModel *model, const char *adapter)
{
  const char *path = path_of (model, adapter);
  guint position;

  if (!path || is_waiting (self, path) || (!adapter && tyto_model_get_origin (model) == TYTO_MODEL_BUNDLED))
    return;
  g_ptr_array_add (self->deleted, g_strdup (path));
  if (!adapter && find (self, path, &position))
    g_list_store_remove (self->models, position);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/* FALSE when it does not wait (any more). */
static gboolean
stop_waiting (TytoModelLibrary *self, const char *path)
{
  guint index;

  if (!path || !g_ptr_array_find_with_equal_func (self->deleted, path, g_str_equal, &index))
    return FALSE;
  g_ptr_array_remove_index (self->deleted, index);
  return TRUE;
}

void
tyto_model_library_delete_undo (TytoModelLibrary *self, TytoModel *model, const char *adapter)
{
  if (stop_waiting (self, path_of (model, adapter)))
    tyto_model_library_scan (self);
}

void
tyto_model_library_delete_finish (TytoModelLibrary *self, TytoModel *model, const char *adapter)
{
  const char *path = path_of (model, adapter);
  guint index;
  Work *work;

  if (!stop_waiting (self, path))
    return;
  if (!adapter && tyto_model_get_origin (model) == TYTO_MODEL_IN_PLACE) {
    if (g_ptr_array_find_with_equal_func (self->places, path, g_str_equal, &index))
      g_ptr_array_remove_index (self->places, index);
    save_places (self);
  } else {
    work = work_new (self, WORK_DELETE);
    g_ptr_array_add (work->paths, g_strdup (path));
    if (!adapter) {
      g_autofree char *kept = tyto_models_get_adapter_folder (self->user_dir, path);

      if (g_strcmp0 (kept, path) != 0)
        g_ptr_array_add (work->paths, g_steal_pointer (&kept));
    }
    g_thread_pool_push (self->worker, work, NULL);
  }
  tyto_model_library_scan (self);
}

guint64
tyto_model_library_get_imported_size (TytoModelLibrary *self)
{
  guint64 size = 0;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->models)); i++) {
    g_autoptr (TytoModel) model = g_list_model_get_item (G_LIST_MODEL (self->models), i);
    GPtrArray *adapters = tyto_model_get_adapters (model);

    if (tyto_model_get_origin (model) == TYTO_MODEL_IMPORTED)
      size += tyto_model_get_size (model);
    for (guint a = 0; a < adapters->len; a++) {
      const TytoAdapter *adapter = g_ptr_array_index (adapters, a);

      if (adapter->can_delete)
        size += adapter->size;
    }
  }
  return size;
}

void
tyto_model_library_delete_all (TytoModelLibrary *self)
{
  Work *work = work_new (self, WORK_DELETE);

  g_ptr_array_set_size (self->deleted, 0);
  g_ptr_array_set_size (self->places, 0);
  g_ptr_array_add (work->paths, g_strdup (self->models_dir));
  g_ptr_array_add (work->paths, g_build_filename (self->user_dir, "adapters", NULL));
  g_ptr_array_add (work->paths, g_strdup (self->places_file));
  g_thread_pool_push (self->worker, work, NULL);
  tyto_model_library_scan (self);
}

void
tyto_model_library_flush (TytoModelLibrary *self)
{
  Work work = { .kind = WORK_FLUSH };

  g_mutex_init (&work.lock);
  g_cond_init (&work.done_cond);
  g_thread_pool_push (self->worker, &work, NULL);
  g_mutex_lock (&work.lock);
  while (!work.done)
    g_cond_wait (&work.done_cond, &work.lock);
  g_mutex_unlock (&work.lock);
  g_mutex_clear (&work.lock);
  g_cond_clear (&work.done_cond);
}

static void
tyto_model_library_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_SCANNED)
    g_value_set_boolean (value, TYTO_MODEL_LIBRARY (object)->scanned);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
tyto_model_library_finalize (GObject *object)
{
  TytoModelLibrary *self = TYTO_MODEL_LIBRARY (object);

  g_thread_pool_free (self->worker, FALSE, TRUE);
  g_clear_object (&self->models);
  g_ptr_array_unref (self->places);
  g_ptr_array_unref (self->deleted);
  g_free (self->user_dir);
  g_free (self->models_dir);
  g_free (self->places_file);
  G_OBJECT_CLASS (tyto_model_library_parent_class)->finalize (object);
}

static void
tyto_model_library_class_init (TytoModelLibraryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = tyto_model_library_get_property;
  object_class->finalize = tyto_model_library_finalize;
  properties[PROP_SCANNED] = g_param_spec_boolean ("scanned", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  signals[SIGNAL_CHANGED] =
      g_signal_new ("changed", TYTO_TYPE_MODEL_LIBRARY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_TROUBLE] =
      g_signal_new ("trouble", TYTO_TYPE_MODEL_LIBRARY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
tyto_model_library_init (TytoModelLibrary *self)
{
  self->models = g_list_store_new (TYTO_TYPE_MODEL);
  self->places = g_ptr_array_new_with_free_func (g_free);
  self->deleted = g_ptr_array_new_with_free_func (g_free);
  self->worker = g_thread_pool_new (run_work, NULL, 1, FALSE, NULL);
}

TytoModelLibrary *
tyto_model_library_new (const char *user_dir)
{
  TytoModelLibrary *self = g_object_new (TYTO_TYPE_MODEL_LIBRARY, NULL);

  self->user_dir = g_strdup (user_dir);
  self->models_dir = g_build_filename (user_dir, "models", NULL);
  self->places_file = g_build_filename (user_dir, "models.ini", NULL);
  return self;
}
