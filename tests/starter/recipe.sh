#!/bin/bash
# recipe.sh MAKE BUILD: the way from nothing to a starter model, in miniature: every step of the recipe runs, in two slices, and what it leaves answers.
set -eu
command -v spm_train > /dev/null || { echo "spm_train is not installed"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export BUILD=$2 RECORDS=40 STEPS_DECODER=3 STEPS_JOINT=3 STEPS_FALL=2

first=$("$1" "$folder" 1)
echo "$first"
case $first in *"run again to go on"*) ;; *) echo "the slice did not end"; exit 1 ;; esac
[ ! -e "$folder/starter" ]
"$1" "$folder"
for part in decoder joint fall; do
  [ -s "$folder/$part/log.csv" ] && [ -s "$folder/$part/loss.svg" ]
done
[ "$(wc -l < "$folder/joint/log.csv")" = 4 ]
"$2/engine/owl" chat -m "$folder/starter" -p "What is this?" -n 4 > "$folder/answer"
# Run once more it has nothing left to do.
[ "$("$1" "$folder" | wc -l)" = 1 ]
