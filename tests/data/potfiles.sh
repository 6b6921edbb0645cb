#!/usr/bin/env bash
# Every source with text that people read is in po/POTFILES, every file named there is in the tree, and every language of
# po/LINGUAS has all texts. Arguments: the root of the sources, a folder to write to.
set -eu
root=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
cd "$root"

grep -v '^#' po/POTFILES | sed '/^$/d' | LC_ALL=C sort > "$work/listed"
{
  ls data/*.desktop.in data/*.metainfo.xml.in
  find data -name '*.gschema.xml'
  find ui -name '*.ui'
  find app ui -name '*.c' -exec grep -lE '(^|[^[:alnum:]_])(_|N_|C_|NC_|ngettext|g_dngettext) ?\(' {} +
} | LC_ALL=C sort > "$work/found"
if ! diff -u --label po/POTFILES --label 'sources with text' "$work/listed" "$work/found"; then
  echo 'po/POTFILES does not match the sources.' >&2
  exit 1
fi

# A macro inside a text ends what the tools see of it.
if grep -nE '(_|N_|ngettext) ?\("[^"]*%" G_G[A-Z0-9]+_FORMAT' $(grep -E '\.c$' "$work/listed"); then
  echo 'Texts must be one literal: write %zu or %d, not a macro.' >&2
  exit 1
fi

xgettext --files-from=po/POTFILES --from-code=UTF-8 --keyword=_ --keyword=N_ --keyword=C_:1c,2 --keyword=NC_:1c,2 \
  --output="$work/tyto.pot"
status=0
for language in $(grep -v '^#' po/LINGUAS); do
  msgfmt --check --output-file="$work/$language.mo" "po/$language.po"
  msgmerge --quiet --no-fuzzy-matching "po/$language.po" "$work/tyto.pot" --output-file="$work/$language.po"
  if [ -n "$(msgattrib --untranslated --no-obsolete "$work/$language.po")$(msgattrib --only-fuzzy --no-obsolete "$work/$language.po")" ]; then
    echo "Not translated in po/$language.po:" >&2
    msgattrib --untranslated --no-obsolete "$work/$language.po" | grep '^msgid' >&2 || true
    status=1
  fi
done
exit $status
