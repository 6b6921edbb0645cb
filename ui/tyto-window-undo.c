/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "tyto-window"

#include "ui/tyto-window-private.h"
#include "ui/tyto-toast.h"

#include <glib/gi18n.h>

#define UNDO_SECONDS 10

void
_tyto_window_toast (TytoWindow *self, const char *text)
{
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts), tyto_toast_new (text));
}

/* What happens with something that can be put back, until its toast goes. */
typedef struct {
  GFunc undo, finish;
  gpointer data;
  GDestroyNotify destroy;
  gboolean settled;
} Undo;

static void
undo_clicked (AdwToast *toast, Undo *undo)
{
  if (undo->settled)
    return;
  undo->settled = TRUE;
  undo->undo (undo->data, NULL);
}

/* The toast is gone, or the window with it. */
static void
undo_free (gpointer data, GClosure *closure)
{
  Undo *undo = data;

  if (!undo->settled && undo->finish)
    undo->finish (undo->data, NULL);
  if (undo->destroy)
    undo->destroy (undo->data);
  g_free (undo);
}

void
_tyto_window_offer_undo (TytoWindow *self, const char *text, GFunc func, GFunc finish, gpointer data, GDestroyNotify destroy)
{
  AdwToast *toast = tyto_toast_new (text);
  Undo *undo = g_new0 (Undo, 1);

  undo->undo = func;
  undo->finish = finish;
  undo->data = data;
  undo->destroy = destroy;
  adw_toast_set_button_label (toast, _("_Undo"));
  adw_toast_set_timeout (toast, UNDO_SECONDS);
  /* What was done last is what is taken back; an older one comes back after it. */
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  g_signal_connect_data (toast, "button-clicked", G_CALLBACK (undo_clicked), undo, undo_free, 0);
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts), toast);
}
