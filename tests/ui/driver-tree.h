/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <atspi/atspi.h>

G_BEGIN_DECLS

/* Looks through the accessibility tree of a program. libatspi asks for each child, name and role of each node by itself and waits for each answer, which
 * takes seconds where there are thousands of nodes and other programs want the processor; here all nodes of one depth are asked at once. */

/* The first node below `root`, in the order of the tree, whose name contains `name` and whose role name is `role` (NULL: any); NULL: none. The caller
 * unrefs. */
AtspiAccessible *driver_tree_find (AtspiAccessible *root, const char *role, const char *name);

G_END_DECLS
