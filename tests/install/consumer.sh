#!/bin/sh
# Installs the build into a folder, compiles the example against it through pkg-config alone and
# runs it. usage: consumer.sh MESON BUILD SOURCE CC PICTURES
set -eu
meson=$1 build=$2 source=$3 cc=$4 pictures=$(realpath "$5")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$meson" install -C "$build" --no-rebuild --quiet --destdir "$work/root"

pc=$(find "$work/root" -name imgvec.pc)
[ -n "$pc" ] || { echo "imgvec.pc was not installed"; exit 1; }
PKG_CONFIG_PATH=$(dirname "$pc") PKG_CONFIG_SYSROOT_DIR=$work/root
PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_ALLOW_SYSTEM_CFLAGS PKG_CONFIG_ALLOW_SYSTEM_LIBS
flags=$(pkg-config --cflags --libs imgvec)
echo "version $(pkg-config --modversion imgvec), flags $flags"
cd "$work"
# shellcheck disable=SC2086
$cc -std=c99 -Wall -Wextra -pedantic -Werror "$source/examples/train_and_predict.c" $flags -o example
LD_LIBRARY_PATH=$(dirname "$(dirname "$pc")")
export LD_LIBRARY_PATH

"$pictures" photos
./example photos photos/small/00.png \
  '{"backbone": "mobilenetv2_035", "weights": "random", "dim": "8", "folds": 3}' >out
cat out
[ "$(wc -l <out)" = 2 ] && grep -q '^small' out && grep -q '^large' out
[ -s photos.imgvec ]
# The installed program finds the installed library and module.
program=$(find "$work/root" -name imgvec -type f -perm -100)
"$program" predict photos.imgvec photos/large/12.png

# The README shows this very example.
sed -n '/^```c$/,/^```$/p' "$source/README.md" | sed '/^```/d' >shown
diff "$source/examples/train_and_predict.c" shown || { echo "README.md shows another example"; exit 1; }
