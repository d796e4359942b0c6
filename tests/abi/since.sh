#!/bin/sh
# The since-table against the list of symbols, in both directions, and against what each function's
# comment says. usage: since.sh TABLE SYMBOLS API_VERSION HEADER...
set -eu
table=$1 symbols=$2 api=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
LC_ALL=C
export LC_ALL
code=0
say() {
  printf '%s:\n%s\n' "$1" "$2"
  code=1
}
grep -v '^#' "$table" >"$work/rows" || true
bad=$(grep -Ev '^imgvec_[a-z0-9_]+ [0-9]+\.[0-9]+$' "$work/rows" || true)
[ -z "$bad" ] || say "no line of $table is like \"imgvec_model_open 1.0\"" "$bad"
cut -d ' ' -f 1 "$work/rows" | sort >"$work/names"
grep -v '^#' "$symbols" | sort -u >"$work/listed"
twice=$(uniq -d "$work/names")
[ -z "$twice" ] || say "twice in $table" "$twice"
names=$(comm -23 "$work/listed" "$work/names")
[ -z "$names" ] || say "in $symbols, but $table does not say since when" "$names"
names=$(comm -13 "$work/listed" "$work/names")
[ -z "$names" ] || say "in $table, but not in $symbols" "$names"
# A version of this major number, and none that is still to come.
late=$(awk -v api="$api" '{ split($2, v, "."); split(api, a, ".")
  if (v[1] != a[1] || v[2] + 0 > a[2] + 0) print }' "$work/rows")
[ -z "$late" ] || say "not a version of API $api" "$late"
# The comment before a declaration ends in its version: "... Since 1.0. */".
cat "$@" | tr '\n' ' ' | sed 's/\/\*\*/\n&/g' |
  sed -n 's/.*Since  *\(\*  *\)*\([0-9][0-9.]*[0-9]\)\..*\*\/ *IMGVEC_API [^;(]*[ *]\(imgvec_[a-z0-9_]*\)(.*/\3 \2/p' |
  sort >"$work/said"
sort "$work/rows" >"$work/sorted"
names=$(comm -13 "$work/said" "$work/sorted")
[ -z "$names" ] || say "in $table, but no header says \"Since\" and that version of it" "$names"
[ -s "$work/rows" ] || say "empty" "$table"
echo "$(wc -l <"$work/rows") functions"
exit $code
