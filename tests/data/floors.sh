#!/bin/sh
# floors.sh SOURCE_ROOT: each floor includes only the floors below it.
cd "$1" || exit 1
status=0
check () {
  # check WHAT PATTERN FOLDER…
  what=$1 pattern=$2
  shift 2
  if grep -rnE --include='*.c' --include='*.h' "$pattern" "$@"; then
    echo "$what"
    status=1
  fi
}
check 'engine/ includes the app or the window' '#include "(app|ui)/' engine
check 'engine/ and app/ do not use GTK' '#include <(gtk|adwaita|gdk|gsk)[/.]' engine app
check 'app/ includes the window' '#include "ui/' app
check 'of the engine, app/ and ui/ include owl.h alone' '#include "(base|tensor|files|text|image|decode|model|chat|convert|train|tools)/' app ui
check 'base and tensor stand on nothing above' '#include "(files|text|image|decode|model|chat|convert|train|tools)/' engine/base engine/tensor
check 'files, text, image and decode stand on nothing above' '#include "(model|chat|convert|train|tools)/' engine/files engine/text engine/image engine/decode
check 'the model stands on nothing above' '#include "(chat|convert|train|tools)/' engine/model
check 'chat and convert stand beside each other' '#include "(convert|train|tools)/' engine/chat
check 'chat and convert stand beside each other' '#include "(chat|train|tools)/' engine/convert
exit $status
