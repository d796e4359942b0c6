#!/bin/bash
# The manual pages and the completion, from what was built. usage: share.sh IMGVEC SOURCE BUILD
set -euo pipefail
imgvec=$(realpath "$1") source=$2 build=$3
fail() { echo "FAILED: $*"; exit 1; }

page=$build/share/imgvec.1
for verb in $("$imgvec" --help | sed -n 's/^  \([a-z][a-z]*\)  *[^ ].*/\1/p' | grep -vx -e or -e imgvec); do
  grep -q "^\.SH IMGVEC ${verb^^}\$" "$page" || fail "imgvec(1) does not speak of $verb"
done
grep -q 'max\\-image\\-side' "$page" || fail "imgvec(1) does not list the options"
if command -v groff >/dev/null; then
  for file in "$page" "$source/share/libimgvec.3"; do
    said=$(groff -man -Tutf8 -ww -z "$file" 2>&1)
    [ -z "$said" ] || fail "$file: $said"
  done
else
  echo "SKIPPED: the manual pages were not formatted: groff is not installed"
fi
# Functions that the page names are there.
for name in $(grep -oh 'imgvec_[a-z_]*' "$source/share/libimgvec.3" | sort -u); do
  grep -rqw "$name" "$source/include/imgvec" || fail "libimgvec(3) names $name"
done

# shellcheck source=share/completion.bash
. "$source/share/completion.bash"
completes() {
  local want=$1
  shift
  COMP_WORDS=("$imgvec" "$@") COMP_CWORD=$#
  _imgvec || true # no match is no failure
  [ "${COMPREPLY[*]}" = "$want" ] || fail "after \"$*\": \"${COMPREPLY[*]}\", not \"$want\""
}
cd "$source"
completes train tr
completes --backbone train --backb
completes --task train photos.zip --tas
completes "regression" train --task reg
completes CHANGELOG.md train CHANGE
completes "" nothing --x
if command -v zsh >/dev/null; then
  zsh -n "$source/share/completion.zsh"
else
  echo "SKIPPED: the completion of zsh was not read: zsh is not installed"
fi
