/* A small study: numeric columns, image columns whose embeddings are made here, and a target that a
 * test writes itself. */
#ifndef STUDY_SUPPORT_H
#define STUDY_SUPPORT_H

#include <math.h>
#include <stdlib.h>

#include <imgvec/imgvec.h>

#include "base/options.h"
#include "base/random.h"
#include "learn/study.h"
#include "table/dataset.h"
#include "test.h"

enum { STUDY_WIDTH = 12, STUDY_COLUMNS = 8, STUDY_DIMS = 3 };

typedef struct study {
    imgvec_context *ctx;
    imgvec_dataset *ds;
    imgvec_options *opts;
    size_t rows;
    int narrow, wide;
    iv_input items[STUDY_COLUMNS]; /* the wide ones first */
    iv_inputs inputs;
    iv_units units;
    iv_cases cases;
    int32_t dims[STUDY_DIMS];
    iv_study study;
    int64_t *all; /* numbers of all cases */
} study;

/* All values are standard normal. Numeric columns are "n0", "n1"..., image columns "w0"... */
static inline void study_make(study *s, imgvec_context *ctx, size_t rows, int narrow, int wide,
                              uint64_t seed)
{
    imgvec_error err;
    iv_random r;
    char name[16];
    memset(s, 0, sizeof *s);
    iv_random_seed(&r, seed, "study");
    *s = (study){.ctx = ctx, .rows = rows, .narrow = narrow, .wide = wide};
    assert_ok(imgvec_dataset_new(ctx, &s->ds, &err));
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &s->opts, &err));
    for (int j = 0; j < wide + narrow; j++) {
        int32_t type = j < wide ? IMGVEC_COLUMN_IMAGE : IMGVEC_COLUMN_NUMERIC;
        iv_input *in = &s->items[j];
        snprintf(name, sizeof name, "%c%d", j < wide ? 'w' : 'n', j < wide ? j : j - wide);
        assert_ok(imgvec_dataset_add_column(s->ds, name, type, &err));
        *in = (iv_input){.column = j, .type = type};
        if (j < wide) {
            in->raw = malloc(rows * STUDY_WIDTH * sizeof *in->raw);
            in->status = calloc(rows, sizeof *in->status);
            for (size_t i = 0; i < rows * STUDY_WIDTH; i++)
                in->raw[i] = (float)iv_random_normal(&r);
        } else
            for (size_t i = 0; i < rows; i++)
                assert_ok(
                    imgvec_dataset_append_number(s->ds, name, (float)iv_random_normal(&r), &err));
    }
    s->inputs = (iv_inputs){.ds = s->ds,
                            .opts = s->opts,
                            .items = s->items,
                            .count = (size_t)(wide + narrow),
                            .raw_width = STUDY_WIDTH,
                            .threads = 1};
    assert_ok(iv_units_make(ctx, &s->inputs, false, &s->units, &err));
    s->cases = (iv_cases){.outputs = 1,
                          .count = rows,
                          .row = malloc(rows * sizeof *s->cases.row),
                          .y = calloc(rows, sizeof *s->cases.y)};
    s->all = malloc(rows * sizeof *s->all);
    for (size_t i = 0; i < rows; i++)
        s->cases.row[i] = s->all[i] = (int64_t)i;
    s->study = (iv_study){.inputs = &s->inputs,
                          .units = &s->units,
                          .opts = s->opts,
                          .metric = "auto",
                          .dims = s->dims,
                          .dim_count = 1,
                          .lower_dim = true,
                          .threads = 1};
}

/* A value of numeric column j, and of an embedding of image column j. */
static inline double study_number(const study *s, int j, size_t row)
{
    double out = NAN;
    imgvec_error err;
    assert_ok(iv_dataset_number(s->ds, s->wide + j, (int64_t)row, &out, &err));
    return out;
}

static inline float *study_image(const study *s, int j, size_t row)
{
    return s->items[j].raw + row * STUDY_WIDTH;
}

static inline void study_classes(study *s, int32_t classes)
{
    s->cases.task = classes > 2 ? IV_TASK_MULTICLASS : IV_TASK_BINARY;
    s->cases.class_count = s->cases.outputs = classes;
}

static inline void study_option(study *s, const char *name, const char *value)
{
    imgvec_error err;
    assert_ok(imgvec_options_set_named(s->opts, name, value, &err));
    s->study.metric = iv_option_text(s->opts, IMGVEC_OPT_METRIC);
}

static inline void study_free(study *s)
{
    for (int j = 0; j < s->wide; j++) {
        free(s->items[j].raw);
        free(s->items[j].status);
    }
    free(s->cases.row);
    free(s->cases.y);
    free(s->cases.group);
    free(s->all);
    iv_units_free(s->ctx, &s->units);
    imgvec_options_free(s->opts);
    imgvec_dataset_free(s->ds);
}

#endif
