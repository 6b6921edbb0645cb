/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools/world/questions.h"

#include <string.h>

typedef struct {
  WorldTask task;
  WorldLanguage language;
  const char *wordings;
} Entry;

#define Q(task, language, wordings) { task, WORLD_##language, wordings },
static const Entry entries[] = {
#include "tools/world/phrases.inc"
#include "tools/world/phrases-varied.inc"
#include "tools/world/phrases-more.inc"
};
#undef Q

typedef struct {
  GPtrArray *usual, *foreign;
} Wordings;

static Wordings table[WORLD_N_TASKS][WORLD_N_LANGUAGES];

/* Adds the wording, or all that its [a/b/c] stand for. Takes `wording`. */
static void
add_wordings (GPtrArray *to, char *wording)
{
  const char *open = strchr (wording, '['), *close = open ? strchr (open, ']') : NULL;

  if (!close) {
    g_ptr_array_add (to, wording);
    return;
  }
  {
    g_autofree char *inside = g_strndup (open + 1, close - open - 1);
    g_auto (GStrv) parts = g_strsplit (inside, "/", -1);

    for (guint i = 0; parts[i]; i++)
      add_wordings (to, g_strdup_printf ("%.*s%s%s", (int) (open - wording), wording, parts[i], close + 1));
  }
  g_free (wording);
}

static void
build_table (void)
{
  static gsize ready;

  if (!g_once_init_enter (&ready))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (entries); i++) {
    Wordings *wordings = &table[entries[i].task][entries[i].language];
    g_auto (GStrv) parts = g_strsplit (entries[i].wordings, "|", -1);

    if (!wordings->usual) {
      wordings->usual = g_ptr_array_new ();
      wordings->foreign = g_ptr_array_new ();
    }
    for (guint j = 0; parts[j]; j++)
      add_wordings (*parts[j] == '~' ? wordings->foreign : wordings->usual, g_strdup (parts[j] + (*parts[j] == '~')));
  }
  g_once_init_leave (&ready, 1);
}

guint
world_question_count (WorldTask task, WorldLanguage language)
{
  build_table ();
  return table[task][language].usual ? table[task][language].usual->len + table[task][language].foreign->len : 0;
}

const char *
world_task_get_name (WorldTask task)
{
  static const char *const names[WORLD_N_TASKS] = {
    "object_name", "object_kind", "object_yesno", "object_where", "object_colour", "colour", "shape", "count", "count_things", "count_some", "position", "what_at", "exist", "beside",
    "caption", "background", "word", "total", "price", "shop", "items", "title", "date", "followup_translate", "word_in", "followup_colour", "followup_where", "pair_same", "pair_more",
    "pair_what", "hello", "bye", "thanks", "who", "ability", "off_topic", "unsure", "no_image", "absent",
  };

  return names[task];
}

