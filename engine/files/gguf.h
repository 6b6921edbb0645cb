/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/error.h"
#include "files/mapped-file.h"
#include "tensor/types.h"

G_BEGIN_DECLS

/* GGUF version 3, little endian: reading through a read-only mapping, and writing.
 *
 * Source: ggml/docs/gguf.md. Everything that a file says is checked before it is used; see gguf.c for the limits.
 *
 *   g_autoptr (OwlGguf) file = owl_gguf_open ("language.gguf", &error);
 *   const OwlTensor *embedding = owl_gguf_find_tensor (file, "token_embd.weight"); */
typedef struct _OwlGguf OwlGguf;

/* Value types of metadata, with the numbers of the format. */
typedef enum {
  OWL_GGUF_U8, OWL_GGUF_I8, OWL_GGUF_U16, OWL_GGUF_I16, OWL_GGUF_U32, OWL_GGUF_I32, OWL_GGUF_F32, OWL_GGUF_BOOL,
  OWL_GGUF_STRING, OWL_GGUF_ARRAY, OWL_GGUF_U64, OWL_GGUF_I64, OWL_GGUF_F64,
} OwlGgufType;

/* Maps `path` and checks header, metadata and tensor directory. NULL and `error` on failure. */
OwlGguf *owl_gguf_open (const char *path, GError **error);
OwlGguf *owl_gguf_ref (OwlGguf *gguf);
void owl_gguf_unref (OwlGguf *gguf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlGguf, owl_gguf_unref)

const char *owl_gguf_get_path (const OwlGguf *gguf);
gsize owl_gguf_get_file_size (const OwlGguf *gguf);
/* The mapping that tensors are views into; borrowed. */
OwlMappedFile *owl_gguf_get_file (const OwlGguf *gguf);

/* Tensors in file order; views into the mapping, valid while the file is referenced. */
gsize owl_gguf_get_n_tensors (const OwlGguf *gguf);
const OwlTensor *owl_gguf_get_tensor (const OwlGguf *gguf, gsize index);
/* NULL if there is none of that name. */
const OwlTensor *owl_gguf_find_tensor (const OwlGguf *gguf, const char *name);
/* The same, but a missing tensor or another shape than {ne0, ne1} (ne1 = 1: a vector; 0: any) is an error that names it. */
const OwlTensor *owl_gguf_require_tensor (const OwlGguf *gguf, const char *name, gint64 ne0, gint64 ne1, GError **error);

/* Metadata. The typed getters return FALSE if the key is absent or of a type that does not convert without loss
 * (any integer type for get_int; any float or integer type for get_float). */
gsize owl_gguf_get_n_keys (const OwlGguf *gguf);
const char *owl_gguf_get_key (const OwlGguf *gguf, gsize index, OwlGgufType *type);
/* The bytes of a value as they stand in the file (an array with its element type and count before them is `size` bytes of elements). */
const guint8 *owl_gguf_get_value_bytes (const OwlGguf *gguf, gsize index, gsize *size);
gboolean owl_gguf_has_key (const OwlGguf *gguf, const char *key);
gboolean owl_gguf_get_int (const OwlGguf *gguf, const char *key, gint64 *value);
gboolean owl_gguf_get_float (const OwlGguf *gguf, const char *key, double *value);
gboolean owl_gguf_get_bool (const OwlGguf *gguf, const char *key, gboolean *value);
/* Borrowed, NUL-terminated copy owned by the file (strings with a NUL inside are refused on opening except in arrays). */
const char *owl_gguf_get_string (const OwlGguf *gguf, const char *key);
/* The same, but a missing key or one out of [min, max] is an error that names it. */
gboolean owl_gguf_require_int (const OwlGguf *gguf, const char *key, gint64 min, gint64 max, gint64 *value, GError **error);

/* Arrays. `type` gets the element type. Element `index` of a string array is `length` bytes at the returned pointer
 * (not NUL-terminated). Numeric arrays are copied out as float32 or int32. */
gboolean owl_gguf_get_array_info (const OwlGguf *gguf, const char *key, OwlGgufType *type, gsize *n);
const char *owl_gguf_get_array_string (const OwlGguf *gguf, const char *key, gsize index, gsize *length);
gboolean owl_gguf_get_array_f32 (const OwlGguf *gguf, const char *key, float *dst, gsize n);
gboolean owl_gguf_get_array_i32 (const OwlGguf *gguf, const char *key, gint32 *dst, gsize n);

/* Writing: set metadata, declare tensors in order, `begin`, write the bytes of each tensor in that order (in as many
 * pieces as wanted), `finish`. The bytes go to a temporary file in the target's folder (without a name where the file system has such); `finish` flushes
 * them to the disk and gives it the name, so that the final name never holds half a file. `free` without `finish` removes the temporary file. */
typedef struct _OwlGgufWriter OwlGgufWriter;

OwlGgufWriter *owl_gguf_writer_new (const char *path, GError **error);
void owl_gguf_writer_free (OwlGgufWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OwlGgufWriter, owl_gguf_writer_free)

void owl_gguf_writer_set_u32 (OwlGgufWriter *writer, const char *key, guint32 value);
void owl_gguf_writer_set_f32 (OwlGgufWriter *writer, const char *key, float value);
void owl_gguf_writer_set_bool (OwlGgufWriter *writer, const char *key, gboolean value);
void owl_gguf_writer_set_string (OwlGgufWriter *writer, const char *key, const char *value);
void owl_gguf_writer_set_array_f32 (OwlGgufWriter *writer, const char *key, const float *values, gsize n);
void owl_gguf_writer_set_array_i32 (OwlGgufWriter *writer, const char *key, const gint32 *values, gsize n);
/* `lengths` may be NULL when all strings are NUL-terminated. */
void owl_gguf_writer_set_array_string (OwlGgufWriter *writer, const char *key, const char *const *values,
                                       const gsize *lengths, gsize n);
/* Copies all metadata of `source` whose keys are not set yet. */
void owl_gguf_writer_copy_metadata (OwlGgufWriter *writer, const OwlGguf *source);
void owl_gguf_writer_add_tensor (OwlGgufWriter *writer, const char *name, OwlType type, int n_dims, const gint64 *ne);

/* An error when the file system has less than `size` bytes left: for a file that is written beside others. */
gboolean owl_gguf_writer_require_space (OwlGgufWriter *writer, guint64 size, GError **error);
/* Checks free space (total size is known here) and writes the header. */
gboolean owl_gguf_writer_begin (OwlGgufWriter *writer, GError **error);
/* Appends bytes of the current tensor; padding between tensors is added by the writer. */
gboolean owl_gguf_writer_write (OwlGgufWriter *writer, const void *data, gsize size, GError **error);
gboolean owl_gguf_writer_finish (OwlGgufWriter *writer, GError **error);

G_END_DECLS
