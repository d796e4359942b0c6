/* Splitting by time: what came first goes to the first part. */
#ifndef IV_TABLE_SPLIT_TIME_H
#define IV_TABLE_SPLIT_TIME_H

#include "table/store.h"

/* Sorts the rows by a column of numbers or dates and marks about ratio of them, the earlier ones,
 * as part 0 and the others as part 1. Rows of one time stay together, at the boundary that comes
 * nearest to the ratio. A group (NULL: there are none) that lies on both sides goes to part 1 as a
 * whole, so that part 0 knows nothing of later rows; *moved counts the rows that did for it. DATA
 * for a cell that is empty or no time, or when a part would be empty. */
imgvec_status iv_split_by_time(const imgvec_dataset *ds, const imgvec_options *opts, int32_t column,
                               const int32_t *group, double ratio, int32_t *part, int64_t *moved,
                               imgvec_error *err);

#endif
