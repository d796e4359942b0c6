/* Weights and pictures made of nothing but their names: the parity kit's formula, version 1,
 * so that a test needs no downloaded weights. */
#ifndef TEST_FORMULA_H
#define TEST_FORMULA_H

#include <stddef.h>
#include <stdint.h>

#include "io/tensors.h"

uint64_t formula_mix(uint64_t z);
uint64_t formula_fnv(const char *text);
uint64_t formula_word(const char *name, uint64_t seed, uint64_t i);

/* Values of a state_dict entry; e is the batch norm's exponent. */
void formula_tensor(const char *name, uint64_t seed, int e, int rank, const int64_t *shape,
                    float *out);

/* 8-bit RGB rows, and the same normalised as C x H x W floats. */
void formula_picture(uint64_t seed, int height, int width, uint8_t *rgb);
void formula_input(const uint8_t *rgb, int height, int width, const float mean[3],
                   const float std[3], float *out);

/* Checksums of bytes and of float32 values. */
uint64_t formula_check_bytes(const uint8_t *values, size_t count);
uint64_t formula_check_floats(const float *values, size_t count);

/* The whole state_dict that parity/keys/<key>.txt lists, classifier and counters included.
 * checksum (may be NULL): of the whole. NULL when the kit is not there. */
iv_tensors *formula_state(imgvec_context *ctx, const char *key, uint64_t seed, uint64_t *checksum);

#endif
