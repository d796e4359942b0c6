/* Backbones: the networks that this library knows, and where their weights are. */
#ifndef IMGVEC_BACKBONE_H
#define IMGVEC_BACKBONE_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One architecture. Texts are BORROWED for ever. */
typedef struct imgvec_backbone_row {
    size_t size;        /**< set to sizeof before the call */
    const char *id;     /**< "resnet50" */
    int64_t parameters; /**< without the classifier */
    double gmacs;       /**< billions of multiply-adds for one image of input_size */
    int32_t width;      /**< values of the last global average pool */
    int32_t input_size; /**< default side of the square input, pixels */
} imgvec_backbone_row;

/** Number of backbones. Thread: any thread. Since 1.0. */
IMGVEC_API int32_t imgvec_backbone_count(void);

/** Describes backbone `index`, 0 to count - 1, in order of their ids.
 * Errors: INVALID_ARGUMENT, NO_MEMORY. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_backbone_info(int32_t index,
                                                              imgvec_backbone_row *out,
                                                              imgvec_error *err);

/** File that holds the weights of backbone `id`, looked up in weights_dir (NULL or "":
 * none), the folder that the environment variable IMGVEC_WEIGHTS names, the user's data
 * folder and the system's. *out: NEW, free with imgvec_text_free.
 * Errors: INVALID_ARGUMENT (no such backbone), NO_MEMORY, NOT_FOUND; the text says which
 * folders were looked into and which file names fit. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_backbone_weights(imgvec_context *ctx,
                                                                 const char *id,
                                                                 const char *weights_dir,
                                                                 char **out, imgvec_error *err);

/** Lists the tensors of a checkpoint file (.safetensors, or torch's .pth in either of its
 * formats) as JSON (docs/json.md, "weights"): name, dtype, shape, metadata. Nothing in the
 * file is executed. *out: NEW, free with imgvec_text_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, IO, NOT_FOUND, FORMAT (damaged, or it refers to what no
 * checkpoint needs), LIMIT, UNSUPPORTED. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_weights_inspect(imgvec_context *ctx,
                                                                const char *path, char **out,
                                                                imgvec_error *err);

#ifdef __cplusplus
}
#endif
#endif
