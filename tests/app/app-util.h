/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Turns the main loop until `condition` holds; fails after `seconds`. */
#define WAIT_FOR(condition, seconds)                                                                                   \
  G_STMT_START                                                                                                         \
  {                                                                                                                    \
    gint64 wait_end_ = g_get_monotonic_time () + (seconds) * G_USEC_PER_SEC;                                            \
    while (!(condition)) {                                                                                             \
      if (g_get_monotonic_time () > wait_end_)                                                                         \
        g_error ("%s:%d: waited in vain for: %s", __FILE__, __LINE__, #condition);                                     \
      wait_a_little ();                                                                                                \
    }                                                                                                                  \
  }                                                                                                                    \
  G_STMT_END

/* One turn of the main loop, at most some milliseconds. */
void wait_a_little (void);

char *make_scratch (void);
void remove_tree (const char *path);

/* A callback that keeps its result: `user_data` is a GAsyncResult **. */
void keep_result (GObject *object, GAsyncResult *result, gpointer user_data);

G_END_DECLS
