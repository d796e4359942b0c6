/* The safetensors format: 8-byte header length, JSON header, data. Strict reader: header
 * cap, unique names, known dtypes, exact shape products, offsets that start at 0 and touch
 * without hole or overlap, data that ends with the file. */
#ifndef IV_IO_SAFETENSORS_H
#define IV_IO_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "io/tensors.h"

/* Reads a file, or bytes in memory (COPIED as far as needed); every floating dtype comes
 * out as float32, integers are kept when they are I64 and listed as float otherwise. A NaN or
 * infinite weight is FORMAT and names the tensor. `name` is used in error texts. */
imgvec_status iv_safetensors_open(imgvec_context *ctx, const char *path, uint64_t max_header,
                                  iv_tensors **out, imgvec_error *err);
imgvec_status iv_safetensors_parse(imgvec_context *ctx, const char *name, const void *data,
                                   size_t size, uint64_t max_header, iv_tensors **out,
                                   imgvec_error *err);

/* The file's bytes (NEW, iv_free): float32 tensors in the set's order, metadata sorted by
 * name, header padded with blanks so that the data is 64-byte aligned. Deterministic. */
imgvec_status iv_safetensors_bytes(imgvec_context *ctx, const iv_tensors *set, void **data,
                                   size_t *size, imgvec_error *err);

#endif
