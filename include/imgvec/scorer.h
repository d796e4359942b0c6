/** @file
 * Scorer: one row at a time through a model, again and again, as a server does. */
#ifndef IMGVEC_SCORER_H
#define IMGVEC_SCORER_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/dataset.h>
#include <imgvec/error.h>
#include <imgvec/model.h>
#include <imgvec/options.h>
#include <imgvec/watch.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Scorer: a row of a model's columns and the room that scoring it takes. Make one for each thread
 * that scores; all of them may share one model. */
typedef struct imgvec_scorer imgvec_scorer;

/** Prepares a model for rows that come one by one: finds its columns and takes the room for
 * one row. Then, for each row: set its cells, and run. What runs is imgvec_model_predict on a
 * row of a dataset that the program filled, with the same bits, in the calling thread; a network
 * uses as many threads as the model was opened for (option threads; 1 where many scorers run at
 * once). From run to run neither the memory that is held nor the number of allocations grows,
 * but for what a larger image or text takes, and a note of each URL and archive that an image
 * was read from.
 * model: kept alive by the scorer, even when it is freed first. opts: limits of images and what
 * the network may do, as of imgvec_dataset_set_options, or NULL for the defaults.
 * out: NEW, free with imgvec_scorer_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY. Thread: shared read of the model. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_scorer_new(const imgvec_model *model,
                                                           const imgvec_options *opts,
                                                           imgvec_scorer **out, imgvec_error *err);

/** Sets the row's cell of a column to a number, as imgvec_dataset_append_number; what was set
 * before is replaced. The column's type is the one that the model knows (member "columns" of
 * its JSON). column: its name in the training data. A failure may leave the cell without a value.
 * Errors: INVALID_ARGUMENT (a NULL, another type), NOT_FOUND (the model uses no such column; it
 * leaves out what is worth nothing, so that this may be passed over), NO_MEMORY.
 * Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_scorer_set_number(imgvec_scorer *scorer,
                                                                  const char *column, double value,
                                                                  imgvec_error *err);

/** Sets the row's cell of a column to a text (COPIED), or to the path or URL of an image, as
 * imgvec_dataset_append_text; NULL is a missing value. What a path or URL names is read, so
 * that it must not be a stranger's: of a stranger's image hand over the bytes.
 * column: as imgvec_scorer_set_number, or NULL for the model's only image column.
 * Errors and thread as imgvec_scorer_set_number. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_scorer_set_text(imgvec_scorer *scorer,
                                                                const char *column,
                                                                const char *value,
                                                                imgvec_error *err);

/** Sets the row's cell of an image column to an encoded image (COPIED), as
 * imgvec_dataset_append_bytes. column: as imgvec_scorer_set_text.
 * Errors and thread as imgvec_scorer_set_number. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_scorer_set_bytes(imgvec_scorer *scorer,
                                                                 const char *column,
                                                                 const void *bytes, size_t size,
                                                                 imgvec_error *err);

/** Sets the row's cell of an image column to raw pixels (COPIED), as imgvec_dataset_append_pixels.
 * column: as imgvec_scorer_set_text.
 * Errors and thread as imgvec_scorer_set_number. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_scorer_set_pixels(
    imgvec_scorer *scorer, const char *column, const void *pixels, int32_t width, int32_t height,
    size_t stride, int32_t format, imgvec_error *err);

/** Scores the row: as many floats as imgvec_model_outputs says, as imgvec_model_predict. A cell
 * that was not set is a missing value. Afterwards, failed or not, no cell is set, so that nothing
 * of one request is in the next; but INVALID_ARGUMENT and LIMIT come before anything is done.
 * watch: may be NULL; hears of an image that cannot be used, and cancels a download.
 * dst, capacity: room for `capacity` floats. status: NULL, or gets 0 or the IMGVEC_ERR_* for which
 * the row holds NaN. Errors: INVALID_ARGUMENT, NO_MEMORY, DATA (a text that is no value of its
 * column's type), LIMIT (capacity too small), CANCELLED, ENGINE. On failure dst is undefined.
 * Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_scorer_run(imgvec_scorer *scorer,
                                                           const imgvec_watch *watch, float *dst,
                                                           size_t capacity, int32_t *status,
                                                           imgvec_error *err);

/** Frees the scorer; NULL is accepted. Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API void imgvec_scorer_free(imgvec_scorer *scorer);

#ifdef __cplusplus
}
#endif
#endif
