/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tyto-services.h"

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

/* The services as the window starts them, with the history and the models listed and the model loaded. */
TytoServices *start_services (void);
/* Closes them, turns the main loop until nothing is left to do and lets go of them; models that were deleted are gone then. */
void stop_services (TytoServices *services);

/* A picture of the tests' data as an attachment that is ready; the caller owns it. */
TytoAttachment *attach_picture (TytoServices *services, const char *folder, const char *name);

G_END_DECLS
