/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names with their articles, adjectives and plurals, and the answers made of them. */
#include "tools/world/nouns.h"

#include "tools/world/scene.h"

#include <string.h>

#define L WORLD_N_LANGUAGES

/* English, German "gender singular plural", French and Spanish "gender singular", Japanese, Chinese, Korean. */
static const char *const shape_names[WORLD_N_SHAPES + 1][L] = {
  { "a circle", "m Kreis Kreise", "m cercle", "m círculo", "円", "圆形", "원" },
  { "a square", "n Quadrat Quadrate", "m carré", "m cuadrado", "四角", "正方形", "사각형" },
  { "a triangle", "n Dreieck Dreiecke", "m triangle", "m triángulo", "三角", "三角形", "삼각형" },
  { "a star", "m Stern Sterne", "f étoile", "f estrella", "星", "星形", "별" },
  { "a heart", "n Herz Herzen", "m cœur", "m corazón", "ハート", "心形", "하트" },
  { "a diamond", "f Raute Rauten", "m losange", "m rombo", "ひし形", "菱形", "마름모" },
  { "a rectangle", "n Rechteck Rechtecke", "m rectangle", "m rectángulo", "長方形", "长方形", "직사각형" },
  { "an oval", "n Oval Ovale", "m ovale", "m óvalo", "楕円", "椭圆形", "타원" },
  { "a pentagon", "n Fünfeck Fünfecke", "m pentagone", "m pentágono", "五角形", "五边形", "오각형" },
  { "a hexagon", "n Sechseck Sechsecke", "m hexagone", "m hexágono", "六角形", "六边形", "육각형" },
  { "a cross", "n Kreuz Kreuze", "f croix", "f cruz", "十字", "十字形", "십자" },
  { "a shape", "f Form Formen", "f forme", "f figura", "図形", "图形", "도형" },
};

static const char *const colour_names[WORLD_N_COLOURS][L] = {
  { "red", "rot", "rouge", "rojo", "赤", "红色", "빨간색" },
  { "blue", "blau", "bleu", "azul", "青", "蓝色", "파란색" },
  { "green", "grün", "vert", "verde", "緑", "绿色", "초록색" },
  { "yellow", "gelb", "jaune", "amarillo", "黄色", "黄色", "노란색" },
  { "orange", "orange", "orange", "naranja", "オレンジ", "橙色", "주황색" },
  { "purple", "lila", "violet", "morado", "紫", "紫色", "보라색" },
  { "black", "schwarz", "noir", "negro", "黒", "黑色", "검은색" },
  { "white", "weiß", "blanc", "blanco", "白", "白色", "흰색" },
  { "pink", "rosa", "rose", "rosa", "ピンク", "粉色", "분홍색" },
  { "brown", "braun", "marron", "marrón", "茶色", "棕色", "갈색" },
  { "grey", "grau", "gris", "gris", "灰色", "灰色", "회색" },
};

/* German stem (takes endings, or "-" before a word that takes none), French feminine, Spanish feminine, French plural ending, Spanish plural. */
static const char *const colour_forms[WORLD_N_COLOURS][5] = {
  { "rot", "rouge", "roja", "s", "s" },
  { "blau", "bleue", "azul", "s", "es" },
  { "grün", "verte", "verde", "s", "s" },
  { "gelb", "jaune", "amarilla", "s", "s" },
  { "orangefarben", "orange", "naranja", "", "s" },
  { "-lila", "violette", "morada", "s", "s" },
  { "schwarz", "noire", "negra", "s", "s" },
  { "weiß", "blanche", "blanca", "s", "s" },
  { "-rosa", "rose", "rosa", "s", "s" },
  { "braun", "marron", "marrón", "", "es" },
  { "grau", "grise", "gris", "s", "es" },
};

