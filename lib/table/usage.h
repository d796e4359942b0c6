/* How the image cells of a CSV table and the files around it belong together. */
#ifndef IV_TABLE_USAGE_H
#define IV_TABLE_USAGE_H

#include "table/import.h"

/* Opens the first files that image columns name. A column whose files are there, but none of them
 * an image, gets the type that it has without images; where none is there, its reason says so. */
imgvec_status iv_usage_sample(iv_import *in, imgvec_error *err);

/* Opens the archives that cells name and counts the images that no row names. */
imgvec_status iv_usage_check(iv_import *in, imgvec_error *err);

#endif
