#!/bin/sh
# Installs the build into a folder and runs the tests of one binding against it.
# usage: binding.sh MESON BUILD SOURCE python|go|rust. Exit 77: skipped, no toolchain.
set -eu
MESON=$1 build=$2 source=$3 binding=$4
export MESON
# shellcheck source=tools/stage.sh
. "$source/tools/stage.sh"
skip() {
  echo "SKIPPED: the tests of bindings/$binding: $1"
  exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $binding in
python) python=$("$source/bindings/python/stage" --find) || skip "no Python with cffi and numpy" ;;
go) command -v go >/dev/null || skip "go is not installed" ;;
rust) command -v cargo >/dev/null || skip "cargo is not installed" ;;
esac
stage_install "$build" "$work/root"
export OMP_NUM_THREADS=1
case $binding in
python)
  PYTHONPATH=$("$source/bindings/python/stage" "$python" "$work/python") PYTHONDONTWRITEBYTECODE=1
  export PYTHONPATH PYTHONDONTWRITEBYTECODE
  cd "$source/bindings/python/tests"
  for module in pandas sklearn tqdm pyarrow; do
    "$python" -c "import $module" 2>/dev/null || echo "SKIPPED: what tests of bindings/python need $module for"
  done
  "$python" -m unittest
  ;;
go)
  # A copy, so that the module is what it is in any folder.
  cp -R "$source/bindings/go" "$work/go"
  cd "$work/go"
  export GOFLAGS=-buildvcs=false GOPROXY=off
  [ -n "${HOME:-}" ] || export GOCACHE="$work/cache"
  go vet ./...
  go test -count=1 ./...
  ;;
rust)
  cp -R "$source/bindings/rust" "$work/rust"
  cd "$work/rust"
  CARGO_TARGET_DIR=$work/target cargo test --offline
  ;;
esac
