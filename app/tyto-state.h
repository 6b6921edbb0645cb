/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whatever is not as it should be, worst first. */
typedef enum {
  TYTO_STATE_HISTORY_NEWER,      /* written by a newer Tyto: nothing can be sent */
  TYTO_STATE_HISTORY_UNWRITABLE, /* the folder of data: nothing can be sent */
  TYTO_STATE_HISTORY_FAILED,     /* any other reason */
  TYTO_STATE_DISK_FULL,
  TYTO_STATE_NO_MODEL,
  TYTO_STATE_MODEL_MISSING,      /* the one that this chat is held with */
  TYTO_STATE_MODEL_MEMORY,       /* needs more than there is */
  TYTO_STATE_MODEL_CANCELLED,    /* the user gave loading up */
  TYTO_STATE_MODEL_FAILED,
  TYTO_STATE_HISTORY_MOVED,      /* it was damaged and a new one begun */
  TYTO_STATE_MODEL_LOADING,      /* `fraction` grows */
  TYTO_STATE_FINE,
} TytoStateKind;

/* What a state offers to do. */
typedef enum {
  TYTO_ACTION_NONE,
  TYTO_ACTION_TRY_AGAIN,
  TYTO_ACTION_NEW_HISTORY,
  TYTO_ACTION_USE_STARTER,
  TYTO_ACTION_CANCEL_LOADING,
  TYTO_ACTION_DISMISS,
  TYTO_ACTION_SHOW_MODELS, /* the rest needs a window */
  TYTO_ACTION_OPEN_FOLDER,
} TytoStateAction;

typedef struct {
  TytoStateKind kind;
  char *text; /* what happened and what to do; NULL when all is fine */
  TytoStateAction actions[2];
  double fraction;
} TytoState;

void tyto_state_clear (TytoState *state);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TytoState, tyto_state_clear)

/* What the button of an action says. Static and translated, with a mnemonic. */
const char *tyto_state_action_get_label (TytoStateAction action);

G_END_DECLS
