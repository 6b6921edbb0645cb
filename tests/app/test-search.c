/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What search finds: words in several languages, titles and messages, places in a document, and the pages that answer a question. */
#include "app-util.h"
#include "make-pdf.h"

#include "app/documents/tyto-document-text.h"
#include "app/history/search-words.h"

#include <glib/gstdio.h>
#include <string.h>

#define LIMIT 60
#define N_PAGES 300
#define N_QUESTIONS 10

typedef struct {
  const char *fact, *question;
} Fact;

typedef struct {
  const char *language;
  Fact facts[N_QUESTIONS];
  const char *filler[16];
} Book;

/* Facts are worded otherwise than the questions; the filler talks about the same things. */
static const Book books[] = {
  { "english",
    { { "The foundation stone of the harbour lighthouse was laid in 1874 by mayor Edmund Harker.", "Who laid the foundation stone of the lighthouse?" },
      { "Repairs to the railway bridge at Oakfield cost 48,200 pounds in total.", "What did repairing the Oakfield bridge cost?" },
      { "The museum keeps a silver teapot that once belonged to Captain Rowan.", "Which object of Captain Rowan is in the museum?" },
      { "Heavy snow closed the mountain school for nineteen days in February.", "For how many days was the school closed because of snow?" },
      { "The bakery in Mill Lane sells a rye loaf called the Black Miller.", "What is the name of the rye bread from the bakery?" },
      { "Dr. Ingrid Solberg discovered the orchid on the north slope in June.", "Who discovered the orchid?" },
      { "Visitors may borrow bicycles free of charge at the western gate.", "Where can visitors borrow bicycles?" },
      { "The annual budget for street lamps was raised to 3.1 million.", "How large is the yearly budget for street lamps?" },
      { "The ferry to Linden Island leaves at a quarter past seven each morning.", "When does the ferry to Linden Island leave?" },
      { "A fox family lives under the stage of the open-air theatre.", "Which animals live under the theatre stage?" } },
    { "The council met again and spoke about the budget of the year and the school.", "Visitors asked when the museum would be open and where they could wait.",
      "The road to the harbour was mended, and the cost was paid by the town.", "In the morning the market was full of people from the island.",
      "The bridge over the river was painted, which took many days.", "A letter from the captain was read, but nobody knew the answer.",
      "The theatre showed a play about the mountain and the people who live there.", "The bakery and the mill were old, and the lane was narrow.",
      "The railway company promised new trains for the coming year.", "The mayor opened the garden, and the children sang.",
      "The street was closed for a day because of the wind.", "The report lists what was bought and what was sold.",
      "The gate was locked in the evening by the guard.", "Animals were seen near the forest in spring and in autumn.",
      "The committee thanked everybody who helped with the work.", "The next meeting will take place after the summer." } },
  { "german",
    { { "Den Grundstein des Rathauses legte im Jahr 1892 Baumeister Konrad Vogt.", "Wer legte den Grundstein für das Rathaus?" },
      { "Die Sanierung der Brücke in Eichfeld kostete insgesamt 52.700 Euro.", "Was hat die Sanierung der Brücke in Eichfeld gekostet?" },
      { "Das Museum bewahrt eine silberne Taschenuhr des Kapitäns Brandt auf.", "Welchen Gegenstand von Kapitän Brandt besitzt das Museum?" },
      { "Wegen starker Schneefälle blieb die Bergschule siebzehn Tage geschlossen.", "Wie viele Tage war die Bergschule wegen Schnee geschlossen?" },
      { "Die Bäckerei in der Mühlgasse verkauft ein Roggenbrot namens Schwarzer Müller.", "Wie heißt das Roggenbrot der Bäckerei?" },
      { "Dr. Hanna Lindqvist entdeckte die Orchidee im Juni am Nordhang.", "Wer hat die Orchidee entdeckt?" },
      { "Fahrräder können am Westtor kostenlos ausgeliehen werden.", "Wo kann man Fahrräder ausleihen?" },
      { "Der Haushalt für Straßenlaternen stieg auf 2,4 Millionen Euro.", "Wie hoch ist der Haushalt für Strassenlaternen?" },
      { "Die Fähre zur Lindeninsel fährt jeden Morgen um Viertel nach sieben ab.", "Wann fährt die Fähre zur Lindeninsel?" },
      { "Unter der Bühne der Freilichtbühne lebt eine Fuchsfamilie.", "Welche Tiere leben unter der Freilichtbühne?" } },
    { "Der Rat sprach erneut über den Haushalt des Jahres und über die Schule.", "Besucher fragten, wann das Museum geöffnet ist und wo man warten kann.",
      "Die Straße zum Hafen wurde ausgebessert, die Kosten trug die Stadt.", "Am Morgen war der Markt voll mit Leuten von der Insel.",
      "Die Brücke über den Fluss wurde gestrichen, was viele Tage dauerte.", "Ein Brief des Kapitäns wurde verlesen, doch niemand wusste die Antwort.",
      "Das Theater zeigte ein Stück über den Berg und die Tiere, die dort leben.", "Die Bäckerei und die Mühle waren alt, und die Gasse war eng.",
      "Die Bahn versprach neue Züge für das kommende Jahr.", "Der Bürgermeister öffnete den Garten, und die Kinder sangen.",
      "Die Straße war wegen des Windes einen Tag lang geschlossen.", "Der Bericht nennt, was gekauft und was verkauft wurde.",
      "Das Tor wurde am Abend vom Wächter verschlossen.", "Im Frühjahr und im Herbst sah man Tiere am Wald.",
      "Der Ausschuss dankte allen, die bei der Arbeit halfen.", "Die nächste Sitzung findet nach dem Sommer statt." } },
  { "chinese",
    { { "市政厅的奠基石由建筑师王志远于1892年安放。", "谁安放了市政厅的奠基石？" },
      { "橡树桥的维修费用总计五万两千元。", "维修橡树桥花了多少钱？" },
      { "博物馆收藏着李船长的一块银怀表。", "博物馆收藏了李船长的什么东西？" },
      { "由于大雪，山区学校停课十七天。", "山区学校因为大雪停课几天？" },
      { "磨坊巷的面包店出售一种名叫黑磨坊主的黑麦面包。", "面包店的黑麦面包叫什么名字？" },
      { "植物学家陈雪梅六月在北坡发现了兰花。", "兰花是谁发现的？" },
      { "游客可以在西门免费借用自行车。", "游客在哪里可以借自行车？" },
      { "路灯的年度预算提高到三百一十万元。", "路灯的年度预算是多少？" },
      { "开往菩提岛的渡轮每天早上七点一刻出发。", "去菩提岛的渡轮几点出发？" },
      { "露天剧场的舞台下面住着一窝狐狸。", "露天剧场舞台下面住着什么动物？" } },
    { "委员会再次讨论了今年的预算和学校的问题。", "游客询问博物馆什么时候开放，在哪里等候。", "通往港口的道路已经修好，费用由城市支付。", "早上的市场里挤满了来自岛上的人。",
      "河上的桥重新刷了油漆，花了很多天。", "有人宣读了船长的来信，但是没有人知道答案。", "剧场上演了一出关于山区和动物的戏。", "面包店和磨坊都很旧，巷子也很窄。",
      "铁路公司承诺明年会有新的列车。", "市长打开了花园，孩子们唱起了歌。", "因为大风，街道关闭了一天。", "报告列出了买进和卖出的东西。",
      "晚上由门卫把大门锁上。", "春天和秋天在森林附近看到了动物。", "委员会感谢所有帮助工作的人。", "下一次会议将在夏天之后举行。" } },
};

