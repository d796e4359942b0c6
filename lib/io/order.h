/* Sorting without allocating: glibc's qsort takes memory past the context's allocator. */
#ifndef IV_IO_ORDER_H
#define IV_IO_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fills order[0 .. count) with 0 .. count-1 so that before(user, order[i+1], order[i]) is
 * false throughout. Time n log n in the worst case, n when the items are in order already. */
void iv_order(uint32_t *order, size_t count, bool (*before)(const void *user, size_t a, size_t b),
              const void *user);

#endif
