/** @file
 * Vectorizer: images into embeddings, without a learner. */
#ifndef IMGVEC_VECTORIZER_H
#define IMGVEC_VECTORIZER_H

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

/** Vectorizer: networks and what was fitted to their outputs; constant once it is there. */
typedef struct imgvec_vectorizer imgvec_vectorizer;

/** Loads the backbones that opts name and, unless option "dim" is "all", fits a
 * principal-component projection of each image column on the rows of ds. Embeddings of
 * two separate fits do not share a basis: keep a vectorizer to compare them.
 * ds: BORROWED for the call; its image columns, in order, are the inputs.
 * opts: job EMBED or NULL. watch: may be NULL. out: NEW, free with
 * imgvec_vectorizer_free.
 * Errors: INVALID_ARGUMENT (also dim over its limit), NO_MEMORY, IO, NOT_FOUND (weights, a
 * column), FORMAT, LIMIT, UNSUPPORTED, DATA (no image column), CANCELLED, ENGINE. Images that
 * cannot be used are reported through watch and left out of the fit. Thread: any thread. Since 1.0.
 */
IMGVEC_API IMGVEC_MUST_USE imgvec_status
imgvec_vectorizer_fit(imgvec_context *ctx, const imgvec_dataset *ds, const imgvec_options *opts,
                      const imgvec_watch *watch, imgvec_vectorizer **out, imgvec_error *err);

/** Values in one embedding: the sum over image columns; 0 for NULL.
 * Thread: shared read. Since 1.0. */
IMGVEC_API int32_t imgvec_vectorizer_width(const imgvec_vectorizer *vz);

/** Embeds every row: float32, row-major, rows x width. A row with an image that cannot
 * be read holds NaN in that image's part and its status says why.
 * dst, capacity: room for `capacity` floats; written (may be NULL): floats written.
 * status: NULL or one int32_t per row, 0 or IMGVEC_ERR_*.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, NOT_FOUND (a column is absent), LIMIT (capacity
 * too small; nothing written), CANCELLED, ENGINE. On failure dst is undefined.
 * Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_vectorizer_run(
    const imgvec_vectorizer *vz, const imgvec_dataset *ds, const imgvec_watch *watch, float *dst,
    size_t capacity, size_t *written, int32_t *status, imgvec_error *err);

/** What the vectorizer is, as JSON (docs/json.md, "vectorizer").
 * BORROWED until the vectorizer is freed; "" for NULL. Thread: shared read. Since 1.0. */
IMGVEC_API const char *imgvec_vectorizer_info(const imgvec_vectorizer *vz);

/** Writes the vectorizer to one file, atomically: path is the old file or the new one,
 * never half of one. Errors: INVALID_ARGUMENT, NO_MEMORY, IO.
 * Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_vectorizer_save(const imgvec_vectorizer *vz,
                                                                const char *path,
                                                                imgvec_error *err);

/** Opens a file of imgvec_vectorizer_save. opts: job PREDICT or NULL.
 * out: NEW, free with imgvec_vectorizer_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, IO, NOT_FOUND, FORMAT, LIMIT, UNSUPPORTED (made
 * by a newer library), ENGINE. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_vectorizer_open(imgvec_context *ctx,
                                                                const char *path,
                                                                const imgvec_options *opts,
                                                                imgvec_vectorizer **out,
                                                                imgvec_error *err);

/** Frees the vectorizer; NULL is accepted.
 * Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API void imgvec_vectorizer_free(imgvec_vectorizer *vz);

#ifdef __cplusplus
}
#endif
#endif
