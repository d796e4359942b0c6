#!/bin/sh
# What the library exports against the checked-in list, in both directions, and against what
# the headers declare. usage: check_symbols.sh NM LIBRARY LIST HEADER...
set -eu
nm=$1 library=$2 list=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
LC_ALL=C
export LC_ALL
"$nm" -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | sort -u >"$work/exported"
grep -v '^#' "$list" | sort -u >"$work/listed"
cat "$@" | tr '\n' ' ' | sed 's/IMGVEC_API/\n&/g' | sed -n 's/^IMGVEC_API [^;(]*[ *]\(imgvec_[a-z0-9_]*\)(.*/\1/p' |
  sort -u >"$work/declared"
code=0
compare() { # text, left file, right file: names that only the left has
  names=$(comm -23 "$2" "$3")
  if [ -n "$names" ]; then
    printf '%s:\n%s\n' "$1" "$names"
    code=1
  fi
}
compare "exported, but not in $list" "$work/exported" "$work/listed"
compare "in $list, but not exported" "$work/listed" "$work/exported"
compare "declared in a header, but not exported" "$work/declared" "$work/exported"
compare "exported, but declared in no header" "$work/exported" "$work/declared"
[ "$(wc -l <"$work/listed")" -gt 0 ] || { echo "the list is empty"; code=1; }
echo "$(wc -l <"$work/exported") functions"
exit $code