static const char *const cell_answers[9][L] = {
  { "Top left.", "Oben links.", "En haut à gauche.", "Arriba a la izquierda.", "左上です。", "左上。", "왼쪽 위입니다." },
  { "Top centre.", "Oben in der Mitte.", "En haut au milieu.", "Arriba en el centro.", "上です。", "上方。", "위입니다." },
  { "Top right.", "Oben rechts.", "En haut à droite.", "Arriba a la derecha.", "右上です。", "右上。", "오른쪽 위입니다." },
  { "Left.", "Links.", "À gauche.", "A la izquierda.", "左です。", "左边。", "왼쪽입니다." },
  { "Centre.", "In der Mitte.", "Au centre.", "En el centro.", "中央です。", "中间。", "가운데입니다." },
  { "Right.", "Rechts.", "À droite.", "A la derecha.", "右です。", "右边。", "오른쪽입니다." },
  { "Bottom left.", "Unten links.", "En bas à gauche.", "Abajo a la izquierda.", "左下です。", "左下。", "왼쪽 아래입니다." },
  { "Bottom centre.", "Unten in der Mitte.", "En bas au milieu.", "Abajo en el centro.", "下です。", "下方。", "아래입니다." },
  { "Bottom right.", "Unten rechts.", "En bas à droite.", "Abajo a la derecha.", "右下です。", "右下。", "오른쪽 아래입니다." },
};

static const char *const kind_answers[WORLD_N_KINDS][L] = {
  { "An animal.", "Ein Tier.", "Un animal.", "Un animal.", "動物です。", "动物。", "동물입니다." },
  { "A plant.", "Eine Pflanze.", "Une plante.", "Una planta.", "植物です。", "植物。", "식물입니다." },
  { "Something from nature.", "Etwas aus der Natur.", "Quelque chose de la nature.", "Algo de la naturaleza.", "自然のものです。", "自然事物。", "자연물입니다." },
  { "Something to eat or drink.", "Etwas zu essen oder zu trinken.", "Quelque chose à manger ou à boire.", "Algo de comer o de beber.", "食べ物か飲み物です。", "吃的或喝的。",
    "음식이나 음료입니다." },
  { "Something for sports.", "Etwas zum Sport.", "Un objet de sport.", "Algo de deporte.", "スポーツ用品です。", "体育用品。", "운동 용품입니다." },
  { "A musical instrument.", "Ein Musikinstrument.", "Un instrument de musique.", "Un instrumento musical.", "楽器です。", "乐器。", "악기입니다." },
  { "An everyday object.", "Ein Alltagsgegenstand.", "Un objet du quotidien.", "Un objeto cotidiano.", "日用品です。", "日常用品。", "일상용품입니다." },
  { "A vehicle.", "Ein Fahrzeug.", "Un véhicule.", "Un vehículo.", "乗り物です。", "交通工具。", "탈것입니다." },
  { "A building.", "Ein Gebäude.", "Un bâtiment.", "Un edificio.", "建物です。", "建筑。", "건물입니다." },
  { "Something to wear.", "Etwas zum Anziehen.", "Quelque chose à porter.", "Algo para ponerse.", "身につけるものです。", "穿戴的东西。", "입거나 쓰는 것입니다." },
  { "A part of the body.", "Ein Körperteil.", "Une partie du corps.", "Una parte del cuerpo.", "体の一部です。", "身体部位。", "몸의 일부입니다." },
};

