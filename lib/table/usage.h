/* How the image cells of a CSV table and the files around it belong together. */
#ifndef IV_TABLE_USAGE_H
#define IV_TABLE_USAGE_H

#include "table/import.h"

/* Opens the archives that cells name, counts the images that no row names, and puts into a
 * column's reason when none of its first files is there. */
imgvec_status iv_usage_check(iv_import *in, imgvec_error *err);

#endif
