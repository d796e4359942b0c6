/** @file
 * Arrow: datasets from record batches, embeddings and features as record batches, through the Arrow
 * C data and stream interfaces. No Arrow library is needed on either side. */
#ifndef IMGVEC_ARROW_H
#define IMGVEC_ARROW_H

#include <stdint.h>

#include <imgvec/dataset.h>
#include <imgvec/error.h>
#include <imgvec/model.h>
#include <imgvec/options.h>
#include <imgvec/vectorizer.h>
#include <imgvec/watch.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @cond
 * The structures of the interfaces, with the guards that every header with them shares. Their
 * contract is Arrow's own. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};
#endif
/** @endcond */

/** Adds the columns of a stream of record batches to a dataset, a row for each row of the
 * batches. Their names must be new. Values are copied; nulls are missing values, and so are
 * empty texts and NaN. What each Arrow type becomes is in docs/data.md, "Arrow"; columns of
 * numbers and texts are then typed by inference, as those of a CSV file, binary columns are
 * encoded images.
 * ds: of imgvec_dataset_new. stream: MOVED, so released by the library on success and still
 * the caller's to release on failure, wherever it then stands. opts: job OPEN (types, limits)
 * or NULL. watch: may be NULL. A failed call leaves ds as it was.
 * Errors: INVALID_ARGUMENT (a dataset that was opened, a released stream, a name that is there
 * already), NO_MEMORY, UNSUPPORTED (a type: column and format string), FORMAT (arrays that
 * contradict their schema, text that is not UTF-8: column and row), LIMIT, IO (the stream
 * failed: its words), CANCELLED. The lengths of buffers are not part of the interface, so the
 * producer is trusted with them.
 * Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_dataset_add_arrow(imgvec_dataset *ds,
                                                                  struct ArrowArrayStream *stream,
                                                                  const imgvec_options *opts,
                                                                  const imgvec_watch *watch,
                                                                  imgvec_error *err);

/** Embeds every row, as imgvec_vectorizer_run, and hands the result out as a stream of record
 * batches with the columns "row" (int64, from 0), "status" (int32, 0 or IMGVEC_ERR_*) and
 * "embedding" (fixed-size list of imgvec_vectorizer_width float32, whose buffers of all batches
 * are one matrix in memory). Nothing is null: a row that cannot be embedded holds NaN.
 * out: NEW, free with its release; it and every array taken from it live on without vz, ds and
 * each other. A failed call leaves *out as it was.
 * Errors: as imgvec_vectorizer_run. Thread: shared read; a stream is for one thread at a time.
 * Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_vectorizer_export_arrow(
    const imgvec_vectorizer *vz, const imgvec_dataset *ds, const imgvec_watch *watch,
    struct ArrowArrayStream *out, imgvec_error *err);

/** The feature matrix: what a model's learner is given of each row when it scores, as a stream of
 * record batches. Its first two columns are "row" (int64, from 0) and "status" (int32, what
 * imgvec_model_predict says of the row: 0 or IMGVEC_ERR_*); behind them is one float32 column for
 * each feature, in the order of the feature table, named like "area", "colour=red" or "photo[3]".
 * Go by position: a column of the data may be called "row". Nothing is null: a missing value is
 * NaN, as the learner has it. Columns are found as imgvec_model_predict finds them; the target is
 * not needed.
 * out: NEW, free with its release; it and every array taken from it live on without model, ds
 * and each other. A failed call leaves *out as it was.
 * Errors: as imgvec_model_predict. Thread: shared read; a stream is for one thread at a time.
 * Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_model_export_arrow(const imgvec_model *model,
                                                                   const imgvec_dataset *ds,
                                                                   const imgvec_watch *watch,
                                                                   struct ArrowArrayStream *out,
                                                                   imgvec_error *err);

#ifdef __cplusplus
}
#endif
#endif
