/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* libowl: the vision-language engine of Tyto. This is the one header that programs outside `engine/` include.
 *
 *   g_autoptr (OwlModel) model = owl_model_open ("starter", 0, NULL, NULL, NULL, &error);
 *   g_autoptr (OwlDecoder) decoder = owl_decoder_open_path ("cat.png", NULL, &error);
 *   g_autoptr (OwlPicture) picture = owl_decoder_render (decoder, 0, 0, 0, NULL, &error);
 *   g_autoptr (OwlVisual) visual = owl_model_encode (model, picture, OWL_DETAIL_DEFAULT, NULL, NULL, NULL, &error);
 *   OwlTurn turn = { .visuals = &visual, .n_visuals = 1, .question = "What is this?" };
 *   g_autoptr (OwlPrompt) prompt = owl_prompt_new_from_turns (model, OWL_SYSTEM_TEXT, NULL, &turn, 1);
 *   g_autoptr (OwlSession) session = owl_session_new (model, NULL, 0, 0, OWL_KV_DEFAULT, &error);
 *   owl_session_generate (session, prompt, &OWL_SAMPLING_PRECISE, 512, TRUE, NULL, NULL, NULL, text, NULL, NULL, &error); */

#include "base/error.h"
#include "chat/evidence.h"
#include "chat/prompt.h"
#include "chat/session.h"
#include "decode/decoder-client.h"
#include "image/picture.h"
#include "model/model.h"
