/* NumPy's .npy format, version 1.0 (NEP 1): little-endian float32, C order. */
#ifndef IV_IO_NPY_H
#define IV_IO_NPY_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

/* Header for a rows x columns array (columns 0: one dimension) into dst; returns its
 * size, a multiple of 64 and at most 128. */
size_t iv_npy_header(uint64_t rows, uint64_t columns, char dst[128]);

imgvec_status iv_npy_write(imgvec_context *ctx, const char *path, const float *values,
                           uint64_t rows, uint64_t columns, imgvec_error *err);

#endif
