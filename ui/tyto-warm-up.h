/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TYTO_WARM_UP_H
#define TYTO_WARM_UP_H

/* Fetches what later windows and messages need (fonts in their sizes, icons, the toolkit's larger kinds of rows), a bit in each idle moment, so that
 * none of them holds up the window when it first appears. Called once, after the first frame. Main thread. */
void tyto_warm_up (void);

#endif
