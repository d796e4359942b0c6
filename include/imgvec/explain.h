/** @file
 * Why a model answers as it does: what each column adds, and where in an image it looks. */
#ifndef IMGVEC_EXPLAIN_H
#define IMGVEC_EXPLAIN_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/dataset.h>
#include <imgvec/error.h>
#include <imgvec/model.h>
#include <imgvec/watch.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Formats of an overlay. */
enum { IMGVEC_PICTURE_PNG = 1, IMGVEC_PICTURE_JPEG = 2 };

/** Columns that the model's features come from; 0 for NULL. Thread: shared read. Since 1.0. */
IMGVEC_API int32_t imgvec_model_inputs(const imgvec_model *model);

/** Name of input `index`; NULL when there is no such input. BORROWED until the model is freed.
 * Thread: shared read. Since 1.0. */
IMGVEC_API const char *imgvec_model_input_name(const imgvec_model *model, int32_t index);

/** What each input adds to each answer: float32, row-major, rows x outputs x (inputs + 1). The last
 * value of each output is the bias, where the average training row is. They add up to the margin:
 * for a number the answer on the scale that the learner learned (that of the model's transform,
 * where it has one); for two classes the log-odds, of the first class those of the second with the
 * sign turned; for more the logit of the class less the mean of all logits, so that softmax of the
 * margins is the answer. By TreeSHAP for boosted trees, exact for a linear learner; a column's
 * value is the sum over its features. A row that cannot be scored holds NaN and its status says
 * why. dst, capacity: room for `capacity` floats; written (may be NULL): floats written. status:
 * NULL or one int32_t per row, 0 or IMGVEC_ERR_*. Errors: as imgvec_model_predict. On failure dst
 * is undefined. Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_contributions(
    const imgvec_model *model, const imgvec_dataset *ds, const imgvec_watch *watch, float *dst,
    size_t capacity, size_t *written, int32_t *status, imgvec_error *err);

/** Where an image speaks for an output (above 0) or against it, as a map over the whole upright
 * image: float32, height x width, top row first, which may be of any size. Its unit is that of the
 * column's contribution, which is the mean over what the network sees of a cell's only image. 0
 * where no network looks: most crop to a square. This is Grad-CAM before its ReLU, relative to the
 * average training image; docs/explain.md says how far it is exact. column: an image column, NULL
 * for the only one. image: of the cell, from 0. output: 0 to outputs
 * - 1. dst: room for width x height floats, each side 1 to 16384.
 * Errors: as imgvec_model_predict; INVALID_ARGUMENT (row, output or size; several image columns and
 * none named), NOT_FOUND (no such column, the cell has no such image), FORMAT, LIMIT, IO,
 * UNSUPPORTED (the image cannot be used). On failure dst is undefined.
 * Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_saliency(
    const imgvec_model *model, const imgvec_dataset *ds, int64_t row, const char *column,
    int32_t image, int32_t output, float *dst, int32_t width, int32_t height, imgvec_error *err);

/** The same as a picture: the image in gray, and over it in colours what speaks for the class more
 * than the image's average place does; for a number, what raises it in orange and what lowers it in
 * blue. side: longest side in pixels, 16 to 4096; smaller images stay as they are.
 * format: IMGVEC_PICTURE_*. out, size: the file's bytes, NEW, free with imgvec_bytes_free.
 * Errors: as imgvec_model_saliency. Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_overlay(const imgvec_model *model,
                                                              const imgvec_dataset *ds, int64_t row,
                                                              const char *column, int32_t image,
                                                              int32_t output, int32_t side,
                                                              int32_t format, void **out,
                                                              size_t *size, imgvec_error *err);

/** Frees bytes that the library handed over; NULL is accepted. Thread: any thread. Since 1.0. */
IMGVEC_API void imgvec_bytes_free(void *bytes);

#ifdef __cplusplus
}
#endif
#endif
