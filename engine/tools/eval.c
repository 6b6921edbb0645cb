/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/tool-model.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_ANSWER_TOKENS 512

/* A question of OwlEval, and its answer once there is one. */
typedef struct {
  json_t *record;
  const char *image, *text; /* of the record */
  json_int_t id;
  gboolean multi_turn;
  char *answer;
} Question;

typedef struct {
  GArray *questions; /* Question */
  const char *images, *answers, *model_id;
  OwlToolModel model;
  OwlSession *session;
  gint64 started;
  guint n_todo, n_done;
} Eval;

static void
question_clear (gpointer data)
{
  Question *q = data;

  json_decref (q->record);
  g_free (q->answer);
}

static gboolean
has_category (json_t *record, const char *name)
{
  json_t *category = json_object_get (record, "category"), *entry;
  size_t i;

  json_array_foreach (category, i, entry)
    if (g_strcmp0 (json_string_value (entry), name) == 0)
      return TRUE;
  return FALSE;
}

/* Calls `func` for every line that holds a JSON object. */
static gboolean
read_lines (const char *path, gboolean (*func) (Eval *e, json_t *record, guint line, GError **error), Eval *e, GError **error)
{
  g_autofree char *text = owl_tool_read_file (path, NULL, error);
  g_auto (GStrv) lines = text ? g_strsplit (text, "\n", -1) : NULL;

  for (guint i = 0; lines && lines[i]; i++) {
    json_t *record;
    gboolean ok;

    if (!*g_strstrip (lines[i]))
      continue;
    record = json_loads (lines[i], 0, NULL);
    ok = func (e, record, i + 1, error);
    json_decref (record);
    if (!ok)
      return FALSE;
  }
  return text != NULL;
}

static gboolean
add_question (Eval *e, json_t *record, guint line, GError **error)
{
  Question q = { .image = json_string_value (json_object_get (record, "image")), .text = json_string_value (json_object_get (record, "question")) };
  json_t *id = json_object_get (record, "question_id");

  if (!q.image || !q.text || !json_is_integer (id)) {
    g_set_error (error, OWL_ERROR, OWL_ERROR_FORMAT, "line %u of the questions: expected \"image\", \"question_id\" and \"question\"", line);
    return FALSE;
  }
  q.record = json_incref (record);
  q.id = json_integer_value (id);
  q.multi_turn = has_category (record, "multi_turn");
  g_array_append_val (e->questions, q);
  return TRUE;
}

/* Takes away a line that a crash cut off. */
static gboolean
mend_answers (const char *path, GError **error)
{
  gsize length;
  g_autofree char *text = owl_tool_read_file (path, &length, error);
  gsize whole = length;

  if (!text)
    return FALSE;
  while (whole > 0 && text[whole - 1] != '\n')
    whole--;
  if (whole == length || truncate (path, (off_t) whole) == 0)
    return TRUE;
  g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", path, g_strerror (errno));
  return FALSE;
}

/* An answer of an earlier, interrupted run. */
static gboolean
take_answer (Eval *e, json_t *record, guint line, GError **error)
{
  json_int_t id = json_integer_value (json_object_get (record, "question_id"));
  const char *answer = json_string_value (json_object_get (record, "answer"));

  for (guint i = 0; i < e->questions->len && answer; i++) {
    Question *q = &g_array_index (e->questions, Question, i);

    if (q->id != id)
      continue;
    g_free (q->answer);
    q->answer = g_strdup (answer);
  }
  return TRUE;
}

static gboolean
write_answer (const Eval *e, const Question *q, GError **error)
{
  json_t *line = json_pack ("{s:s, s:I, s:s, s:s, s:s}", "image", q->image, "question_id", q->id, "question", q->text, "answer", q->answer,
                            "model_id", e->model_id);
  g_autofree char *text = json_dumps (line, JSON_PRESERVE_ORDER);
  FILE *file = fopen (e->answers, "a");
  gboolean ok = file != NULL;

  json_decref (line);
  ok = ok && fprintf (file, "%s\n", text) > 0 && fflush (file) == 0 && fsync (fileno (file)) == 0;
  if (!ok)
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO, "%s: %s", e->answers, g_strerror (errno));
  if (file)
    fclose (file);
  return ok;
}

/* The picture of a conversation, as the only visual of the model's list. */
static gboolean
read_picture (Eval *e, const char *image, GError **error)
{
  g_autofree char *path = g_build_filename (e->images, image, NULL);

  g_ptr_array_set_size (e->model.visuals, 0);
  return owl_tool_model_add_picture (&e->model, path, NULL, error);
}

static gboolean
ask (Eval *e, guint index, GError **error)
{
  Question *q = &g_array_index (e->questions, Question, index);
  g_autoptr (GArray) turns = g_array_new (FALSE, TRUE, sizeof (OwlTurn));
  g_autoptr (OwlPrompt) prompt = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  const OwlSampling sampling = OWL_SAMPLING_PRECISE;
  OwlTurn turn;
  int n_dropped;

  if (!read_picture (e, q->image, error))
    return FALSE;
  /* A multi-turn question follows the earlier ones about the same picture. */
  for (guint i = 0; i < index && q->multi_turn; i++) {
    const Question *before = &g_array_index (e->questions, Question, i);

    if (!before->multi_turn || strcmp (before->image, q->image) != 0 || !before->answer)
      continue;
    turn = (OwlTurn){ .question = before->text, .answer = before->answer };
    g_array_append_val (turns, turn);
  }
  turn = (OwlTurn){ .question = q->text };
  g_array_append_val (turns, turn);
  g_array_index (turns, OwlTurn, 0).visuals = (OwlVisual *const *) e->model.visuals->pdata;
  g_array_index (turns, OwlTurn, 0).n_visuals = e->model.visuals->len;
  n_dropped = owl_prompt_plan (e->model.model, OWL_SYSTEM_TEXT, NULL, (const OwlTurn *) (const void *) turns->data, turns->len, 0, NULL, error);
  if (n_dropped < 0)
    return FALSE;
  prompt = owl_prompt_new_from_turns (e->model.model, OWL_SYSTEM_TEXT, NULL, (const OwlTurn *) (const void *) turns->data + n_dropped,
                                      turns->len - (guint) n_dropped);
  if (!owl_session_generate (e->session, prompt, &sampling, MAX_ANSWER_TOKENS, TRUE, NULL, NULL, NULL, text, NULL, NULL, error))
    return FALSE;
  q->answer = g_strdup (text->str);
  return write_answer (e, q, error);
}

