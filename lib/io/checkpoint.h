/* Checkpoints as they are published: .safetensors, and torch's .pth or .pt in the zip format
 * (since 1.6) and in the legacy one. The content decides, not the file's name. */
#ifndef IV_IO_CHECKPOINT_H
#define IV_IO_CHECKPOINT_H

#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#include "io/tensors.h"

/* The file's state_dict as float32 tensors (NEW). max_header (0: 16 MB) bounds what describes
 * them: a header, a pickle. FORMAT for a damaged file, for names that a checkpoint has no
 * business with, for NaN or infinite weights and for a file without tensors; UNSUPPORTED for
 * formats and byte orders that can be converted; LIMIT for tensors out of all proportion to
 * the file. */
imgvec_status iv_checkpoint_open(imgvec_context *ctx, const char *path, uint64_t max_header,
                                 iv_tensors **out, imgvec_error *err);

#endif