static const char *const place_phrases[L][9][3] = {
  { { "at the top left", "in the top left corner", "in the upper left" }, { "at the top centre", "at the top in the middle", "at the top" }, { "at the top right", "in the top right corner", "in the upper right" },
    { "on the left", "at the left", "on the left side" }, { "in the centre", "in the middle", "in the center" }, { "on the right", "at the right", "on the right side" },
    { "at the bottom left", "in the bottom left corner", "in the lower left" }, { "at the bottom centre", "at the bottom in the middle", "at the bottom" }, { "at the bottom right", "in the bottom right corner", "in the lower right" } },
  { { "oben links", "in der oberen linken Ecke", "links oben" }, { "oben in der Mitte", "oben mittig", "oben" }, { "oben rechts", "in der oberen rechten Ecke", "rechts oben" },
    { "links", "auf der linken Seite", "am linken Rand" }, { "in der Mitte", "im Zentrum", "mittendrin" }, { "rechts", "auf der rechten Seite", "am rechten Rand" },
    { "unten links", "in der unteren linken Ecke", "links unten" }, { "unten in der Mitte", "unten mittig", "unten" }, { "unten rechts", "in der unteren rechten Ecke", "rechts unten" } },
  { { "en haut à gauche", "dans le coin supérieur gauche", "dans le coin en haut à gauche" }, { "en haut au milieu", "en haut au centre", "en haut" }, { "en haut à droite", "dans le coin supérieur droit", "dans le coin en haut à droite" },
    { "à gauche", "sur la gauche", "du côté gauche" }, { "au centre", "au milieu", "en plein centre" }, { "à droite", "sur la droite", "du côté droit" },
    { "en bas à gauche", "dans le coin inférieur gauche", "dans le coin en bas à gauche" }, { "en bas au milieu", "en bas au centre", "en bas" }, { "en bas à droite", "dans le coin inférieur droit", "dans le coin en bas à droite" } },
  { { "arriba a la izquierda", "en la esquina superior izquierda", "en la parte superior izquierda" }, { "arriba en el centro", "arriba en el medio", "arriba" }, { "arriba a la derecha", "en la esquina superior derecha", "en la parte superior derecha" },
    { "a la izquierda", "en el lado izquierdo", "en la izquierda" }, { "en el centro", "en el medio", "en mitad" }, { "a la derecha", "en el lado derecho", "en la derecha" },
    { "abajo a la izquierda", "en la esquina inferior izquierda", "en la parte inferior izquierda" }, { "abajo en el centro", "abajo en el medio", "abajo" }, { "abajo a la derecha", "en la esquina inferior derecha", "en la parte inferior derecha" } },
  { { "左上", "左上の角", "画像の左上" }, { "上", "上の中央", "画像の上" }, { "右上", "右上の角", "画像の右上" }, { "左", "左側", "画像の左" }, { "中央", "真ん中", "画像の中央" }, { "右", "右側", "画像の右" },
    { "左下", "左下の角", "画像の左下" }, { "下", "下の中央", "画像の下" }, { "右下", "右下の角", "画像の右下" } },
  { { "左上", "左上角", "图片左上角" }, { "上方", "上面中间", "图片上方" }, { "右上", "右上角", "图片右上角" }, { "左边", "左侧", "图片左边" }, { "中间", "中央", "图片中间" }, { "右边", "右侧", "图片右边" },
    { "左下", "左下角", "图片左下角" }, { "下方", "下面中间", "图片下方" }, { "右下", "右下角", "图片右下角" } },
  { { "왼쪽 위", "왼쪽 상단", "왼쪽 위 모서리" }, { "위", "위쪽 가운데", "위쪽" }, { "오른쪽 위", "오른쪽 상단", "오른쪽 위 모서리" }, { "왼쪽", "왼편", "사진 왼쪽" }, { "가운데", "중앙", "한가운데" }, { "오른쪽", "오른편", "사진 오른쪽" },
    { "왼쪽 아래", "왼쪽 하단", "왼쪽 아래 모서리" }, { "아래", "아래쪽 가운데", "아래쪽" }, { "오른쪽 아래", "오른쪽 하단", "오른쪽 아래 모서리" } },
};

static const char *const side_phrases[L][4] = {
  { "to the left of", "to the right of", "above", "below" }, { "links von", "rechts von", "über", "unter" }, { "à gauche", "à droite", "au-dessus", "en dessous" },
  { "a la izquierda", "a la derecha", "encima", "debajo" },  { "左", "右", "上", "下" },                     { "左边", "右边", "上面", "下面" },
  { "왼쪽", "오른쪽", "위", "아래" },
};

const char *
world_colour_name (WorldLanguage language, int colour)
{
  return colour_names[colour][language];
}

