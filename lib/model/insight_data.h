/* What a report shows that neither a model's JSON nor its predictions hold: small pictures of some
 * training images, which ones resemble the worst errors, and a map of the images. Collected at the
 * end of a training and kept in the model file as parts in the folder insights/:
 *
 *   index.json           {"column", "rows": [{"row", "path", "truth", "width", "height"}],
 *                         "samples": [row], "augment": text, "augmented": versions of each sample,
 *                         "errors": [{"row", "nearest": [{"row", "similarity"}]}],
 *                         "map": {"variance": [2], "points": [{"row", "x", "y", "truth"}]}}
 *   row_<n>.jpg          the image of that row of the training data
 *   row_<n>_<v>.jpg      version v of it as training augments it, from 1
 *   gradcam_<n>.jpg      where in it the model looked for its wrong answer
 *
 * A number "truth" is a class index, or the value of a regression. */
#ifndef IV_MODEL_INSIGHT_DATA_H
#define IV_MODEL_INSIGHT_DATA_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/dataset.h>
#include <imgvec/options.h>

#include "base/watch.h"
#include "learn/target.h"
#include "model/bundle.h"

#define IV_INSIGHT_FOLDER "insights/"
#define IV_INSIGHT_INDEX "insights/index.json"

/* The parts; all of it zero: nothing is known. */
typedef struct iv_insight_data {
    iv_part *parts; /* their names begin with IV_INSIGHT_FOLDER */
    size_t count, capacity;
} iv_insight_data;

/* Rows whose answer is known to a network or a learner. */
typedef struct iv_insight_rows {
    size_t count;
    const int64_t *row; /* of the dataset */
    const float *truth; /* class index or number; of each */
} iv_insight_rows;

/* What is to be told of. Everything is BORROWED for the call. */
typedef struct iv_insight_input {
    const imgvec_dataset *ds;
    int32_t column; /* of the images; -1: there are none, and nothing is collected */
    uint64_t seed;
    iv_task task;
    int32_t outputs;          /* of one prediction */
    iv_insight_rows scored;   /* rows that were predicted without being learned from */
    const float *predictions; /* scored.count x outputs */
    const int32_t *fold;      /* of each scored row, or NULL: none was learned from at all */
    iv_insight_rows learned;  /* where fold is NULL: the training rows */
    const char *augment;      /* how training changes its images; NULL: it does not */
    /* Features of the column, by row of the dataset, and 0 in status where they are sound. NULL:
     * there are none, hence neither a map nor neighbours. */
    const float *features;
    const int32_t *status;
    int32_t width;
} iv_insight_input;

/* Collects what there is, within a second or so and a megabyte: images past that or that cannot be
 * read are left out. The result depends on the data and the options alone. out: NEW, freed by
 * iv_insight_free. watch: for cancellation alone. Errors: NO_MEMORY, CANCELLED. */
imgvec_status iv_insight_collect(imgvec_context *ctx, const iv_insight_input *in, iv_watch *watch,
                                 iv_insight_data *out, imgvec_error *err);

/* Adds a part; data is MOVED in any case. */
imgvec_status iv_insight_add(imgvec_context *ctx, iv_insight_data *d, const char *name, void *data,
                             size_t size, imgvec_error *err);
const iv_part *iv_insight_find(const iv_insight_data *d, const char *name); /* NULL: absent */
void iv_insight_free(imgvec_context *ctx, iv_insight_data *d);

/* To and from a model file. A file without them gives none. */
imgvec_status iv_insight_put(iv_bundle *b, const iv_insight_data *d, imgvec_error *err);
imgvec_status iv_insight_get(const iv_bundle *b, iv_insight_data *out, imgvec_error *err);

#endif
