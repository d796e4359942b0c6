/** @file
 * Backbones: the networks that this library knows, and their weights: which are published,
 * which are there, whether they are sound, and how to get them. */
#ifndef IMGVEC_BACKBONE_H
#define IMGVEC_BACKBONE_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>
#include <imgvec/options.h>
#include <imgvec/watch.h>

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

/** Measures how many images a second backbone `id` turns into features on this machine:
 * random weights, random pixels of the backbone's input size, no decoding. As in embedding,
 * each of the job's threads takes batches of four images: first as many as take 0.3 s, which
 * warms up, then five times as many again; *images_per_second is the median of the five.
 * opts (IMGVEC_JOB_EMBED; device, precision and threads count) and watch may be NULL.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, UNSUPPORTED (device, precision), ENGINE, CANCELLED.
 * What else runs meanwhile is in the figure. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status
imgvec_backbone_measure(imgvec_context *ctx, const char *id, const imgvec_options *opts,
                        const imgvec_watch *watch, double *images_per_second, imgvec_error *err);

/** File that holds the weights of backbone `id`, looked up in weights_dir (NULL or "":
 * none), the folder that the environment variable IMGVEC_WEIGHTS names, the user's data
 * folder and the system's. The first folder with any counts; in it `<id>.safetensors`, .pth,
 * .pt or .bin goes first, then published checkpoints in the order of imgvec_weights_info,
 * then `<id>-<anything>`. *out: NEW, free with imgvec_text_free.
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

/** A published checkpoint. Texts are BORROWED for ever; what is not known is "" or 0. A file
 * of that name (or of that tag, "resnet50.a1_in1k.safetensors") is taken for the backbone. It,
 * and a file of another name with its SHA-256, gets this preprocessing, unless its own
 * metadata says otherwise. */
typedef struct imgvec_weights_row {
    size_t size;               /**< set to sizeof before the call */
    const char *id;            /**< of the backbone */
    const char *variant;       /**< whose definition of the network: "torchvision", "timm_tf"... */
    const char *tag;           /**< the publisher's name: "IMAGENET1K_V2", "resnet50.a1_in1k" */
    const char *file;          /**< "resnet50-11ad3fa6.pth" */
    const char *url;           /**< where it is published */
    const char *licence;       /**< SPDX, as the publisher or its repository states it */
    const char *sha256;        /**< lower-case hex digits: all 64, or the first ones */
    int64_t bytes;             /**< size of the file */
    double top1;               /**< ImageNet-1k, percent, by the publisher, at `crop` */
    int32_t resize;            /**< shorter side before the centre crop, pixels */
    int32_t crop;              /**< side of the input, pixels */
    const char *interpolation; /**< "bilinear" or "bicubic" */
    float mean[3];             /**< of pixels from 0 to 1, red first */
    float std[3];              /**< likewise */
} imgvec_weights_row;

/** Number of published checkpoints that the library knows. Thread: any thread. Since 1.0. */
IMGVEC_API int32_t imgvec_weights_count(void);

/** Describes published checkpoint `index`, 0 to count - 1: by backbone, in order of the ids,
 * and for each in the order in which they are preferred.
 * Errors: INVALID_ARGUMENT. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_weights_info(int32_t index, imgvec_weights_row *out,
                                                             imgvec_error *err);

/** What is published and what is there, as JSON (docs/json.md, "weights list"). weights_dir:
 * as in imgvec_backbone_weights. *out: NEW, free with imgvec_text_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, IO. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_weights_list(imgvec_context *ctx,
                                                             const char *weights_dir, char **out,
                                                             imgvec_error *err);

/** Compares the SHA-256 of a file, or of every file that is there where path is NULL, with
 * the published ones; JSON (docs/json.md, "weights verify") says of each whether it is ok,
 * damaged or unknown. A damaged file is a result, not an error. weights_dir: as in
 * imgvec_backbone_weights. watch may be NULL. *out: NEW, free with imgvec_text_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, IO, NOT_FOUND, CANCELLED. Thread: any thread.
 * Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_weights_verify(imgvec_context *ctx,
                                                               const char *path,
                                                               const char *weights_dir,
                                                               const imgvec_watch *watch,
                                                               char **out, imgvec_error *err);

/** Downloads a published checkpoint: nothing else in the library asks the network for
 * weights. name: a backbone's id (the first of its checkpoints), a published file name or a
 * tag that only one has. It goes into option weights_dir, else the folder that IMGVEC_WEIGHTS
 * names, else the user's data folder; the folder is made when it is not there. opts
 * (IMGVEC_JOB_FETCH; NULL: the defaults) may name a mirror with weights_url. Over https only
 * (http for a mirror on this machine), at most an hour; what was cut goes on next time. The
 * file gets its name when its size and SHA-256 are the published ones. One that is there and
 * sound is not downloaded again. watch may be NULL. *path: NEW, where the file is, free with
 * imgvec_text_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, NOT_FOUND, IO, LIMIT, FORMAT, UNSUPPORTED (no hash is
 * known, published over http only, built without downloads), DATA (other bytes than were
 * published: they are removed), CANCELLED. Where a download failed, the text says which file
 * to get from where and into which folder to put it. Two calls for one file at once only
 * spoil each other's download. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_weights_fetch(imgvec_context *ctx, const char *name,
                                                              const imgvec_options *opts,
                                                              const imgvec_watch *watch,
                                                              char **path, imgvec_error *err);

#ifdef __cplusplus
}
#endif
#endif
