/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-store"

#include "app/history/tyto-store-search.h"

#include "app/history/store-search.h"
#include "app/history/tyto-store-private.h"

typedef struct {
  char *blob, *text;
  char **texts;
  int n_most;
} Request;

static void
request_free (gpointer data)
{
  Request *r = data;

  g_free (r->blob);
  g_free (r->text);
  g_strfreev (r->texts);
  g_free (r);
}

static gboolean
return_list (GTask *task, GPtrArray *list)
{
  if (!list)
    return FALSE;
  g_task_return_pointer (task, list, (GDestroyNotify) g_ptr_array_unref);
  return TRUE;
}

static gboolean
run_search (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  sqlite3 *db = tyto_store_get_database (self, error);

  return db && return_list (task, store_search_find (db, ((Request *) data)->text, error));
}

void
tyto_store_search_async (TytoStore *self, const char *text, GAsyncReadyCallback callback, gpointer user_data)
{
  Request *r = g_new0 (Request, 1);

  r->text = g_strdup (text);
  tyto_store_push (self, run_search, r, request_free, callback, user_data);
}

GPtrArray *
tyto_store_search_finish (TytoStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
run_has_pages (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  sqlite3 *db = tyto_store_get_database (self, error);
  g_autoptr (GError) cause = NULL;
  gboolean found;

  if (!db)
    return FALSE;
  found = store_search_has_pages (db, ((Request *) data)->blob, &cause);
  if (cause) {
    g_propagate_error (error, g_steal_pointer (&cause));
    return FALSE;
  }
  g_task_return_int (task, found);
  return TRUE;
}

void
tyto_store_has_pages_async (TytoStore *self, const char *blob, GAsyncReadyCallback callback, gpointer user_data)
{
  Request *r = g_new0 (Request, 1);

  r->blob = g_strdup (blob);
  tyto_store_push (self, run_has_pages, r, request_free, callback, user_data);
}

gboolean
tyto_store_has_pages_finish (TytoStore *self, GAsyncResult *result, gboolean *has_pages, GError **error)
{
  gssize found = g_task_propagate_int (G_TASK (result), error);

  *has_pages = found > 0;
  return found >= 0;
}

static gboolean
run_put_pages (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  sqlite3 *db = tyto_store_get_database (self, error);
  Request *r = data;

  if (!db || !store_search_put_pages (db, r->blob, r->texts, g_strv_length (r->texts), error))
    return FALSE;
  g_task_return_boolean (task, TRUE);
  return TRUE;
}

void
tyto_store_put_pages_async (TytoStore *self, const char *blob, const char *const *texts, GAsyncReadyCallback callback, gpointer user_data)
{
  Request *r = g_new0 (Request, 1);

  r->blob = g_strdup (blob);
  r->texts = g_strdupv ((char **) texts);
  tyto_store_push (self, run_put_pages, r, request_free, callback, user_data);
}

gboolean
tyto_store_put_pages_finish (TytoStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
run_find_pages (TytoStore *self, GTask *task, gpointer data, GError **error)
{
  sqlite3 *db = tyto_store_get_database (self, error);
  const Request *r = data;

  return db && return_list (task, store_search_find_pages (db, r->blob, r->text, r->n_most, error));
}

void
tyto_store_find_pages_async (TytoStore *self, const char *blob, const char *question, int n_most, GAsyncReadyCallback callback,
                             gpointer user_data)
{
  Request *r = g_new0 (Request, 1);

  r->blob = g_strdup (blob);
  r->text = g_strdup (question);
  r->n_most = n_most;
  tyto_store_push (self, run_find_pages, r, request_free, callback, user_data);
}

GPtrArray *
tyto_store_find_pages_finish (TytoStore *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