const char *
world_colour_name_with_shape (WorldLanguage language, int colour)
{
  switch (language) {
  case WORLD_FR:
    return colour_forms[colour][1];
  case WORLD_ES:
    return colour_forms[colour][2];
  case WORLD_DE: {
    static const char *const forms[WORLD_N_COLOURS] = { "rote", "blaue", "grüne", "gelbe", "orangefarbene", "lila", "schwarze", "weiße", "rosa", "braune", "graue" };

    return forms[colour];
  }
  case WORLD_EN:
  case WORLD_JA:
  case WORLD_ZH:
  case WORLD_KO:
  case WORLD_N_LANGUAGES:
    break;
  }
  return colour_names[colour][language];
}

const char *
world_place_phrase (WorldLanguage language, int cell, guint way)
{
  return place_phrases[language][cell][way % 3];
}

const char *
world_side_phrase (WorldLanguage language, guint side)
{
  return side_phrases[language][side % 4];
}

static void
put (char field[64], const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
put (char field[64], const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_vsnprintf (field, 64, format, arguments);
  va_end (arguments);
}

static void
pluralise_english (const char *singular, char *many)
{
  static const char *const odd[][2] = { { "mouse", "mice" }, { "wolf", "wolves" }, { "knife", "knives" }, { "die", "dice" }, { "maple leaf", "maple leaves" }, { "scarf", "scarves" }, { "sheep", "sheep" },
                                        { "fish", "fish" }, { "deer", "deer" }, { "shrimp", "shrimp" }, { "tomato", "tomatoes" }, { "potato", "potatoes" }, { "mango", "mangoes" }, { "snowman", "snowmen" } };
  gsize n = strlen (singular);

  for (guint i = 0; i < G_N_ELEMENTS (odd); i++)
    if (g_str_equal (odd[i][0], singular)) {
      put (many, "%s", odd[i][1]);
      return;
    }
  if (n > 1 && singular[n - 1] == 'y' && !strchr ("aeiou", singular[n - 2]))
    put (many, "%.*sies", (int) n - 1, singular);
  else if (g_str_has_suffix (singular, "s") || g_str_has_suffix (singular, "x") || g_str_has_suffix (singular, "ch") || g_str_has_suffix (singular, "sh"))
    put (many, "%ses", singular);
  else
    put (many, "%ss", singular);
}

static char *
pluralise_french_word (const char *word)
{
  gsize n = strlen (word);

  if (g_str_equal (word, "hot") || g_str_equal (word, "photo"))
    return g_strdup (word);
  if (strchr ("sxz", word[n - 1]))
    return g_strdup (word);
  if (g_str_has_suffix (word, "eau") || g_str_has_suffix (word, "feu"))
    return g_strconcat (word, "x", NULL);
  if (g_str_has_suffix (word, "al"))
    return g_strdup_printf ("%.*sux", (int) n - 1, word);
  return g_strconcat (word, "s", NULL);
}

static char *
pluralise_spanish_word (const char *word)
{
  static const char *const accents[][2] = { { "ón", "ones" }, { "ín", "ines" }, { "án", "anes" }, { "ús", "uses" } };
  static const char *const foreign[] = { "robot", "scooter", "pretzel", "clip", "dónut", NULL };
  gsize n = strlen (word);

  for (guint i = 0; i < G_N_ELEMENTS (accents); i++)
    if (g_str_has_suffix (word, accents[i][0]))
      return g_strdup_printf ("%.*s%s", (int) (n - strlen (accents[i][0])), word, accents[i][1]);
  if (word[n - 1] == 'z')
    return g_strdup_printf ("%.*sces", (int) n - 1, word);
  if (word[n - 1] == 's')
    return g_strdup (word);
  if (strchr ("aeiou", word[n - 1]) || g_str_has_suffix (word, "é") || g_str_has_suffix (word, "á") || g_strv_contains (foreign, word))
    return g_strconcat (word, "s", NULL);
  return g_strconcat (word, "es", NULL);
}

/* French and Spanish: the first word takes the ending, and an adjective after it too; what follows "de", "à", "en" does not. */
static void
pluralise_romance (WorldLanguage language, const char *singular, char *many)
{
  gboolean french = language == WORLD_FR;
  gsize n = strcspn (singular, french ? " -" : " ");
  g_autofree char *word = g_strndup (singular, n), *plural = NULL, *adjective = NULL;
  const char *rest = singular + n;

  if (g_str_has_prefix (singular, "T-")) {
    put (many, "%ss", singular);
    return;
  }
  plural = french ? pluralise_french_word (word) : pluralise_spanish_word (word);
  if (*rest == ' ' && !strchr (rest + 1, ' ') && !strchr (rest, '\'')) {
    adjective = french ? pluralise_french_word (rest + 1) : pluralise_spanish_word (rest + 1);
    put (many, "%s %s", plural, adjective);
  } else {
    put (many, "%s%s", plural, rest);
  }
}

static void
decline_english (WorldNoun *noun, const char *name, const char *adjective)
{
  const char *bare = name;
  char many[64];

  if (g_str_has_prefix (name, "a "))
    bare += 2;
  else if (g_str_has_prefix (name, "an "))
    bare += 3;
  else if (g_str_has_prefix (name, "the "))
    bare += 4;
  if (bare == name) {
    noun->is_plural = g_str_has_suffix (name, "s") && !g_str_has_suffix (name, "ss");
    put (many, "%s", name);
  } else {
    pluralise_english (bare, many);
  }
  if (adjective) {
    put (noun->plain, "%s %s", adjective, bare);
    put (noun->a, "%s %s", strchr ("aeiou", *adjective) ? "an" : "a", noun->plain);
    put (noun->many, "%s %s", adjective, many);
  } else {
    put (noun->plain, "%s", bare);
    put (noun->a, "%s", name);
    put (noun->many, "%s", many);
  }
  put (noun->the, "the %s", noun->plain);
  put (noun->of, "of the %s", noun->plain);
}

static void
decline_german (WorldNoun *noun, const char *name, int colour)
{
  g_auto (GStrv) parts = g_strsplit (name, " ", -1);
  gboolean weak_noun = *parts[0] == 'w';
  char gender = weak_noun ? 'm' : *parts[0];
  guint n = g_strv_length (parts), half = 1 + (n - 1) / 2;
  g_autofree char *singular = NULL, *plural = NULL;
  const char *stem = colour >= 0 ? colour_forms[colour][0] : "";
  gboolean fixed = *stem == '-' || colour < 0;
  const char *weak = fixed ? "" : "e", *oblique = fixed ? "" : "en", *strong = fixed ? "" : gender == 'm' ? "er" : gender == 'n' ? "es" : "e", *gap = colour >= 0 ? " " : "";
  const char *weak_acc = gender == 'm' ? oblique : weak, *other;

  {
    char *rest = parts[half];

    parts[half] = NULL;
    singular = g_strjoinv (" ", parts + 1);
    parts[half] = rest;
    plural = g_strjoinv (" ", parts + half);
  }
  if (*stem == '-')
    stem++;
  other = weak_noun ? plural : singular;
  put (noun->plain, "%s%s%s%s", stem, strong, gap, singular);
  put (noun->many, "%s%s%s%s", stem, fixed ? "" : "e", gap, plural);
  if (gender == 'p') {
    noun->is_plural = TRUE;
    put (noun->a, "%s", noun->many);
    put (noun->a_acc, "%s", noun->many);
    put (noun->the, "die %s%s%s%s", stem, oblique, gap, plural);
    put (noun->the_acc, "%s", noun->the);
    put (noun->dat, "den %s%s%s%s", stem, oblique, gap, plural);
  } else {
    put (noun->a, "%s %s", gender == 'f' ? "eine" : "ein", noun->plain);
    if (gender == 'm')
      put (noun->a_acc, "einen %s%s%s%s", stem, oblique, gap, other);
    else
      put (noun->a_acc, "%s", noun->a);
    put (noun->the, "%s %s%s%s%s", gender == 'm' ? "der" : gender == 'f' ? "die" : "das", stem, weak, gap, singular);
    put (noun->the_acc, "%s %s%s%s%s", gender == 'm' ? "den" : gender == 'f' ? "die" : "das", stem, weak_acc, gap, other);
    put (noun->dat, "%s %s%s%s%s", gender == 'f' ? "der" : "dem", stem, oblique, gap, other);
  }
  put (noun->of, "von %s", noun->dat);
}

static void
decline_romance (WorldNoun *noun, WorldLanguage language, const char *name, int colour)
{
  char gender = name[0];
  const char *singular = name + 2;
  gboolean feminine = gender == 'f' || gender == 'P', plural = g_ascii_isupper (gender), french = language == WORLD_FR;
  g_autofree char *adjective = NULL, *adjectives = NULL;
  char many[64];

  if (plural)
    put (many, "%s", singular);
  else
    pluralise_romance (language, singular, many);
  if (colour >= 0) {
    adjective = g_strdup_printf (" %s", feminine ? colour_forms[colour][french ? 1 : 2] : colour_names[colour][language]);
    if (!french && colour == WORLD_BROWN)
      adjectives = g_strdup (" marrones");
    else
      adjectives = g_strconcat (adjective, french && g_str_has_suffix (adjective, "s") ? "" : colour_forms[colour][french ? 3 : 4], NULL);
  } else {
    adjective = g_strdup ("");
    adjectives = g_strdup ("");
  }
  noun->is_plural = plural;
  put (noun->many, "%s%s", many, adjectives);
  put (noun->plain, "%s%s", singular, plural ? adjectives : adjective);
  if (french) {
    static const char *const silent[] = { "hélicoptère", "hippopotame", "hexagone", NULL };
    static const char *const vowels[] = { "a", "e", "i", "o", "u", "é", "è", "ê", "œ", "É", "â", NULL };
    gboolean elided = g_strv_contains (silent, singular);

    for (guint i = 0; vowels[i] && !elided; i++)
      elided = g_str_has_prefix (singular, vowels[i]);
    put (noun->a, "%s %s", plural ? "des" : feminine ? "une" : "un", noun->plain);
    put (noun->the, "%s%s", plural ? "les " : elided ? "l'" : feminine ? "la " : "le ", noun->plain);
    put (noun->of, "%s%s", plural ? "des " : elided ? "de l'" : feminine ? "de la " : "du ", noun->plain);
  } else {
    gboolean el = !feminine || g_str_has_prefix (singular, "águila") || g_str_has_prefix (singular, "ancla") || g_str_has_prefix (singular, "hacha");

    put (noun->a, "%s %s", plural ? (feminine ? "unas" : "unos") : el ? "un" : "una", noun->plain);
    put (noun->the, "%s %s", plural ? (feminine ? "las" : "los") : el ? "el" : "la", noun->plain);
    if (el && !plural)
      put (noun->of, "del %s", noun->plain);
    else
      put (noun->of, "de %s", noun->the);
  }
}

static void
decline (WorldNoun *noun, WorldLanguage language, const char *name, int colour)
{
  memset (noun, 0, sizeof *noun);
  switch (language) {
  case WORLD_EN:
    decline_english (noun, name, colour >= 0 ? colour_names[colour][WORLD_EN] : NULL);
    break;
  case WORLD_DE:
    decline_german (noun, name, colour);
    break;
  case WORLD_FR:
  case WORLD_ES:
    decline_romance (noun, language, name, colour);
    break;
  case WORLD_JA:
  case WORLD_ZH:
  case WORLD_KO:
  case WORLD_N_LANGUAGES:
    put (noun->plain, "%s%s%s", colour >= 0 ? colour_names[colour][language] : "", colour < 0 ? "" : language == WORLD_JA ? "の" : language == WORLD_KO ? " " : "", name);
    break;
  }
  if (!*noun->the)
    put (noun->the, "%s", noun->plain);
  if (!*noun->a)
    put (noun->a, "%s", noun->plain);
  if (!*noun->many)
    put (noun->many, "%s", noun->plain);
  if (!*noun->a_acc)
    put (noun->a_acc, "%s", noun->a);
  if (!*noun->the_acc)
    put (noun->the_acc, "%s", noun->the);
  if (!*noun->dat)
    put (noun->dat, "%s", noun->the);
  if (!*noun->of)
    put (noun->of, "%s", noun->plain);
}

void
world_noun_of_shape (WorldNoun *noun, WorldLanguage language, int shape, int colour)
{
  decline (noun, language, shape_names[shape][language], colour);
  noun->is_shape = TRUE;
  noun->what = shape;
  noun->colour = colour;
}

void
world_noun_of_object (WorldNoun *noun, WorldLanguage language, int object)
{
  decline (noun, language, world_objects[object].names[language], -1);
  noun->is_shape = FALSE;
  noun->what = object;
  noun->colour = -1;
}

/* The answer's first letter is a capital, its end a full stop in the manner of the language. */
static char *
finish (WorldLanguage language, const char *text)
{
  switch (language) {
  case WORLD_JA:
    return g_strconcat (text, "です。", NULL);
  case WORLD_ZH:
    return g_strconcat (text, "。", NULL);
  case WORLD_KO:
    return g_strconcat (text, "입니다.", NULL);
  case WORLD_EN:
  case WORLD_DE:
  case WORLD_FR:
  case WORLD_ES:
  case WORLD_N_LANGUAGES:
    break;
  }
  {
    g_autofree char *first = g_utf8_substring (text, 0, 1), *upper = g_utf8_strup (first, -1);

    return g_strconcat (upper, text + strlen (first), ".", NULL);
  }
}

/* The name as it is answered: with article in English, bare elsewhere. */
static void
get_answer_name (char field[64], WorldLanguage language, const char *name)
{
  WorldNoun noun;

  decline (&noun, language, name, -1);
  put (field, "%s", language == WORLD_EN ? name : noun.plain);
}

char *
world_answer_object (WorldLanguage language, int object)
{
  char name[64];

  get_answer_name (name, language, world_objects[object].names[language]);
  return finish (language, name);
}

char *
world_answer_shape (WorldLanguage language, int shape)
{
  WorldNoun noun;

  world_noun_of_shape (&noun, language, shape, -1);
  return finish (language, noun.plain);
}

char *
world_answer_colour (WorldLanguage language, int colour)
{
  return finish (language, colour_names[colour][language]);
}

char *
world_answer_cell (WorldLanguage language, int cell)
{
  return g_strdup (cell_answers[cell][language]);
}

char *
world_answer_kind (WorldLanguage language, WorldKind kind)
{
  return g_strdup (kind_answers[kind][language]);
}

char *
world_answer_shapes (WorldLanguage language, const int (*shapes_and_colours)[2], guint n)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < n; i++) {
    int shape = shapes_and_colours[i][0], colour = shapes_and_colours[i][1];
    WorldNoun noun;

    if (i > 0)
      g_string_append (list, language == WORLD_JA || language == WORLD_ZH ? "、" : ", ");
    world_noun_of_shape (&noun, language, shape, language == WORLD_DE || language == WORLD_FR || language == WORLD_ES ? -1 : colour);
    if (language == WORLD_EN)
      g_string_append (list, noun.a);
    else if (language == WORLD_DE || language == WORLD_FR || language == WORLD_ES)
      g_string_append_printf (list, "%s (%s)", noun.plain, colour_names[colour][language]);
    else
      g_string_append (list, noun.plain);
  }
  return finish (language, list->str);
}

char *
world_answer_objects (WorldLanguage language, const int *objects, guint n)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < n; i++) {
    char name[64];

    get_answer_name (name, language, world_objects[objects[i]].names[language]);
    if (i > 0)
      g_string_append (list, language == WORLD_JA || language == WORLD_ZH ? "、" : ", ");
    g_string_append (list, name);
  }
  return finish (language, list->str);
}
