/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/tool-model.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  char *model, *question, *system, *kv, *raw, *detail;
  char **adapters, **pictures;
  int max_tokens, top_k, context, threads;
  double temperature, top_p, min_p, repeat_penalty;
  gint64 seed;
  gboolean json;
} Options;

/* One exchange of an interactive conversation. */
typedef struct {
  char *question;
  GPtrArray *visuals;
  GArray *ids;
} Exchange;

typedef struct {
  const Options *options;
  OwlToolModel m;
  OwlSession *session;
  OwlSampling sampling;
  GPtrArray *exchanges;
  GCancellable *cancellable; /* of the answer that is running; guarded by `lock` */
  GMutex lock;
} Chat;

static void
exchange_free (gpointer data)
{
  Exchange *exchange = data;

  g_free (exchange->question);
  g_ptr_array_unref (exchange->visuals);
  g_array_unref (exchange->ids);
  g_free (exchange);
}

static void
print_event (const OwlEvent *event, gpointer user_data)
{
  if (event->kind == OWL_EVENT_PREFILL) {
    owl_tool_progress ("Reading the question", event->total ? (double) event->done / (double) event->total : 1.0);
    return;
  }
  owl_tool_progress (NULL, -1.0);
  fputs (event->text, stdout);
  fflush (stdout);
}

static void
print_json (const Chat *chat, const GString *text, const GArray *ids, const OwlAnswerStats *stats)
{
  static const char *const reasons[] = { "end", "length", "context", "cancelled" };
  json_t *tokens = json_array ();
  json_t *root;

  for (guint i = 0; i < ids->len; i++)
    json_array_append_new (tokens, json_integer (g_array_index (ids, gint32, i)));
  root = json_pack ("{s:o, s:o, s:I, s:{s:f, s:f, s:f, s:f, s:f, s:f, s:I, s:I, s:I, s:s}}",
                    "text", json_stringn (text->str, text->len), "tokens", tokens,
                    "prompt_tokens", (json_int_t) stats->n_prompt, "stats",
                    "load_ms", chat->m.load_ms, "encode_ms", chat->m.encode_ms, "prefill_ms", stats->prefill_ms,
                    "first_token_ms", stats->first_token_ms, "decode_ms", stats->decode_ms, "decode_tok_s", stats->decode_tok_s,
                    "reused_tokens", (json_int_t) stats->n_reused, "guessed_tokens", (json_int_t) stats->n_guessed, "threads",
                    (json_int_t) owl_model_get_threads (chat->m.model), "stop", reasons[stats->stop]);
  json_dumpf (root, stdout, JSON_REAL_PRECISION (9));
  putchar ('\n');
  json_decref (root);
}

static gboolean
answer (Chat *chat, const OwlPrompt *prompt, gboolean stop_at_turns, GString *text, GArray *ids, OwlAnswerStats *stats,
        GError **error)
{
  const Options *o = chat->options;

  return owl_session_generate (chat->session, prompt, &chat->sampling, o->max_tokens, stop_at_turns, o->json ? NULL : print_event,
                               NULL, chat->cancellable, text, ids, stats, error);
}

/* One answer, to `-p` or `--raw`. */
static gboolean
answer_once (Chat *chat, GError **error)
{
  const Options *o = chat->options;
  GPtrArray *visuals = chat->m.visuals;
  OwlVisual *const *pictures = (OwlVisual *const *) visuals->pdata;
  g_autoptr (OwlPrompt) prompt = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  OwlAnswerStats stats;

  if (o->raw) {
    g_autofree char *raw = NULL;
    gsize length;

    raw = owl_tool_read_file (o->raw, &length, error);
    if (!raw)
      return FALSE;
    prompt = owl_prompt_new_from_raw (chat->m.model, raw, length, pictures, visuals->len, error);
    if (!prompt)
      return FALSE;
  } else {
    OwlTurn turn = { .visuals = pictures, .n_visuals = visuals->len, .question = o->question };

    prompt = owl_prompt_new_from_turns (chat->m.model, o->system, NULL, &turn, 1);
  }
  if (!answer (chat, prompt, o->raw == NULL, text, ids, &stats, error))
    return FALSE;
  if (o->json)
    print_json (chat, text, ids, &stats);
  else
    putchar ('\n');
  return TRUE;
}

/* The turns from `first` on, with `last` as the one being asked. */
static GArray *
list_turns (const Chat *chat, gsize first)
{
  GArray *turns = g_array_new (FALSE, FALSE, sizeof (OwlTurn));

  for (gsize i = first; i < chat->exchanges->len; i++) {
    const Exchange *e = g_ptr_array_index (chat->exchanges, i);
    OwlTurn turn = { .visuals = (OwlVisual *const *) e->visuals->pdata, .n_visuals = e->visuals->len, .question = e->question,
                     .answer_ids = (const gint32 *) (const void *) e->ids->data, .n_answer_ids = e->ids->len };

    g_array_append_val (turns, turn);
  }
  return turns;
}

