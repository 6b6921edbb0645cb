/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <atspi/atspi.h>

G_BEGIN_DECLS

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AtspiAccessible, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AtspiAction, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AtspiComponent, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AtspiEditableText, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AtspiStateSet, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AtspiText, g_object_unref)

/* Drives the app as a person would: through the accessibility tree, keys and the pointer. Every wait is bounded; in vain it fails with the tree. */

/* First of all in a story: the test library, and the accessibility tree. */
void driver_init (int *argc, char ***argv);

/* Starts $TYTO_PROGRAM with its data in `data_home` and waits for its window. `model`: a model folder, or NULL for the bundled one. */
void driver_start (const char *data_home, const char *model, const char *const *files);
/* The same without waiting; says which process it is. */
GPid driver_spawn (const char *data_home, const char *model, const char *const *files);
/* Drives an app that another process started. */
void driver_attach (GPid pid);
/* Gives it a file, as a second start of the program does. */
void driver_open (const char *file);
/* Megabytes that the app and the processes it started take. */
double driver_get_memory (void);
/* Ends it as Ctrl+Q does, and waits. */
void driver_quit (void);
/* Ends it as a crash would. */
void driver_kill (void);

/* Lets the threads that work for the app, but not its window, run only when a processor has nothing else to do - and one always has. So what they do
 * takes very long, until it is told otherwise. */
void driver_slow_work (gboolean slow);

/* Until when what is awaited must have come: in 30 seconds, or as many as TYTO_STORY_SECONDS says, which a program with sanitisers needs. */
gint64 driver_get_deadline (void);

/* The first node whose role name (or NULL: any) fits and whose name contains `name`; NULL if there is none. */
AtspiAccessible *driver_find (const char *role, const char *name);
/* The same, waited for. */
AtspiAccessible *driver_wait (const char *role, const char *name);
/* The last such node in place of the first. */
AtspiAccessible *driver_wait_last (const char *role, const char *name);
/* Waits until there is no such node. */
void driver_wait_gone (const char *role, const char *name);

void driver_press (const char *button);
/* The same for a check box or radio button. */
void driver_press_check (const char *name);
/* The same for the last of several buttons of that name. */
void driver_press_last (const char *button);
/* Opens the menu of a menu button. */
void driver_open_menu (const char *name);
/* Drags with the pointer from the middle of one button to another one; the window must be at the corner of the screen. */
void driver_drag (const char *from, const char *to);
/* Turns the wheel `clicks` times over the window of that title. */
void driver_scroll (const char *title, int clicks);
/* The `n`th conversation of the side pane, from 0, by a click. */
void driver_open_conversation (int n);
/* Clicks into the middle of a node; the window must be at the corner of the screen (driver_arrange). */
void driver_click (AtspiAccessible *node);
/* The same for something that can be pressed only after a while: waits until it can. */
void driver_click_when_sensitive (const char *role, const char *name);
/* Turns the wheel away from oneself over the middle of a node. */
void driver_wheel (AtspiAccessible *node, int clicks);
/* A checksum of what the screen shows of a node, once that stands still. The window must be at the corner of the screen. The caller frees. */
char *driver_look_at (AtspiAccessible *node);
/* Waits until the screen shows something else there. */
void driver_wait_other_look (AtspiAccessible *node, const char *before);
/* Waits until the last node of that role and name lies inside another one, as a whole: that it can be seen in what is scrolled, that it is not cut off. */
void driver_wait_last_inside (const char *role, const char *name, const char *outer_role, const char *outer_name);
/* The text of a field or text view; the caller frees. */
char *driver_get_content (AtspiAccessible *node);
/* Puts the window to the corner of the screen in a known size. */
void driver_arrange (void);
/* The same for another window of the app, by its title. */
void driver_arrange_window (const char *title, int width, int height);
/* Drags with the pointer inside a node, between two points of it (0..1); the window must be at the corner of the screen. */
void driver_drag_in (AtspiAccessible *node, double x0, double y0, double x1, double y1);
/* Types into the composer. */
void driver_type (const char *text);
/* Replaces what is in the composer; waits until the composer holds a text. */
void driver_set_text (const char *text);
void driver_wait_text (const char *text);
/* Puts a text into a field in place of what is in it. */
void driver_enter (const char *field, const char *text);
char *driver_get_text (AtspiAccessible *node);
/* "Return", "Escape", "ctrl+n": goes through the X server. */
void driver_key (const char *keys);
/* The same without bringing the window to the front, where a menu or a dialog is open. */
void driver_key_here (const char *keys);
/* Types a text letter by letter to whatever has the keyboard. */
void driver_type_keys (const char *text);
/* Lets another program stand beside the app, which has files, or "--texture" FILE, or "--text" TEXT, to be dragged and on the clipboard. */
void driver_offer (const char *const *what);
void driver_offer_end (void);
/* Drags that onto the app and lets go; before, `words` (or NULL) must have appeared. */
void driver_drag_offer (const char *words);
/* All of that for files. */
void driver_drag_files (const char *const *files);
/* Saves a picture of the screen with a window in its present size; with TYTO_SCREENSHOT_SIZES ("360 700 1200", in the environment) also in these
 * widths, after which it has `width` x `height` again. */
void driver_shoot (const char *title, const char *name, int width, int height);
/* Fails when something that people operate has no name, or one with the mark of a key in it, and says what. */
void driver_check_names (void);
/* The name of what has the keyboard, or NULL; the caller frees. */
char *driver_get_focused (void);
/* Waits until that has the keyboard. */
void driver_wait_focus (const char *name);
/* Saves a picture of the screen for the test log. */
void driver_screenshot (const char *name);

G_END_DECLS
