/** @file
 * Model: trained once, saved as one file, scored anywhere. */
#ifndef IMGVEC_MODEL_H
#define IMGVEC_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/dataset.h>
#include <imgvec/error.h>
#include <imgvec/options.h>
#include <imgvec/watch.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Model: constant once it is trained or opened. */
typedef struct imgvec_model imgvec_model;

/** Runs the whole experiment: embeds the images, cross-validates projection and learner
 * with everything that is fitted kept inside each training fold, and refits on all rows
 * with the rounds that the folds chose. The reported scores come from rows that nothing
 * saw.
 * ds: BORROWED for the call. opts: job TRAIN, or NULL for the defaults. watch: may be
 * NULL. out: NEW, free with imgvec_model_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, IO, NOT_FOUND (target, weights), FORMAT, LIMIT,
 * UNSUPPORTED, DATA (a target that cannot be learned, too many bad images, a class
 * smaller than 2 rows), CANCELLED, ENGINE. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_train(imgvec_context *ctx,
                                                            const imgvec_dataset *ds,
                                                            const imgvec_options *opts,
                                                            const imgvec_watch *watch,
                                                            imgvec_model **out, imgvec_error *err);

/** The Automatic Image Model: learns a target from one image column and decides all the rest
 * itself. Within option time_budget it searches architecture (of the checkpoints that are there),
 * input size, learning rate, optimizer, batch size, epochs, cropping, augmentations, warm-up, layer
 * decay and dropout by asynchronous successive halving from strong defaults, blends the best
 * trials where that is better, and lets them learn once more from all rows. What options were set
 * to is not searched. Scores come from rows that no network learned from and that the choice of
 * the blend did not see; which trials were given more epochs was decided by these rows too. The
 * model is scored, saved and opened as every other; member "auto" of its JSON is the leaderboard.
 * With option checkpoint_dir finished trials are kept, and resume goes on with them.
 * Cancelled by watch, it gives the best model of what it has found, and CANCELLED only where no
 * trial was finished.
 * ds: BORROWED for the call; other columns than the image and the target are not used. opts: job
 * AUTO, or NULL for the defaults. watch: may be NULL. out: NEW, free with imgvec_model_free.
 * Errors: as imgvec_model_train; INVALID_ARGUMENT where several columns are images. Thread: any
 * thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status
imgvec_model_train_auto(imgvec_context *ctx, const imgvec_dataset *ds, const imgvec_options *opts,
                        const imgvec_watch *watch, imgvec_model **out, imgvec_error *err);

/** Numbers predicted for each row: 1 for regression, the number of classes for
 * classification; 0 for NULL. Thread: shared read. Since 1.0. */
IMGVEC_API int32_t imgvec_model_outputs(const imgvec_model *model);

/** Name of output `index`: a class, or "prediction" for regression; NULL when there is
 * no such output. BORROWED until the model is freed. Thread: shared read. Since 1.0. */
IMGVEC_API const char *imgvec_model_output_name(const imgvec_model *model, int32_t index);

/** Scores every row: float32, row-major, rows x outputs; class probabilities, calibrated where the
 * training kept a temperature (option calibrate), or the predicted number. Columns are found by
 * name and may stand in any order; a model of a single image column also takes a dataset with a
 * single image column of another name. A row that cannot be scored holds NaN and its status says
 * why. dst, capacity: room for `capacity` floats; written (may be NULL): floats written. status:
 * NULL or one int32_t per row, 0 or IMGVEC_ERR_*. Errors: INVALID_ARGUMENT, NO_MEMORY, NOT_FOUND (a
 * column is absent), DATA (text in a numeric column: row and column), LIMIT (capacity too small;
 * nothing written), CANCELLED, ENGINE. On failure dst is undefined. Thread: shared read. Since 1.0.
 */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_predict(const imgvec_model *model,
                                                              const imgvec_dataset *ds,
                                                              const imgvec_watch *watch, float *dst,
                                                              size_t capacity, size_t *written,
                                                              int32_t *status, imgvec_error *err);

/** Probability of the second class from which on a prediction of a binary model counts as that
 * class: chosen on out-of-fold predictions (option threshold_metric; docs/learning.md). NaN where
 * the model has none, and for NULL. Thread: shared read. Since 1.0. */
IMGVEC_API double imgvec_model_threshold(const imgvec_model *model);

/** Share of rows whose truth imgvec_model_intervals and imgvec_model_sets are to hold (option
 * interval of the training); 0 where the model has neither, and for NULL. They do so about as
 * often: no guarantee covers the model that was refitted on all rows; what is known is the coverage
 * that was measured (docs/json.md, "intervals"). Thread: shared read.
 * Since 1.0. */
