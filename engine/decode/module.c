/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/module.h"

#include <dlfcn.h>

static const char *const names[] = { "pdf", "tiff", "heif", "recognise" };

static char *paths[G_N_ELEMENTS (names) + 1];

static char *
make_path (const char *folder, const char *name)
{
  g_autofree char *file = g_strconcat ("owl-decoder-", name, ".so", NULL);

  return g_build_filename (folder, file, NULL);
}

const char *const *
owl_modules_locate (void)
{
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = self ? g_path_get_dirname (self) : NULL;

  for (gsize i = 0; folder && i < G_N_ELEMENTS (names); i++)
    paths[i] = make_path (folder, names[i]);
  return (const char *const *) paths;
}

gpointer
owl_module_load (const char *name, const char *function, GError **error)
{
  gpointer module = NULL, found = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (names[i], name) && paths[i])
      module = dlopen (paths[i], RTLD_NOW | RTLD_LOCAL);
  if (module)
    found = dlsym (module, function);
  if (!found)
    g_set_error (error, OWL_ERROR, OWL_ERROR_IO,
                 "needs owl-decoder-%s.so, a part of this program that could not be loaded (%s); install it again", name, dlerror ());
  return found;
}
