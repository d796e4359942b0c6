/* How weights want their images, as metadata of a weights file. */
#ifndef IV_NET_INPUT_H
#define IV_NET_INPUT_H

#include <stdbool.h>

#include "net/network.h"

/* Whether a file says anything of that. */
bool iv_input_said(const iv_tensors *set);

/* Reads input_size, resize, crop, interpolation, mean and std; what is not there is taken
 * from `fallback`, except that an input size alone brings resize = size * 256 / 224.
 * FORMAT names the entry that makes no sense. */
imgvec_status iv_input_read(const iv_tensors *set, const iv_input_spec *fallback, const char *label,
                            iv_input_spec *out, imgvec_error *err);
imgvec_status iv_input_write(iv_tensors *set, const iv_input_spec *spec, imgvec_error *err);

#endif
