/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "decode/records.h"

#include <poppler.h>

G_BEGIN_DECLS

/* Inside `owl-decoder`: text, outline and labels of a PDF. `width` and `height` of the page in points. */
gboolean owl_pdf_read_text (PopplerPage *page, int index, double width, double height, OwlRecords *records, GError **error);
void owl_pdf_read_contents (PopplerDocument *document, OwlRecords *records);

G_END_DECLS
