#!/bin/sh
# The types and functions of the built library against the recorded ABI: nothing may be removed or
# changed; what is new is told. usage: check_abi.sh LIBRARY RECORD HEADERS, or, to record:
# check_abi.sh --record LIBRARY RECORD HEADERS. Exit 77, aloud: cannot be checked here.
set -eu
write=
if [ "$1" = --record ]; then
  write=1
  shift
fi
library=$1 record=$2 headers=$3 handles=$(dirname "$0")/handles.suppr
for tool in abidw abidiff readelf; do
  if ! command -v $tool >/dev/null 2>&1; then
    echo "SKIPPED: no $tool here, so the ABI was not compared with the record: apt-get install abigail-tools"
    exit 77
  fi
done
if ! readelf -S -W "$library" | grep -q '\.debug_info'; then
  echo "SKIPPED: $library has no debug information to read its types from"
  exit 77
fi
if [ -n "$write" ]; then
  abidw --headers-dir "$headers" --drop-private-types --exported-interfaces-only --no-parameter-names \
    --no-corpus-path --no-show-locs --no-comp-dir-path --no-elf-needed --no-architecture \
    --out-file "$record" "$library"
fi
recorded=$(grep -c "<elf-symbol name='imgvec_" "$record" || true)
[ "$recorded" -gt 0 ] || { echo "$record names no function"; exit 1; }
code=0
abidiff --leaf-changes-only --suppressions "$handles" --no-added-syms --no-architecture "$record" "$library" || code=$?
echo "$recorded functions recorded, abidiff $code"
if [ $code -ne 0 ]; then
  echo "What programs were built with has changed. Take it back; or, where the API's major number has changed or a"
  echo "field was appended to a struct that begins with its size, record anew (CONTRIBUTING.md, \"The ABI\")."
  exit 1
fi
