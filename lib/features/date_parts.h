/* A date column as its parts: days since 1970, year, month, day, weekday, day of the year, hour,
 * minute and second. Parts that are the same in all training rows are left out, the days never. */
#ifndef IV_FEATURES_DATE_PARTS_H
#define IV_FEATURES_DATE_PARTS_H

#include "features/block.h"

extern const iv_block_kind iv_date_kind;

#endif
