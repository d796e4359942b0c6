/* Finding the pairs among many hashes that are near each other without comparing all pairs. */
#ifndef IV_TABLE_NEAR_H
#define IV_TABLE_NEAR_H

#include "base/sets.h"
#include "base/watch.h"
#include "image/phash.h"

enum { IV_NEAR_MOST = 31 }; /* the largest distance that can be asked for */

/* Joins in `sets` every two of `count` hashes that iv_phash_near holds to be near. */
imgvec_status iv_near_join(imgvec_context *ctx, const iv_phash *const *hashes, size_t count,
                           int distance, iv_watch *watch, iv_sets *sets, imgvec_error *err);

#endif