/* Which share of the pictures this run takes: a conversation is never split. */
static gboolean
in_shard (const Eval *e, guint index, guint shard, guint n_shards)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i <= index; i++)
    g_hash_table_add (seen, (gpointer) g_array_index (e->questions, Question, i).image);
  /* The number of the picture in order of appearance; a later question about it belongs with the first. */
  for (guint i = 0; i < index; i++)
    if (strcmp (g_array_index (e->questions, Question, i).image, g_array_index (e->questions, Question, index).image) == 0)
      return in_shard (e, i, shard, n_shards);
  return (g_hash_table_size (seen) - 1) % n_shards == shard % n_shards;
}

static void
show_progress (const Eval *e)
{
  double seconds = (double) (g_get_monotonic_time () - e->started) / 1e6, left = seconds / e->n_done * (e->n_todo - e->n_done);
  g_autofree char *label = g_strdup_printf ("question %u of %u, about %.0f s left", e->n_done, e->n_todo, left);

  owl_tool_progress (label, (double) e->n_done / e->n_todo);
}

static gboolean
run (Eval *e, guint shard, guint n_shards, GError **error)
{
  for (guint i = 0; i < e->questions->len; i++)
    e->n_todo += in_shard (e, i, shard, n_shards) && !g_array_index (e->questions, Question, i).answer;
  e->started = g_get_monotonic_time ();
  for (guint i = 0; i < e->questions->len; i++) {
    if (!in_shard (e, i, shard, n_shards) || g_array_index (e->questions, Question, i).answer)
      continue;
    if (!ask (e, i, error))
      return FALSE;
    e->n_done++;
    show_progress (e);
  }
  owl_tool_progress ("", -1.0);
  return TRUE;
}

static int
evaluate (Eval *e, const char *model, char **adapters, const char *questions, int threads, guint shard, guint n_shards)
{
  g_autoptr (GError) error = NULL;
  gboolean ok = read_lines (questions, add_question, e, &error);

  if (ok && g_file_test (e->answers, G_FILE_TEST_EXISTS))
    ok = mend_answers (e->answers, &error) && read_lines (e->answers, take_answer, e, &error);
  ok = ok && owl_tool_model_open (&e->model, model, adapters, threads, &error);
  if (ok) {
    e->session = owl_session_new (e->model.model, (OwlAdapter *const *) e->model.adapters->pdata, e->model.adapters->len, 0, OWL_KV_DEFAULT, &error);
    ok = e->session && run (e, shard, n_shards, &error);
  }
  if (ok)
    fprintf (stderr, "%u answers written, %u were there already\n", e->n_done, e->questions->len - e->n_todo);
  g_clear_pointer (&e->session, owl_session_free);
  owl_tool_model_clear (&e->model);
  return ok ? OWL_EXIT_OK : owl_tool_fail ("eval", error);
}

int
owl_tool_eval (int argc, char **argv)
{
  g_autofree char *model = NULL, *questions = NULL, *images = NULL, *answers = NULL, *shard_text = NULL, *model_id = NULL;
  g_auto (GStrv) adapters = NULL;
  int threads = 0, status;
  guint shard = 0, n_shards = 1;
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &model, "Model folder", "MODEL" },
    { "adapter", 'a', 0, G_OPTION_ARG_FILENAME_ARRAY, &adapters, "Adapter of the model", "ADAPTER[:STRENGTH]" },
    { "questions", 0, 0, G_OPTION_ARG_FILENAME, &questions, "OwlEval's questions", "FILE" },
    { "images", 0, 0, G_OPTION_ARG_FILENAME, &images, "Folder of the pictures", "DIR" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &answers, "Answers; what is there already is kept", "FILE" },
    { "shard", 0, 0, G_OPTION_ARG_STRING, &shard_text, "Only this share of the pictures", "I/N" },
    { "model-id", 0, 0, G_OPTION_ARG_STRING, &model_id, "Name of the model in the answers", "NAME" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &threads, "Threads", "N" },
    { NULL },
  };
  Eval e = { 0 };

  if (!owl_tool_parse (&argc, &argv, entries, NULL, "Answers OwlEval's questions. An interrupted run goes on where it was."))
    return OWL_EXIT_USAGE;
  if (argc != 1 || !model || !questions || !images || !answers)
    return owl_tool_usage ("eval", "-m, --questions, --images and -o are needed");
  if (shard_text && (sscanf (shard_text, "%u/%u", &shard, &n_shards) != 2 || n_shards < 1 || shard > n_shards))
    return owl_tool_usage ("eval", "--shard: expected I/N");
  e.questions = g_array_new (FALSE, FALSE, sizeof (Question));
  g_array_set_clear_func (e.questions, question_clear);
  e.images = images;
  e.answers = answers;
  if (!model_id)
    model_id = g_path_get_basename (model);
  e.model_id = model_id;
  status = evaluate (&e, model, adapters, questions, threads, shard, n_shards);
  g_array_unref (e.questions);
  return status;
}