static gboolean
ask (Chat *chat, const char *question, GError **error)
{
  const Options *o = chat->options;
  g_autoptr (GArray) all = NULL, turns = NULL;
  g_autoptr (OwlPrompt) prompt = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  Exchange *exchange = g_new0 (Exchange, 1);
  OwlAnswerStats stats;
  int n_dropped;

  exchange->question = g_strdup (question);
  exchange->visuals = g_steal_pointer (&chat->m.visuals);
  exchange->ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  chat->m.visuals = g_ptr_array_new_with_free_func ((GDestroyNotify) owl_visual_unref);
  g_ptr_array_add (chat->exchanges, exchange);

  all = list_turns (chat, 0);
  n_dropped = owl_prompt_plan (chat->m.model, o->system, NULL, (const OwlTurn *) (const void *) all->data, all->len, o->context, NULL,
                               error);
  if (n_dropped < 0)
    goto failed;
  if (n_dropped > 0) {
    fprintf (stderr, "The oldest %d exchanges no longer fit and are left out.\n", n_dropped);
    g_ptr_array_remove_range (chat->exchanges, 0, n_dropped);
  }
  turns = list_turns (chat, 0);
  prompt = owl_prompt_new_from_turns (chat->m.model, o->system, NULL, (const OwlTurn *) (const void *) turns->data, turns->len);
  if (!answer (chat, prompt, TRUE, text, exchange->ids, &stats, error))
    goto failed;
  putchar ('\n');
  return TRUE;

failed:
  g_ptr_array_remove (chat->exchanges, exchange);
  return FALSE;
}

/* Ctrl+C stops the answer that is running; at the prompt it ends the program. The handler only wakes a thread, which may do more than a
 * handler may. */
static int interrupt_pipe[2];

static void
interrupted (int signal_number)
{
  char byte = 0;
  ssize_t written = write (interrupt_pipe[1], &byte, 1);

  (void) written;
}

static gpointer
watch_interrupts (gpointer data)
{
  Chat *chat = data;
  char byte;

  while (read (interrupt_pipe[0], &byte, 1) == 1) {
    g_mutex_lock (&chat->lock);
    if (!chat->cancellable)
      _exit (130);
    g_cancellable_cancel (chat->cancellable);
    g_mutex_unlock (&chat->lock);
  }
  return NULL;
}

static void
set_cancellable (Chat *chat, GCancellable *cancellable)
{
  g_mutex_lock (&chat->lock);
  g_set_object (&chat->cancellable, cancellable);
  g_mutex_unlock (&chat->lock);
}

/* A line of an interactive conversation; an error is shown and the conversation goes on. */
static void
take_line (Chat *chat, const char *line)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  set_cancellable (chat, cancellable);
  if (g_str_has_prefix (line, "/image ")) {
    g_autofree char *file = g_strstrip (g_strdup (line + strlen ("/image ")));

    if (owl_tool_model_add_picture (&chat->m, file, cancellable, &error))
      fprintf (stderr, "Attached %s.\n", file);
  } else if (*line || chat->m.visuals->len > 0) {
    ask (chat, line, &error);
  }
  set_cancellable (chat, NULL);
  if (error)
    owl_tool_fail ("chat", error);
}

static void
converse (Chat *chat)
{
  gboolean tty = isatty (STDIN_FILENO);
  g_autofree char *line = NULL;
  const struct sigaction action = { .sa_handler = interrupted, .sa_flags = SA_RESTART };
  size_t size = 0;
  ssize_t n;

  if (pipe2 (interrupt_pipe, O_CLOEXEC) != 0 || sigaction (SIGINT, &action, NULL) != 0)
    return;
  g_thread_unref (g_thread_new ("interrupts", watch_interrupts, chat));
  if (tty)
    fprintf (stderr, "\"/image FILE\" attaches a picture, Ctrl+C stops an answer, Ctrl+D ends.\n");
  for (;;) {
    if (tty) {
      fputs ("> ", stdout);
      fflush (stdout);
    }
    n = getline (&line, &size, stdin);
    if (n < 0)
      break;
    g_strchomp (line);
    take_line (chat, line);
  }
  if (tty)
    putchar ('\n');
}

static void
options_clear (Options *o)
{
  g_free (o->model);
  g_free (o->question);
  g_free (o->system);
  g_free (o->kv);
  g_free (o->raw);
  g_free (o->detail);
  g_strfreev (o->adapters);
  g_strfreev (o->pictures);
}

static gboolean
check_options (const Options *o, OwlKvType *kv, OwlDetail *detail)
{
  if (!o->model)
    owl_tool_usage ("chat", "-m MODEL is missing");
  else if (!owl_tool_parse_kv (o->kv, kv))
    owl_tool_usage ("chat", "--kv takes f32, f16 or q8_0");
  else if (!owl_tool_parse_detail (o->detail, detail))
    owl_tool_usage ("chat", "--detail takes overview or fine");
  else if (o->max_tokens < 0 || o->top_k < 0 || o->context < 0 || o->threads < 0)
    owl_tool_usage ("chat", "-n, --top-k, --context and -t take positive numbers");
  else if (o->raw && (o->question || o->system))
    owl_tool_usage ("chat", "--raw goes without -p and --system");
  else if (o->json && !o->raw && !o->question)
    owl_tool_usage ("chat", "--json wants -p or --raw");
  else
    return TRUE;
  return FALSE;
}