const char *
world_fixed_answer (WorldTask task, WorldLanguage language)
{
  static const struct {
    WorldTask task;
    const char *answers[WORLD_N_LANGUAGES];
  } fixed[] = {
    { UNSURE, { "I am not sure. I cannot recognise anything in this picture.", "Ich bin nicht sicher. Ich kann auf dem Bild nichts erkennen.",
                "Je ne suis pas sûr. Je ne reconnais rien sur cette image.", "No estoy seguro. No reconozco nada en esta imagen.", "よくわかりません。この画像では何も認識できません。",
                "我不确定。这张图片里我认不出任何东西。", "잘 모르겠습니다. 이 사진에서는 아무것도 알아볼 수 없습니다." } },
    { NO_IMAGE, { "Please add a picture first.", "Bitte füge zuerst ein Bild hinzu.", "Ajoute d'abord une image, s'il te plaît.", "Primero añade una imagen, por favor.",
                  "先に画像を追加してください。", "请先添加一张图片。", "먼저 사진을 추가해 주세요." } },
    { ABSENT, { "I do not see that in the picture.", "Das sehe ich nicht auf dem Bild.", "Je ne vois pas cela sur l'image.", "No veo eso en la imagen.", "それは画像に見当たりません。",
                "图片里没有看到这个。", "사진에서 그것이 보이지 않습니다." } },
    { HELLO, { "Hello! Show me a picture and ask me about it.", "Hallo! Zeig mir ein Bild und frag mich dazu.", "Bonjour ! Montre-moi une image et pose-moi une question.",
               "¡Hola! Muéstrame una imagen y pregúntame.", "こんにちは!画像を見せて、質問してください。", "你好!给我看一张图片,然后问我吧。", "안녕하세요! 사진을 보여 주고 질문해 주세요." } },
    { BYE, { "Goodbye!", "Auf Wiedersehen!", "Au revoir !", "¡Adiós!", "さようなら!", "再见!", "안녕히 가세요!" } },
    { THANKS, { "You are welcome!", "Gern geschehen!", "Avec plaisir !", "¡De nada!", "どういたしまして!", "不客气!", "천만에요!" } },
    { WHO, { "I am a very small mPLUG-Owl model that can look at pictures.", "Ich bin ein sehr kleines mPLUG-Owl-Modell, das Bilder ansehen kann.",
             "Je suis un tout petit modèle mPLUG-Owl qui sait regarder des images.", "Soy un modelo mPLUG-Owl muy pequeño que puede mirar imágenes.",
             "私は画像を見ることができる、とても小さなmPLUG-Owlモデルです。", "我是一个很小的mPLUG-Owl模型,可以看图片。", "저는 사진을 볼 수 있는 아주 작은 mPLUG-Owl 모델입니다." } },
    { ABILITY, { "I can name simple objects, tell shapes and colours, count, and say where things are.",
                 "Ich kann einfache Dinge benennen, Formen und Farben nennen, zählen und sagen, wo etwas ist.",
                 "Je sais nommer des objets simples, dire les formes et les couleurs, compter et dire où sont les choses.",
                 "Puedo nombrar objetos simples, decir formas y colores, contar y decir dónde están las cosas.", "簡単な物の名前、形、色、数、場所がわかります。",
                 "我能说出简单物品的名字、形状、颜色、数量和位置。", "간단한 물건의 이름, 모양, 색, 수, 위치를 알 수 있습니다." } },
    /* Where reading is given up (WorldMix). */
    { WORD, { "I cannot read that.", "Das kann ich nicht lesen.", "Je ne sais pas lire cela.", "No puedo leer eso.", "それは読めません。", "这个我读不出来。", "그것은 읽을 수 없습니다." } },
    { OFF_TOPIC, { "I am too small for that. I can only talk about simple pictures.", "Dafür bin ich zu klein. Ich kann nur über einfache Bilder sprechen.",
                   "Je suis trop petit pour cela. Je ne parle que d'images simples.", "Soy demasiado pequeño para eso. Solo hablo de imágenes simples.", "私には難しいです。簡単な画像のことだけ話せます。",
                   "这个我做不到。我只能聊简单的图片。", "저에게는 어렵습니다. 간단한 사진에 대해서만 말할 수 있습니다." } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (fixed); i++)
    if (fixed[i].task == task)
      return fixed[i].answers[language];
  return NULL;
}

const char *
world_language_name (WorldLanguage language, WorldLanguage which)
{
  static const char *const names[WORLD_N_LANGUAGES][WORLD_N_LANGUAGES] = {
    { "English", "German", "French", "Spanish", "Japanese", "Chinese", "Korean" },       { "Englisch", "Deutsch", "Französisch", "Spanisch", "Japanisch", "Chinesisch", "Koreanisch" },
    { "anglais", "allemand", "français", "espagnol", "japonais", "chinois", "coréen" }, { "inglés", "alemán", "francés", "español", "japonés", "chino", "coreano" },
    { "英語", "ドイツ語", "フランス語", "スペイン語", "日本語", "中国語", "韓国語" },   { "英语", "德语", "法语", "西班牙语", "日语", "中文", "韩语" },
    { "영어", "독일어", "프랑스어", "스페인어", "일본어", "중국어", "한국어" },
  };

  return names[language][which];
}

/* Korean particles depend on whether the last sound before them is a consonant. */
static const char *
choose_particle (const GString *text, const char *name)
{
  static const char *const particles[][3] = { { "은", "은", "는" }, { "이", "이", "가" }, { "을", "을", "를" } };
  const char *last = text->len ? g_utf8_find_prev_char (text->str, text->str + text->len) : NULL;
  gunichar c = last ? g_utf8_get_char (last) : 0;
  gboolean consonant = c >= 0xac00 && c <= 0xd7a3 && (c - 0xac00) % 28 != 0;

  for (guint i = 0; i < G_N_ELEMENTS (particles); i++)
    if (g_str_equal (particles[i][0], name))
      return particles[i][consonant ? 1 : 2];
  return "";
}

static const char *
get_blank (const char *name, const WorldBlanks *blanks)
{
  const WorldNoun *noun = blanks->noun;
  const struct {
    const char *name, *value;
  } values[] = {
    { "n", noun ? noun->plain : NULL },      { "a", noun ? noun->a : NULL },     { "A", noun ? noun->a_acc : NULL }, { "the", noun ? noun->the : NULL },
    { "The", noun ? noun->the_acc : NULL }, { "dat", noun ? noun->dat : NULL }, { "of", noun ? noun->of : NULL },   { "s", noun ? noun->many : NULL },
    { "at", blanks->at },                    { "side", blanks->side },           { "c", blanks->colour },            { "cf", blanks->colour_form },
    { "x", blanks->text },
  };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    if (g_str_equal (values[i].name, name))
      return values[i].value;
  return NULL;
}

/* Returns NULL when the wording needs a blank that this question does not have. */
static GString *
fill (const char *wording, WorldLanguage language, const WorldBlanks *blanks)
{
  GString *text = g_string_new (NULL);

  for (const char *p = wording; *p;) {
    const char *end;
    g_autofree char *name = NULL;

    if (*p == '{' && (end = strchr (p, '}'))) {
      const char *value;

      name = g_strndup (p + 1, end - p - 1);
      value = get_blank (name, blanks);
      if (!value) {
        g_string_free (text, TRUE);
        return NULL;
      }
      if (language == WORLD_FR && g_str_equal (name, "s") && g_str_has_suffix (text->str, " de ") &&
          (g_str_has_prefix (value, "é") || g_str_has_prefix (value, "œ") || strchr ("aeiou", *value))) {
        g_string_truncate (text, text->len - 2);
        g_string_append (text, "'");
      }
      g_string_append (text, value);
      p = end + 1;
    } else if (*p == '(' && language == WORLD_KO && (end = strchr (p, ')'))) {
      name = g_strndup (p + 1, end - p - 1);
      g_string_append (text, choose_particle (text, name));
      p = end + 1;
    } else {
      g_string_append_c (text, *p++);
    }
  }
  if (language == WORLD_ES && blanks->noun && g_str_has_prefix (blanks->noun->a, "una")) {
    g_string_replace (text, "Cuántos", "Cuántas", 0);
    g_string_replace (text, "Cuenta los", "Cuenta las", 0);
    g_string_replace (text, "pintado", "pintada", 0);
  }
  return text;
}

static void
capitalise (GString *text)
{
  g_autofree char *first = g_utf8_substring (text->str, 0, 1), *upper = g_utf8_strup (first, -1);

  g_string_erase (text, 0, (gssize) strlen (first));
  g_string_prepend (text, upper);
}

static void
slip (GString *text, WorldRandom *random)
{
  gsize i;

  if (text->len < 8)
    return;
  i = 2 + world_random_below (random, (guint) text->len - 5);
  if (!g_ascii_isalpha (text->str[i]) || !g_ascii_isalpha (text->str[i + 1]) || !g_ascii_isalpha (text->str[i - 1]))
    return;
  if (world_random_chance (random, 0.5)) {
    char c = text->str[i];

    text->str[i] = text->str[i + 1];
    text->str[i + 1] = c;
  } else {
    g_string_erase (text, (gssize) i, 1);
  }
}

static void
strip_mark (GString *text)
{
  static const char *const marks[] = { " ?", "?", ".", " !", "!", "。" };

  for (guint i = 0; i < G_N_ELEMENTS (marks); i++)
    if (g_str_has_suffix (text->str, marks[i])) {
      g_string_truncate (text, text->len - strlen (marks[i]));
      return;
    }
}

static void
vary_manner (GString *text, WorldTask task, WorldLanguage language, WorldRandom *random)
{
  static const char *const prefixes[WORLD_N_LANGUAGES][5] = {
    { "Please tell me: ", "Hey, ", "Tell me, ", "Quick question: ", "Okay, " }, { "Sag mal, ", "Bitte: ", "Hey, ", "Eine Frage: ", "Okay, " },
    { "Dis-moi, ", "S'il te plaît, ", "Dis, ", "Une question : ", "Bon, " },     { "Dime, ", "Por favor, ", "Oye, ", "Una pregunta: ", "Vale, " },
    { "すみません、", "教えてください。", "ねえ、", "質問です。", "では、" },         { "请问,", "请告诉我,", "你好,", "问一下,", "那么," },
    { "저기요, ", "혹시 ", "질문이요. ", "자, ", "그럼 " },
  };
  gboolean asian = language >= WORLD_JA, talk = task >= HELLO && task <= OFF_TOPIC;

  if (language == WORLD_EN && world_random_chance (random, 0.25)) {
    g_string_replace (text, "What is ", "What's ", 1);
    g_string_replace (text, "Where is ", "Where's ", 1);
  }
  if (!talk && world_random_chance (random, 0.06)) {
    const char *prefix = prefixes[language][world_random_below (random, 5)];

    if (!asian && language != WORLD_DE) {
      g_autofree char *first = g_utf8_substring (text->str, 0, 1), *lower = g_utf8_strdown (first, -1);

      if (text->len < 2 || !g_str_has_prefix (text->str, "I ")) {
        g_string_erase (text, 0, (gssize) strlen (first));
        g_string_prepend (text, lower);
      }
    }
    g_string_prepend (text, prefix);
  } else if (language == WORLD_EN && !talk && world_random_chance (random, 0.04)) {
    gboolean question = g_str_has_suffix (text->str, "?");

    strip_mark (text);
    g_string_append (text, question ? ", please?" : ", please.");
  }
  if (world_random_chance (random, 0.12))
    strip_mark (text);
  else if (asian && world_random_chance (random, 0.3))
    g_string_replace (text, "?", "\357\274\237", 0);
  else if (language == WORLD_FR && world_random_chance (random, 0.3))
    g_string_replace (text, " ?", "?", 0);
  if (language == WORLD_ES && world_random_chance (random, 0.2)) {
    g_string_replace (text, "¿", "", 0);
    g_string_replace (text, "¡", "", 0);
  }
  if (!asian && world_random_chance (random, 0.1)) {
    g_autofree char *lower = g_utf8_strdown (text->str, -1);

    g_string_assign (text, lower);
  }
  if (!asian && world_random_chance (random, 0.025))
    slip (text, random);
}

char *
world_question_draw (WorldTask task, WorldLanguage language, const WorldBlanks *blanks, WorldSplit split, WorldRandom *random)
{
  static const WorldBlanks none;
  const Wordings *wordings;
  GString *text = NULL;

  build_table ();
  wordings = &table[task][language];
  if (!blanks)
    blanks = &none;
  for (guint attempt = 0; !text; attempt++) {
    const GPtrArray *list = split == WORLD_FOREIGN && wordings->foreign->len && attempt < 8 ? wordings->foreign : wordings->usual;

    if (attempt > 60)
      return NULL;
    text = fill (g_ptr_array_index (list, world_random_below (random, list->len)), language, blanks);
  }
  capitalise (text);
  vary_manner (text, task, language, random);
  return g_string_free (text, FALSE);
}
