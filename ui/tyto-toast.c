/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tyto-toast.h"

AdwToast *
tyto_toast_new (const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  return adw_toast_new (escaped);
}
