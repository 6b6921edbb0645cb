/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "text/tokenizer.h"
#include "train/network.h"

G_BEGIN_DECLS

/* Conversations in the official format, one JSON object a line: {"image": ["a.png", …], "text": "The following is a conversation …",
 * "task_type": "…"}; tokenised by the official training rule (golden data, and mplug_owl's data code).
 *
 * A picture is a file in the folder of pictures, or "#12" where that folder is a `.pack` file: "OWLPACK1", count and side as 32-bit little-endian
 * numbers, then count · side · side · 3 bytes RGB: pictures as the model sees them, ready to be read without a decoder.
 *
 * "facts", one object a picture, are what its visual tokens and patches should tell: {"tokens": {GROUP: [token, class, …]}, "patches": {GROUP: [patch, class,
 * …]}}; "said", {GROUP: [turn, class, …]}, is what the decoder should know where the reply of a turn begins, or, in groups of differences,
 * what it should compare there: [turn, class, class, …], or, in groups of looks, which visual tokens it should look at: [look, turn, byte of the reply, picture,
 * token, …], where what follows each other with one number of a look is one look at any of its tokens. {"searches": {GROUP: [token, patch, …]}} of a picture says at
 * which patches a token should look; those of one token follow each other. Read where the network has such groups (see owl_network_add_facts). */
typedef struct _OwlDataset OwlDataset;

/* Tokenises a conversation: ids (gint32; -1 for positions of pictures, `visual_length` each), and for every position the id that it must say next or
 * -100. At most `max_length` + 1 ids. Bit i of `spelled`: reply i is taken one
 * character at a time. `n_pictures` gets how many pictures are inside. FALSE: the beginning alone is longer than that. */
gboolean owl_dataset_tokenise (const OwlTokenizer *tokenizer, const char *text, gsize length, int visual_length, gsize max_length,
                               guint64 spelled, GArray *ids, GArray *labels, gsize *n_pictures);

typedef struct {
  char *path;
  char *images; /* a folder or a .pack file for this file alone; NULL: the dataset's */
  double weight;
} OwlDataFile;

typedef struct {
  const OwlDataFile *files;
  gsize n_files;
  const char *images; /* may be NULL */
  gsize max_length;
  gboolean augment;
  const char *const *spelled; /* task types whose replies are taken one character at a time; may be NULL */
  guint64 seed;
} OwlDatasetOptions;

/* `network` says how pictures are prepared. Everything is borrowed until the dataset is freed. */
OwlDataset *owl_dataset_open (const OwlDatasetOptions *options, const OwlTokenizer *tokenizer, const OwlNetwork *network, GError **error);
void owl_dataset_free (OwlDataset *dataset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlDataset, owl_dataset_free)

/* Some sequences together; freed as one. */
typedef struct {
  GArray *sequences; /* OwlSequence */
  gsize n_targets;
  GPtrArray *memory; /* frees with g_free */
} OwlBatch;
void owl_batch_free (OwlBatch *batch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlBatch, owl_batch_free)

/* The next `n` conversations: files in the proportion of their weights, each file in a new order every time through. Records that cannot be used are
 * counted and skipped; an error when nothing can. `ordered`: from the first record on, in the order of the files. */
OwlBatch *owl_dataset_next (OwlDataset *dataset, gsize n, gboolean ordered, GError **error);

/* Where the dataset stands: a small array of numbers that owl_dataset_seek takes back. */
GArray *owl_dataset_tell (const OwlDataset *dataset); /* guint64 */
gboolean owl_dataset_seek (OwlDataset *dataset, const guint64 *position, gsize n);

/* What was skipped so far, and why. */
typedef struct {
  guint64 n_used, n_no_picture, n_no_answer, n_too_long, n_damaged;
} OwlDatasetCounts;
const OwlDatasetCounts *owl_dataset_get_counts (const OwlDataset *dataset);
gsize owl_dataset_get_n_records (const OwlDataset *dataset);

G_END_DECLS
