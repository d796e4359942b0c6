/* What the columns of a text table are. The rules are at the top of types.c. */
#ifndef IV_TABLE_TYPES_H
#define IV_TABLE_TYPES_H

#include "base/watch.h"
#include "table/store.h"

/* Sets type, natural type, missing cells and reason of every column stored as text. */
imgvec_status iv_types_infer(imgvec_dataset *ds, const imgvec_options *opts, iv_watch *watch,
                             imgvec_error *err);

/* Again for one column that turned out to hold no images, whatever its texts end like. */
imgvec_status iv_types_no_images(imgvec_dataset *ds, int32_t column, const imgvec_options *opts,
                                 iv_watch *watch, imgvec_error *err);

/* Puts options "ignore" and "type" into the columns themselves, and gives the target back
 * the type that inference took from it. */
imgvec_status iv_types_apply(imgvec_dataset *ds, const imgvec_options *opts, imgvec_error *err);

#endif
