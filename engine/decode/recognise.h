/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "decode/document.h"

G_BEGIN_DECLS

/* Inside `owl-decoder`: reads the text that a scanned page or picture shows, in the languages whose data is installed. */
gboolean owl_recognise_text (OwlDocument *document, int page, OwlRecords *records, GError **error);

G_END_DECLS
