/* Element types of checkpoints, and their exact conversion to float32. */
#ifndef IV_IO_DTYPE_H
#define IV_IO_DTYPE_H

#include <stddef.h>

/* Bytes of one element of "F32", "BF16", "I64"...; 0 for an unknown name. */
size_t iv_dtype_size(const char *name);

/* Converts count little-endian elements. Doubles and 64-bit integers are rounded to the
 * nearest float. src may end where dst ends (widening in place from the back is not done). */
void iv_dtype_convert(const char *name, const void *src, size_t count, float *dst);

#endif
