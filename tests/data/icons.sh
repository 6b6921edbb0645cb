#!/usr/bin/env bash
# The icons are well-formed and square. Argument: the folder of icons.
set -eu
find "$1" -name '*.svg' -print0 | while IFS= read -r -d '' icon; do
  xmllint --noout "$icon"
  width=$(xmllint --xpath 'string(/*/@width)' "$icon") height=$(xmllint --xpath 'string(/*/@height)' "$icon")
  [ -n "$width" ] && [ "$width" = "$height" ] || { echo "$icon is $width by $height" >&2; exit 1; }
done
