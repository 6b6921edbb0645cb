/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* A toast that says `text` as it is: the names of files and models in it are no markup. Floating. */
AdwToast *tyto_toast_new (const char *text);

G_END_DECLS
