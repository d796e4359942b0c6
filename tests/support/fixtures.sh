# Where test material is, for scripts: as tests/support/fixtures.h. Sourced from the root of the tree.
IMGVEC_FIXTURES=${IMGVEC_FIXTURES:-../shared}
