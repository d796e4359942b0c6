# Sourced: installs build folder $1 into $2 as it would lie at home, and points pkg-config, CMake
# and the loader there. A staged pkg-config file is made to name the place where it lies.
stage_install() {
  ${MESON:-meson} install -C "$1" --no-rebuild --quiet --destdir "$2"
  stage_use "$(dirname "$(dirname "$(dirname "$(find "$2" -path '*/include/imgvec/imgvec.h')")")")"
  sed -i "s|^prefix=.*|prefix=$stage_prefix|" "$stage_libdir/pkgconfig/imgvec.pc"
}

# Uses the installation with prefix $1.
stage_use() {
  stage_prefix=$(realpath "$1")
  stage_pc=$(find "$stage_prefix" -maxdepth 5 -name imgvec.pc | head -n 1)
  [ -n "$stage_pc" ] || { echo "no imgvec.pc in $stage_prefix" >&2; return 1; }
  stage_libdir=$(dirname "$(dirname "$stage_pc")")
  PKG_CONFIG_PATH=$stage_libdir/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
  CMAKE_PREFIX_PATH=$stage_prefix${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}
  LD_LIBRARY_PATH=$stage_libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  PATH=$stage_prefix/bin:$PATH
  export PKG_CONFIG_PATH CMAKE_PREFIX_PATH LD_LIBRARY_PATH PATH
}
