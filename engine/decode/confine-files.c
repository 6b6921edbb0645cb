/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "decode/confine-private.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Source: the kernel's Documentation/userspace-api/landlock.rst. What later versions of the interface added may be missing from the header. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#define FIRST_RIGHTS ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1) /* all of version 1 */
#define RIGHT_TRUNCATE (1ULL << 14)
#define RIGHT_IOCTL_DEVICE (1ULL << 15)
#define NET_BIND_AND_CONNECT 3ULL
#define SCOPE_SOCKETS_AND_SIGNALS 3ULL

typedef struct {
  guint64 files, net, scoped;
} Ruleset;

static const char *const system_places[] = {
  /* fonts and their configuration */
  "/etc/fonts",
  "/usr/share/fontconfig",
  "/usr/share/xml/fontconfig",
  "/usr/share/fonts",
  "/usr/local/share/fonts",
  "/usr/X11R6/lib/X11/fonts",
  "/var/cache/fontconfig",
  "/run/host/fonts",
  "/run/host/fonts-cache",
  "/run/host/local-fonts",
  "/run/host/user-fonts",
  "/run/host/user-fonts-cache",
  "/run/host/font-dirs.xml",
  "/app/share/fonts",
  "/app/etc/fonts",
  /* tables of Poppler, data of Tesseract */
  "/usr/share/poppler",
  "/app/share/poppler",
  "/usr/share/tesseract-ocr",
  "/usr/share/tessdata",
  "/app/share/tessdata",
  /* codecs and character sets that libraries load when they meet them */
  "/usr/lib",
  "/usr/lib64",
  "/lib",
  "/lib64",
  "/usr/local/lib",
  "/app/lib",
  "/usr/share/zoneinfo",
  "/etc/ld.so.cache",
  "/dev/null",
  "/dev/urandom",
  "/sys/devices/system/cpu",
};

/* Below the folder that a variable names, or below `fallback` in the home folder. */
static const struct {
  const char *variable, *fallback, *below;
} own_places[] = {
  { "XDG_DATA_HOME", ".local/share", "fonts" },   { "XDG_CONFIG_HOME", ".config", "fontconfig" },
  { "XDG_CACHE_HOME", ".cache", "fontconfig" },   { "HOME", NULL, ".fonts" },
  { "HOME", NULL, ".fonts.conf" },                { "TESSDATA_PREFIX", NULL, "." },
  { "FONTCONFIG_FILE", NULL, "." },               { "FONTCONFIG_PATH", NULL, "." },
  { "FONTCONFIG_SYSROOT", NULL, "." },
};

static void
allow_reading (int ruleset, const char *path)
{
  struct landlock_path_beneath_attr rule = { .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR };
  struct stat status;

  rule.parent_fd = open (path, O_PATH | O_CLOEXEC);
  if (rule.parent_fd < 0)
    return;
  if (fstat (rule.parent_fd, &status) == 0) {
    if (!S_ISDIR (status.st_mode))
      rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
    syscall (SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  }
  close (rule.parent_fd);
}

static void
allow_own_places (int ruleset)
{
  const char *home = g_getenv ("HOME");

  for (gsize i = 0; i < G_N_ELEMENTS (own_places); i++) {
    const char *value = g_getenv (own_places[i].variable);
    g_autofree char *path = NULL;

    if (value && g_path_is_absolute (value))
      path = strcmp (own_places[i].below, ".") == 0 ? g_strdup (value) : g_build_filename (value, own_places[i].below, NULL);
    else if (own_places[i].fallback && home && *home)
      path = g_build_filename (home, own_places[i].fallback, own_places[i].below, NULL);
    if (path)
      allow_reading (ruleset, path);
  }
}

gboolean
owl_confine_files (const char *const *readable)
{
  int version = (int) syscall (SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION), fd;
  Ruleset rules = { .files = FIRST_RIGHTS };
  gsize size = sizeof rules.files;
  gboolean done;

  if (version < 1)
    return FALSE;
  if (version >= 2)
    rules.files |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3)
    rules.files |= RIGHT_TRUNCATE;
  if (version >= 4) {
    rules.net = NET_BIND_AND_CONNECT;
    size = G_STRUCT_OFFSET (Ruleset, scoped);
  }
  if (version >= 5)
    rules.files |= RIGHT_IOCTL_DEVICE;
  if (version >= 6) {
    rules.scoped = SCOPE_SOCKETS_AND_SIGNALS;
    size = sizeof rules;
  }
  fd = (int) syscall (SYS_landlock_create_ruleset, &rules, size, 0);
  if (fd < 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (system_places); i++)
    allow_reading (fd, system_places[i]);
  allow_own_places (fd);
  for (; *readable; readable++)
    allow_reading (fd, *readable);
  done = syscall (SYS_landlock_restrict_self, fd, 0) == 0;
  close (fd);
  return done;
}