IMGVEC_API double imgvec_model_interval_level(const imgvec_model *model);

/** Intervals around predicted numbers, from the errors of the out-of-fold predictions, that hold
 * the truth about as often as the level says. predictions: rows values of imgvec_model_predict,
 * BORROWED for the call. bounds: room for `capacity` floats; gets lower and upper of each row, NaN
 * where the prediction is NaN. Errors: INVALID_ARGUMENT (a NULL, a model of classes), LIMIT
 * (capacity below 2 x rows; nothing written), UNSUPPORTED (the model has no intervals: too few
 * rows, or option interval was 0). Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_intervals(const imgvec_model *model,
                                                                const float *predictions,
                                                                size_t rows, float *bounds,
                                                                size_t capacity, imgvec_error *err);

/** Sets of classes that hold the true one about as often as the level says; the most probable class
 * is always a member. predictions: rows x outputs values of imgvec_model_predict, BORROWED for the
 * call. members: room for `capacity` bytes; gets 1 for a member and 0 for another class, in the
 * order of the outputs, 0 for all of a row that holds NaN. Errors: INVALID_ARGUMENT (a NULL, a
 * model of a number), LIMIT (capacity below rows x outputs; nothing written), UNSUPPORTED (as
 * imgvec_model_intervals). Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_sets(const imgvec_model *model,
                                                           const float *predictions, size_t rows,
                                                           uint8_t *members, size_t capacity,
                                                           imgvec_error *err);

/** Scores rows whose target is known and measures the result, as JSON (docs/json.md,
 * "evaluate"). Rows without a target or that cannot be scored are counted and left out.
 * out: NEW, free with imgvec_text_free.
 * Errors: as imgvec_model_predict; NOT_FOUND for an absent target column; DATA where a
 * class was not in training or no row is left. Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_evaluate(const imgvec_model *model,
                                                               const imgvec_dataset *ds,
                                                               const imgvec_watch *watch,
                                                               char **out, imgvec_error *err);

/** What the model is, as JSON (docs/json.md, "model"): task, columns, classes, options,
 * metrics, folds, versions, problems. BORROWED until the model is freed; "" for NULL.
 * Thread: shared read. Since 1.0. */
IMGVEC_API const char *imgvec_model_info(const imgvec_model *model);

/** Writes the model to one file, atomically: path is the old file or the new one, never
 * half of one. Errors: INVALID_ARGUMENT, NO_MEMORY, IO. Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_save(const imgvec_model *model,
                                                           const char *path, imgvec_error *err);

/** Opens a file of imgvec_model_save; nothing but the file is needed. Every byte is
 * checked before any part is used. opts: job PREDICT or NULL.
 * out: NEW, free with imgvec_model_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, IO, NOT_FOUND, FORMAT (damaged, or no model),
 * LIMIT, UNSUPPORTED (made by a newer library), ENGINE. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_open(imgvec_context *ctx, const char *path,
                                                           const imgvec_options *opts,
                                                           imgvec_model **out, imgvec_error *err);

/** What the file of a model or vectorizer holds: the JSON of imgvec_model_info or
 * imgvec_vectorizer_info as it was saved (docs/json.md; member "kind" tells which). Every byte
 * is checked as imgvec_model_open does, but no network and no learner is loaded, so a file is
 * described on a machine that cannot use it too, and one that is described is not proved usable.
 * out: NEW, free with imgvec_text_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, IO, NOT_FOUND, FORMAT (damaged, or neither of the two),
 * UNSUPPORTED (made by a newer library). Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_describe_file(imgvec_context *ctx,
                                                                    const char *path, char **out,
                                                                    imgvec_error *err);

/** Sets saved models side by side, as JSON (docs/json.md, "compare"): options that differ, scores,
 * cost, and for each model after the first the differences of its out-of-fold scores to the
 * first one's on the rows that both scored, with intervals by the paired bootstrap. Models of
 * other data, another target or task get no differences, and the reason. Neither data nor
 * networks are needed.
 * paths: count files of imgvec_model_save, at least 1. out: NEW, free with imgvec_text_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, IO, NOT_FOUND, FORMAT (damaged, or no model),
 * UNSUPPORTED (made by a newer library). Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_compare_files(imgvec_context *ctx,
                                                                    const char *const *paths,
                                                                    size_t count, char **out,
                                                                    imgvec_error *err);

/** Frees the model; NULL is accepted. Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API void imgvec_model_free(imgvec_model *model);

#ifdef __cplusplus
}
#endif
#endif
