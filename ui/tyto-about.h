/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* What Tyto is, under which licence, and what it stands on. `parent` may be NULL. */
void tyto_about_show (GtkWindow *parent);

G_END_DECLS
