/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files/pickle.h"

#include <string.h>

#define MAX_SIZE (64 << 20)
#define MAX_STACK 100000
#define MAX_MEMO 1000000
#define MAX_VALUES 4000000
#define MAX_DIMS 8

typedef enum {
  VALUE_MARK,
  VALUE_NONE, /* also flags, floats and whatever else has no meaning here */
  VALUE_INT,
  VALUE_STRING,
  VALUE_TUPLE, /* also lists */
  VALUE_DICT,  /* items: key, value, key, value, … */
  VALUE_GLOBAL,
  VALUE_STORAGE, /* items: type (GLOBAL), key (STRING), length (INT) */
  VALUE_TENSOR,
} ValueKind;

typedef struct _Value Value;
struct _Value {
  ValueKind kind;
  gint64 number;
  char *string;     /* STRING, GLOBAL ("module name") */
  GPtrArray *items; /* borrowed values; they live as long as the reader */
  OwlPickledTensor *tensor;
};

typedef struct {
  const char *path;
  const guint8 *p, *end;
  GPtrArray *values; /* owns */
  GPtrArray *stack;  /* borrowed */
  GHashTable *memo;  /* number → borrowed value */
  guint n_memo;      /* for MEMOIZE */
  GError **error;
} Reader;

static void
tensor_free (gpointer data)
{
  OwlPickledTensor *tensor = data;

  g_free (tensor->name);
  g_free (tensor->storage_type);
  g_free (tensor->storage_key);
  g_free (tensor);
}

static void
value_free (gpointer data)
{
  Value *value = data;

  g_free (value->string);
  g_clear_pointer (&value->items, g_ptr_array_unref);
  g_clear_pointer (&value->tensor, tensor_free);
  g_free (value);
}