typedef struct {
  char *folder;
  TytoStore *store;
  TytoDocuments *documents;
} Fixture;

static TytoStore *
open_store (const char *folder)
{
  TytoStore *store = tyto_store_new (folder);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  tyto_store_open_async (store, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  tyto_store_open_finish (store, result, &error);
  g_assert_no_error (error);
  return store;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *blobs = NULL;

  f->folder = make_scratch ();
  blobs = g_build_filename (f->folder, "blobs", NULL);
  f->store = open_store (f->folder);
  f->documents = tyto_documents_new (blobs);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tyto_store_close (f->store);
  g_assert_finalize_object (f->store);
  g_object_unref (f->documents);
  remove_tree (f->folder);
  g_free (f->folder);
}

static gboolean
collect (const char *word, gsize length, gsize start, gsize end, gpointer user_data)
{
  GString *words = user_data;

  g_string_append_printf (words, "%s%.*s", words->len ? " " : "", (int) length, word);
  return TRUE;
}

static void
test_words (void)
{
  static const struct {
    const char *text, *words;
    gboolean whole;
  } cases[] = {
    { "Über die Straße, naïve ÉCOLE!", "uber die strasse naive ecole", TRUE },
    { "北京市2024年", "北京 京市 市 2024 年", TRUE },
    { "北京市2024年", "北京 京市 2024 年", FALSE },
    { "東京タワー", "東京 京タ タワ ワー", FALSE },
    { "서울은", "서울 울은 은", TRUE },
    { "ＡＢＣ１２３ ﬁn", "abc123 fin", TRUE },
    { "Łódź e\xcc\x81té İstanbul", "lodz ete istanbul", TRUE },
    { "a\xff" "b 日x", "a b 日 x", TRUE },
    { " …!? ", "", TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GString) words = g_string_new (NULL);

    search_words_foreach (cases[i].text, strlen (cases[i].text), cases[i].whole, collect, words);
    g_assert_cmpstr (words->str, ==, cases[i].words);
  }
}

static TytoMessage *
say (Fixture *f, TytoConversation *conversation, const char *text)
{
  TytoMessage *message = tyto_message_new (tyto_store_new_id (), tyto_conversation_get_id (conversation), 0, TYTO_ROLE_USER);

  tyto_message_set_text (message, text);
  tyto_store_save_message_async (f->store, message, NULL, NULL);
  return message;
}

static GPtrArray *
search (Fixture *f, const char *text)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *hits;

  tyto_store_search_async (f->store, text, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  hits = tyto_store_search_finish (f->store, result, &error);
  g_assert_no_error (error);
  g_ptr_array_set_free_func (hits, (GDestroyNotify) tyto_search_hit_free);
  return hits;
}

static guint
count (Fixture *f, const char *text)
{
  g_autoptr (GPtrArray) hits = search (f, text);

  return hits->len;
}

static void
test_history (Fixture *f, gconstpointer data)
{
  g_autoptr (TytoConversation) conversation = tyto_conversation_new (tyto_store_new_id ());
  g_autoptr (TytoMessage) first = NULL, second = NULL;
  g_autoptr (GPtrArray) hits = NULL;
  const TytoSearchHit *hit;

  tyto_conversation_set_title (conversation, "Rechnung der Bäckerei");
  tyto_store_save_conversation (f->store, conversation);
  first = say (f, conversation, "Wie viel kosten die Brötchen\nauf dieser Rechnung?");
  second = say (f, conversation, "请看这张北京地图。\"Strange\" words: AND OR NOT * (NEAR");

  hits = search (f, "rechn");
  g_assert_cmpuint (hits->len, ==, 2);
  hit = g_ptr_array_index (hits, 0);
  g_assert_cmpint (hit->message, ==, 0);
  g_assert_cmpstr (hit->title, ==, "Rechnung der Bäckerei");
  g_assert_cmpuint (hit->n_marks, ==, 1);
  g_assert_cmpmem (hit->snippet + hit->marks[0].start, hit->marks[0].length, "Rechnung", strlen ("Rechnung"));
  hit = g_ptr_array_index (hits, 1);
  g_assert_cmpint (hit->message, ==, tyto_message_get_id (first));
  g_assert_cmpint (hit->conversation, ==, tyto_conversation_get_id (conversation));
  g_assert_cmpstr (hit->snippet, ==, "Wie viel kosten die Brötchen auf dieser Rechnung?");

  g_assert_cmpuint (count (f, "brotchen KOSTEN"), ==, 1);
  g_assert_cmpuint (count (f, "Brötchen Kuchen"), ==, 0);
  g_assert_cmpuint (count (f, "北京"), ==, 1);
  g_assert_cmpuint (count (f, "京地"), ==, 1);
  g_assert_cmpuint (count (f, "图"), ==, 1);
  g_assert_cmpuint (count (f, "北"), ==, 1);
  g_assert_cmpuint (count (f, "北地"), ==, 0);
  /* Signs of the query language are nothing special. */
  g_assert_cmpuint (count (f, "\"strange\" AND (NEAR"), ==, 1);
  g_assert_cmpuint (count (f, "\" * ( -"), ==, 0);
  g_assert_cmpuint (count (f, ""), ==, 0);

  tyto_message_set_text (first, "Etwas anderes");
  tyto_store_save_message_async (f->store, first, NULL, NULL);
  g_assert_cmpuint (count (f, "brotchen"), ==, 0);
  g_assert_cmpuint (count (f, "anderes"), ==, 1);
  tyto_store_delete_conversation (f->store, tyto_conversation_get_id (conversation));
  g_assert_cmpuint (count (f, "anderes"), ==, 0);
  g_assert_cmpuint (count (f, "rechnung"), ==, 0);
}

/* Fact `i` stands on this page, whatever the language. */
static int
page_of_fact (int i)
{
  return 17 + 29 * i;
}

static char *
make_page (const Book *book, int page, GRand *random)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (int line = 0; line < 30; line++) {
    for (int i = 0; i < N_QUESTIONS; i++)
      if (page == page_of_fact (i) && line == 14)
        g_string_append_printf (text, "%s\n", book->facts[i].fact);
    g_string_append_printf (text, "%s\n", book->filler[g_rand_int_range (random, 0, G_N_ELEMENTS (book->filler))]);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static TytoImport *
import_book (Fixture *f, const Book *book)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (11);
  g_autoptr (GPtrArray) pages = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GByteArray) pdf = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  TytoImport *import;

  for (int page = 0; page < N_PAGES; page++)
    g_ptr_array_add (pages, make_page (book, page, random));
  pdf = make_text_pdf ((const char *const *) pages->pdata, pages->len);
  bytes = g_bytes_new (pdf->data, pdf->len);
  tyto_documents_import_bytes_async (f->documents, bytes, "book.pdf", NULL, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  import = tyto_documents_import_finish (f->documents, result, &error);
  g_assert_no_error (error);
  g_assert_cmpint (import->n_pages, ==, N_PAGES);
  return import;
}

static void
test_pages (Fixture *f, gconstpointer data)
{
  const Book *book = data;
  g_autoptr (TytoImport) import = import_book (f, book);
  int n_right = 0;

  for (int i = 0; i < N_QUESTIONS; i++) {
    g_autoptr (GAsyncResult) result = NULL;
    g_autoptr (GPtrArray) hits = NULL;
    g_autoptr (GError) error = NULL;
    gboolean right = FALSE;

    tyto_documents_find_pages_async (f->documents, f->store, import->blob, import->name, book->facts[i].question, 3, NULL, keep_result, &result);
    WAIT_FOR (result != NULL, LIMIT);
    hits = tyto_documents_find_pages_finish (f->documents, result, &error);
    g_assert_no_error (error);
    g_ptr_array_set_free_func (hits, (GDestroyNotify) tyto_page_hit_free);
    g_assert_cmpuint (hits->len, <=, 3);
    for (guint h = 0; h < hits->len; h++)
      right = right || ((const TytoPageHit *) g_ptr_array_index (hits, h))->page == page_of_fact (i);
    if (!right)
      g_test_message ("not found: %s", book->facts[i].question);
    n_right += right;
  }
  g_test_message ("%s: %d of %d questions lead to the right page", book->language, n_right, N_QUESTIONS);
  g_assert_cmpint (n_right, >=, 9);
}

static void
test_find (Fixture *f, gconstpointer data)
{
  g_autoptr (TytoImport) import = import_book (f, &books[1]);
  g_autoptr (GAsyncResult) result = NULL, text_result = NULL;
  g_autoptr (GPtrArray) hits = NULL;
  g_autoptr (OwlPageText) text = NULL;
  g_autoptr (GError) error = NULL;
  const TytoTextHit *hit;

  tyto_documents_find_text_async (f->documents, import->blob, import->name, "FAHRE zur lindeninsel", NULL, keep_result, &result);
  WAIT_FOR (result != NULL, LIMIT);
  hits = tyto_documents_find_text_finish (f->documents, result, &error);
  g_assert_no_error (error);
  g_ptr_array_set_free_func (hits, (GDestroyNotify) tyto_text_hit_free);
  g_assert_cmpuint (hits->len, ==, 1);
  hit = g_ptr_array_index (hits, 0);
  g_assert_cmpint (hit->page, ==, page_of_fact (8));
  g_assert_cmpuint (hit->words->len, ==, 3);
  g_assert_cmpmem (hit->snippet + hit->mark.start, hit->mark.length, "Fähre zur Lindeninsel", strlen ("Fähre zur Lindeninsel"));

  tyto_documents_read_text_async (f->documents, import->blob, import->name, page_of_fact (8), NULL, keep_result, &text_result);
  WAIT_FOR (text_result != NULL, LIMIT);
  text = tyto_documents_read_text_finish (f->documents, text_result, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (owl_page_text_get_text (text), books[1].facts[8].fact));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/search/words", test_words);
  g_test_add ("/search/history", Fixture, NULL, set_up, test_history, tear_down);
  for (gsize i = 0; i < G_N_ELEMENTS (books); i++) {
    g_autofree char *path = g_strdup_printf ("/search/pages/%s", books[i].language);

    g_test_add (path, Fixture, &books[i], set_up, test_pages, tear_down);
  }
  g_test_add ("/search/find", Fixture, NULL, set_up, test_find, tear_down);
  return g_test_run ();
}