int
owl_tool_chat (int argc, char **argv)
{
  Options o = { .max_tokens = 512, .top_p = 1.0, .repeat_penalty = 1.0 };
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &o.model, "model folder, or a language GGUF", "MODEL" },
    { "adapter", 'a', 0, G_OPTION_ARG_FILENAME_ARRAY, &o.adapters, "adapter, may repeat", "ADAPTER[:STRENGTH]" },
    { "image", 'i', 0, G_OPTION_ARG_FILENAME_ARRAY, &o.pictures, "picture, may repeat; FILE#N is page N of a PDF", "PICTURE" },
    { "detail", 0, 0, G_OPTION_ARG_STRING, &o.detail, "overview, or fine: in tiles (what the model was trained for)", "DETAIL" },
    { "prompt", 'p', 0, G_OPTION_ARG_STRING, &o.question, "ask once", "QUESTION" },
    { "max", 'n', 0, G_OPTION_ARG_INT, &o.max_tokens, "most tokens of the answer (512)", "MAX" },
    { "temp", 0, 0, G_OPTION_ARG_DOUBLE, &o.temperature, "above 0: sample with this temperature", "T" },
    { "top-k", 0, 0, G_OPTION_ARG_INT, &o.top_k, "sample among the K best", "K" },
    { "top-p", 0, 0, G_OPTION_ARG_DOUBLE, &o.top_p, "sample among the best that make up P", "P" },
    { "min-p", 0, 0, G_OPTION_ARG_DOUBLE, &o.min_p, "sample among those at least P times the best", "P" },
    { "repeat-penalty", 0, 0, G_OPTION_ARG_DOUBLE, &o.repeat_penalty, "above 1: avoid repetition", "R" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &o.seed, "seed of the sampling", "S" },
    { "system", 0, 0, G_OPTION_ARG_STRING, &o.system, "another system text", "TEXT" },
    { "context", 0, 0, G_OPTION_ARG_INT, &o.context, "positions of context", "N" },
    { "kv", 0, 0, G_OPTION_ARG_STRING, &o.kv, "keep keys and values as f32, f16 or q8_0", "T" },
    { "threads", 't', 0, G_OPTION_ARG_INT, &o.threads, "threads (physical cores)", "THREADS" },
    { "raw", 0, 0, G_OPTION_ARG_FILENAME, &o.raw, "a whole prompt with <image> marks", "FILE" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &o.json, "print one JSON object", NULL },
    G_OPTION_ENTRY_NULL,
  };
  Chat chat = { .options = &o };
  g_autoptr (GPtrArray) pictures = NULL;
  g_autoptr (GError) error = NULL;
  OwlKvType kv;
  OwlDetail detail;
  gboolean done = TRUE;

  if (!owl_tool_parse (&argc, &argv, entries, NULL, "Asks a vision-language model about pictures and text."))
    return OWL_EXIT_USAGE;
  if (argc > 1 || !check_options (&o, &kv, &detail)) {
    options_clear (&o);
    return argc > 1 ? owl_tool_usage ("chat", "unexpected argument %s", argv[1]) : OWL_EXIT_USAGE;
  }

  chat.sampling = (OwlSampling){ (float) o.temperature, o.top_k, (float) o.top_p, (float) o.min_p, (float) o.repeat_penalty,
                                 (guint64) o.seed };
  chat.exchanges = g_ptr_array_new_with_free_func (exchange_free);
  g_mutex_init (&chat.lock);
  /* Before the model, which may take minutes: a wrong name is said at once. */
  pictures = owl_tool_read_pictures (o.pictures, &error);
  done = pictures && owl_tool_model_open (&chat.m, o.model, o.adapters, o.threads, &error);
  chat.m.detail = detail;
  for (guint i = 0; done && i < pictures->len; i++)
    done = owl_tool_model_encode (&chat.m, g_ptr_array_index (pictures, i), NULL, &error);
  g_clear_pointer (&pictures, g_ptr_array_unref);
  if (done) {
    chat.session = owl_session_new (chat.m.model, (OwlAdapter *const *) chat.m.adapters->pdata, chat.m.adapters->len, o.context, kv,
                                    &error);
    done = chat.session != NULL;
  }
  if (done && (o.question || o.raw))
    done = answer_once (&chat, &error);
  else if (done)
    converse (&chat);

  g_clear_pointer (&chat.exchanges, g_ptr_array_unref);
  g_clear_pointer (&chat.session, owl_session_free);
  owl_tool_model_clear (&chat.m);
  options_clear (&o);
  return done ? OWL_EXIT_OK : owl_tool_fail ("chat", error);
}