static gboolean
fail (Reader *r, OwlErrorCode code, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
fail (Reader *r, OwlErrorCode code, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (r->error, OWL_ERROR, code, "%s: pickle: %s", r->path, message);
  return FALSE;
}

static Value *
value_new (Reader *r, ValueKind kind)
{
  Value *value;

  if (r->values->len >= MAX_VALUES) {
    fail (r, OWL_ERROR_LIMIT, "too many values");
    return NULL;
  }
  value = g_new0 (Value, 1);
  value->kind = kind;
  g_ptr_array_add (r->values, value);
  return value;
}

static gboolean
push (Reader *r, Value *value)
{
  if (!value)
    return FALSE;
  if (r->stack->len >= MAX_STACK)
    return fail (r, OWL_ERROR_LIMIT, "the stack grows too high");
  g_ptr_array_add (r->stack, value);
  return TRUE;
}

/* The top value, which must not be a mark. */
static Value *
pop (Reader *r)
{
  Value *value;

  if (r->stack->len == 0 || ((Value *) g_ptr_array_index (r->stack, r->stack->len - 1))->kind == VALUE_MARK) {
    fail (r, OWL_ERROR_FORMAT, "a value is missing on the stack");
    return NULL;
  }
  value = g_ptr_array_index (r->stack, r->stack->len - 1);
  g_ptr_array_set_size (r->stack, (int) r->stack->len - 1);
  return value;
}

static Value *
top (Reader *r, ValueKind kind)
{
  Value *value = r->stack->len > 0 ? g_ptr_array_index (r->stack, r->stack->len - 1) : NULL;

  if (!value || value->kind != kind) {
    fail (r, OWL_ERROR_FORMAT, "the stack holds something else than expected");
    return NULL;
  }
  return value;
}

static gboolean
take (Reader *r, gsize n, const guint8 **bytes)
{
  if (n > (gsize) (r->end - r->p))
    return fail (r, OWL_ERROR_FORMAT, "it is cut off");
  *bytes = r->p;
  r->p += n;
  return TRUE;
}

/* A little-endian number of 1, 2, 4 or 8 bytes. */
static gboolean
take_number (Reader *r, int n, guint64 *number)
{
  const guint8 *bytes = NULL;

  if (!take (r, n, &bytes))
    return FALSE;
  *number = 0;
  for (int i = 0; i < n; i++)
    *number |= (guint64) bytes[i] << (8 * i);
  return TRUE;
}

static gboolean
push_int (Reader *r, gint64 number)
{
  Value *value = value_new (r, VALUE_INT);

  if (value)
    value->number = number;
  return push (r, value);
}

static gboolean
push_string (Reader *r, int length_bytes)
{
  const guint8 *bytes = NULL;
  guint64 length;
  Value *value;

  if (!take_number (r, length_bytes, &length) || !take (r, length, &bytes))
    return FALSE;
  value = value_new (r, VALUE_STRING);
  if (value)
    value->string = g_strndup ((const char *) bytes, length);
  return push (r, value);
}

/* LONG1: a little-endian two's complement number; those of checkpoints fit 64 bits. */
static gboolean
push_long (Reader *r)
{
  const guint8 *bytes = NULL;
  guint64 length, number = 0;

  if (!take_number (r, 1, &length) || !take (r, length, &bytes))
    return FALSE;
  if (length > 8)
    return fail (r, OWL_ERROR_LIMIT, "a number is too large");
  for (guint64 i = 0; i < length; i++)
    number |= (guint64) bytes[i] << (8 * i);
  if (length > 0 && length < 8 && bytes[length - 1] >= 0x80)
    number |= ~(guint64) 0 << (8 * length);
  return push_int (r, (gint64) number);
}

static gboolean
push_empty (Reader *r, ValueKind kind)
{
  Value *value = value_new (r, kind);

  if (value)
    value->items = g_ptr_array_new ();
  return push (r, value);
}

/* The values above the last mark, in order; the mark goes too. */
static GPtrArray *
pop_to_mark (Reader *r)
{
  GPtrArray *items;
  guint mark = r->stack->len;

  while (mark > 0 && ((Value *) g_ptr_array_index (r->stack, mark - 1))->kind != VALUE_MARK)
    mark--;
  if (mark == 0) {
    fail (r, OWL_ERROR_FORMAT, "a mark is missing on the stack");
    return NULL;
  }
  items = g_ptr_array_sized_new (r->stack->len - mark);
  for (guint i = mark; i < r->stack->len; i++)
    g_ptr_array_add (items, g_ptr_array_index (r->stack, i));
  g_ptr_array_set_size (r->stack, (int) mark - 1);
  return items;
}

static gboolean
push_tuple (Reader *r, int n)
{
  GPtrArray *items = n < 0 ? pop_to_mark (r) : g_ptr_array_new ();
  Value *value;

  if (!items)
    return FALSE;
  for (int i = 0; i < n; i++) {
    Value *item = pop (r);

    if (!item) {
      g_ptr_array_unref (items);
      return FALSE;
    }
    g_ptr_array_insert (items, 0, item);
  }
  value = value_new (r, VALUE_TUPLE);
  if (!value) {
    g_ptr_array_unref (items);
    return FALSE;
  }
  value->items = items;
  return push (r, value);
}

/* Appends the items above the mark (or the one on top) to the list or dictionary below. */
static gboolean
extend (Reader *r, ValueKind kind, gboolean to_mark)
{
  g_autoptr (GPtrArray) items = NULL;
  Value *target;

  if (to_mark) {
    items = pop_to_mark (r);
    if (!items)
      return FALSE;
  } else {
    items = g_ptr_array_new ();
    for (int i = 0; i < (kind == VALUE_DICT ? 2 : 1); i++) {
      Value *item = pop (r);

      if (!item)
        return FALSE;
      g_ptr_array_insert (items, 0, item);
    }
  }
  target = top (r, kind);
  if (!target)
    return FALSE;
  if (kind == VALUE_DICT && items->len % 2 != 0)
    return fail (r, OWL_ERROR_FORMAT, "a dictionary has a key without a value");
  for (guint i = 0; i < items->len; i++)
    g_ptr_array_add (target->items, g_ptr_array_index (items, i));
  return TRUE;
}

static gboolean
push_global (Reader *r)
{
  const guint8 *module_end = memchr (r->p, '\n', r->end - r->p), *name_end;
  Value *value;

  name_end = module_end ? memchr (module_end + 1, '\n', r->end - module_end - 1) : NULL;
  if (!name_end || name_end - r->p > 256)
    return fail (r, OWL_ERROR_FORMAT, "a name is cut off or too long");
  value = value_new (r, VALUE_GLOBAL);
  if (!value)
    return FALSE;
  value->string = g_strdup_printf ("%.*s %.*s", (int) (module_end - r->p), (const char *) r->p,
                                   (int) (name_end - module_end - 1), (const char *) module_end + 1);
  r->p = name_end + 1;
  return push (r, value);
}

/* ('storage', torch.XStorage, key, device, length) */
static gboolean
push_storage (Reader *r)
{
  Value *id = pop (r), *value;
  Value *const *item;

  if (!id)
    return FALSE;
  item = id->items ? (Value *const *) id->items->pdata : NULL;
  if (id->kind != VALUE_TUPLE || id->items->len != 5 || item[0]->kind != VALUE_STRING ||
      strcmp (item[0]->string, "storage") != 0 || item[1]->kind != VALUE_GLOBAL || item[2]->kind != VALUE_STRING ||
      item[4]->kind != VALUE_INT || !g_str_has_prefix (item[1]->string, "torch ") ||
      !g_str_has_suffix (item[1]->string, "Storage"))
    return fail (r, OWL_ERROR_UNSUPPORTED, "it refers to something else than tensor data");
  value = value_new (r, VALUE_STORAGE);
  if (!value)
    return FALSE;
  value->items = g_ptr_array_new ();
  g_ptr_array_add (value->items, item[1]);
  g_ptr_array_add (value->items, item[2]);
  g_ptr_array_add (value->items, item[4]);
  return push (r, value);
}

static gboolean
read_dims (const Value *tuple, gint64 *dims, int *n)
{
  if (tuple->kind != VALUE_TUPLE || tuple->items->len > MAX_DIMS)
    return FALSE;
  *n = (int) tuple->items->len;
  for (int i = 0; i < *n; i++) {
    const Value *dim = g_ptr_array_index (tuple->items, i);

    if (dim->kind != VALUE_INT || dim->number < 0)
      return FALSE;
    dims[i] = dim->number;
  }
  return TRUE;
}

/* torch._utils._rebuild_tensor_v2 (storage, offset, size, stride, …) */
static Value *
rebuild_tensor (Reader *r, const Value *args)
{
  Value *const *arg = (Value *const *) args->items->pdata;
  Value *value;
  OwlPickledTensor *t;
  int n_stride;

  if (args->items->len < 4 || arg[0]->kind != VALUE_STORAGE || arg[1]->kind != VALUE_INT || arg[1]->number < 0) {
    fail (r, OWL_ERROR_FORMAT, "a tensor is described wrongly");
    return NULL;
  }
  value = value_new (r, VALUE_TENSOR);
  if (!value)
    return NULL;
  value->tensor = t = g_new0 (OwlPickledTensor, 1);
  if (!read_dims (arg[2], t->shape, &t->n_dims) || !read_dims (arg[3], t->stride, &n_stride) || n_stride != t->n_dims) {
    fail (r, OWL_ERROR_FORMAT, "the shape of a tensor is described wrongly");
    return NULL;
  }
  t->offset = arg[1]->number;
  t->storage_type = g_strdup (((Value *) g_ptr_array_index (arg[0]->items, 0))->string + strlen ("torch "));
  t->storage_key = g_strdup (((Value *) g_ptr_array_index (arg[0]->items, 1))->string);
  t->storage_length = ((Value *) g_ptr_array_index (arg[0]->items, 2))->number;
  return value;
}

static gboolean
reduce (Reader *r)
{
  Value *args = pop (r), *callable = args ? pop (r) : NULL;
  const char *name;

  if (!callable)
    return FALSE;
  if (callable->kind != VALUE_GLOBAL || args->kind != VALUE_TUPLE)
    return fail (r, OWL_ERROR_UNSUPPORTED, "it wants to call something");
  name = callable->string;
  if (strcmp (name, "torch._utils _rebuild_tensor_v2") == 0)
    return push (r, rebuild_tensor (r, args));
  if (strcmp (name, "torch._utils _rebuild_parameter") == 0 && args->items->len >= 1)
    return push (r, g_ptr_array_index (args->items, 0));
  if (strcmp (name, "collections OrderedDict") == 0 && args->items->len == 0)
    return push_empty (r, VALUE_DICT);
  if (strcmp (name, "torch Size") == 0 && args->items->len == 1)
    return push (r, g_ptr_array_index (args->items, 0));
  return fail (r, OWL_ERROR_UNSUPPORTED, "it wants to call \"%s\"; only plain tensors are read", name);
}

static gboolean
memo_put (Reader *r, guint64 index)
{
  if (r->stack->len == 0)
    return fail (r, OWL_ERROR_FORMAT, "a value is missing on the stack");
  if (g_hash_table_size (r->memo) >= MAX_MEMO)
    return fail (r, OWL_ERROR_LIMIT, "too many values are remembered");
  g_hash_table_insert (r->memo, GUINT_TO_POINTER ((guint) index), g_ptr_array_index (r->stack, r->stack->len - 1));
  return TRUE;
}

static gboolean
memo_get (Reader *r, guint64 index)
{
  Value *value = g_hash_table_lookup (r->memo, GUINT_TO_POINTER ((guint) index));

  return value ? push (r, value) : fail (r, OWL_ERROR_FORMAT, "it refers to a value that is not there");
}

/* One instruction. Opcodes are named as in pickletools. */
static gboolean
step (Reader *r, guint8 opcode)
{
  const guint8 *ignored;
  guint64 n = 0;

  switch (opcode) {
  case 0x80: /* PROTO */
    return take (r, 1, &ignored);
  case 0x95: /* FRAME */
    return take (r, 8, &ignored);
  case '(': /* MARK */
    return push (r, value_new (r, VALUE_MARK));
  case '0': /* POP */
    return pop (r) != NULL;
  case 'N': /* NONE */
  case 0x88: /* NEWTRUE */
  case 0x89: /* NEWFALSE */
    return push (r, value_new (r, VALUE_NONE));
  case 'G': /* BINFLOAT */
    return take (r, 8, &ignored) && push (r, value_new (r, VALUE_NONE));
  case 'J': /* BININT */
    return take_number (r, 4, &n) && push_int (r, (gint32) (guint32) n);
  case 'K': /* BININT1 */
    return take_number (r, 1, &n) && push_int (r, (gint64) n);
  case 'M': /* BININT2 */
    return take_number (r, 2, &n) && push_int (r, (gint64) n);
  case 0x8a: /* LONG1 */
    return push_long (r);
  case 'X': /* BINUNICODE */
  case 'T': /* BINSTRING */
    return push_string (r, 4);
  case 'U': /* SHORT_BINSTRING */
  case 0x8c: /* SHORT_BINUNICODE */
    return push_string (r, 1);
  case ')': /* EMPTY_TUPLE */
  case ']': /* EMPTY_LIST */
    return push_empty (r, VALUE_TUPLE);
  case '}': /* EMPTY_DICT */
    return push_empty (r, VALUE_DICT);
  case 't': /* TUPLE */
    return push_tuple (r, -1);
  case 0x85: /* TUPLE1 */
  case 0x86: /* TUPLE2 */
  case 0x87: /* TUPLE3 */
    return push_tuple (r, opcode - 0x84);
  case 'a': /* APPEND */
    return extend (r, VALUE_TUPLE, FALSE);
  case 'e': /* APPENDS */
    return extend (r, VALUE_TUPLE, TRUE);
  case 's': /* SETITEM */
    return extend (r, VALUE_DICT, FALSE);
  case 'u': /* SETITEMS */
    return extend (r, VALUE_DICT, TRUE);
  case 'c': /* GLOBAL */
    return push_global (r);
  case 'Q': /* BINPERSID */
    return push_storage (r);
  case 'R': /* REDUCE */
    return reduce (r);
  case 'b': /* BUILD: attributes of a dictionary, which carry no tensors */
    return pop (r) && top (r, VALUE_DICT);
  case 'q': /* BINPUT */
    return take_number (r, 1, &n) && memo_put (r, n);
  case 'r': /* LONG_BINPUT */
    return take_number (r, 4, &n) && memo_put (r, n);
  case 0x94: /* MEMOIZE */
    return memo_put (r, r->n_memo++);
  case 'h': /* BINGET */
    return take_number (r, 1, &n) && memo_get (r, n);
  case 'j': /* LONG_BINGET */
    return take_number (r, 4, &n) && memo_get (r, n);
  default:
    return fail (r, OWL_ERROR_UNSUPPORTED, "instruction 0x%02x is not one of a tensor file", opcode);
  }
}

/* The dictionary that is left on the stack, as a list. */
static GPtrArray *
collect (Reader *r)
{
  g_autoptr (GPtrArray) tensors = g_ptr_array_new_with_free_func (tensor_free);
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  Value *dict = top (r, VALUE_DICT);

  if (!dict)
    return NULL;
  for (guint i = 0; i < dict->items->len; i += 2) {
    const Value *key = g_ptr_array_index (dict->items, i), *value = g_ptr_array_index (dict->items, i + 1);
    OwlPickledTensor *t;

    if (key->kind != VALUE_STRING || value->kind != VALUE_TENSOR) {
      fail (r, OWL_ERROR_UNSUPPORTED, "%s is not a tensor", key->kind == VALUE_STRING ? key->string : "an entry");
      return NULL;
    }
    if (!g_hash_table_add (names, key->string)) {
      fail (r, OWL_ERROR_FORMAT, "tensor %s occurs twice", key->string);
      return NULL;
    }
    t = g_new0 (OwlPickledTensor, 1);
    *t = *value->tensor;
    t->name = g_strdup (key->string);
    t->storage_type = g_strdup (value->tensor->storage_type);
    t->storage_key = g_strdup (value->tensor->storage_key);
    g_ptr_array_add (tensors, t);
  }
  return g_steal_pointer (&tensors);
}

GPtrArray *
owl_pickle_read_tensors (const char *path, const guint8 *data, gsize size, GError **error)
{
  Reader r = { .path = path, .p = data, .end = data + size, .error = error };
  GPtrArray *tensors = NULL;
  gboolean going = TRUE;

  if (size > MAX_SIZE) {
    fail (&r, OWL_ERROR_LIMIT, "it is too large");
    return NULL;
  }
  r.values = g_ptr_array_new_with_free_func (value_free);
  r.stack = g_ptr_array_new ();
  r.memo = g_hash_table_new (NULL, NULL);
  while (going) {
    const guint8 *opcode = NULL;

    if (!take (&r, 1, &opcode))
      break;
    if (*opcode == '.') { /* STOP */
      tensors = collect (&r);
      break;
    }
    going = step (&r, *opcode);
  }
  g_hash_table_unref (r.memo);
  g_ptr_array_unref (r.stack);
  g_ptr_array_unref (r.values);
  return tensors;
}
