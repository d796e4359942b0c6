/* A block: the features of one input column. What a block does with its column is the business
 * of its kind. A kind is one file pair and one entry in the table of block.c: whoever fits,
 * applies, saves and reads blocks needs to know none. */
#ifndef IV_FEATURES_BLOCK_H
#define IV_FEATURES_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <imgvec/dataset.h>

#include "base/watch.h"
#include "io/json.h"
#include "io/tensors.h"
#include "net/executor.h"

typedef struct iv_block_kind iv_block_kind;

/* One input column as a job sees it. For an image column: its raw features. */
typedef struct iv_input {
    int32_t column;            /* of the dataset */
    int32_t type;              /* IMGVEC_COLUMN_* */
    const iv_block_kind *kind; /* how to fit it; NULL: the first kind of the type that suits */
    int32_t tuned;             /* image: what a fine-tuned network gives out, so many values; 0: the
                                  features of the backbones as they are */
    int32_t tuned_id;          /* of that network among the caller's */
    float *raw;                /* image: rows x raw_width, or rows x tuned */
    int32_t *status;           /* image: one for each row */
} iv_input;

typedef struct iv_inputs {
    const imgvec_dataset *ds;
    const imgvec_options *opts;  /* fitting: how; NULL: the defaults. Applying needs none. */
    const iv_executor *executor; /* fitting images */
    iv_input *items;             /* images first, then numeric, then categorical, then the rest */
    size_t count;
    int64_t first_raw;     /* row of the dataset that raw and status start with */
    int32_t raw_width;     /* of an image column */
    const int32_t *blocks; /* widths of the backbones, block_count of them */
    size_t block_count;
    int32_t threads;
} iv_inputs;

/* What a fit may learn from: these rows alone. */
typedef struct iv_training {
    const int64_t *rows; /* of the dataset */
    size_t count;
    const float *y;       /* target of each: a number, or the index of its class */
    const int32_t *group; /* rows of one group must not tell of each other; NULL: no groups */
    int32_t class_count;  /* 0: the target is a number */
    int32_t dim;          /* values of an image's projection; 0: all */
    bool lower_dim;       /* a dim above what the rows allow becomes the highest that they do */
    iv_watch *watch;      /* for cancellation; may be NULL */
} iv_training;

typedef struct iv_block {
    const iv_block_kind *kind;
    char *column;
    int32_t width; /* features */
    void *state;   /* the kind's own */
    /* Where a block learned from the target: the features that a learner may learn from for the
     * rows of the fit, in their order, each made without its own target. NULL: apply makes them. */
    float *training;
} iv_block;

/* The functions of a kind. fit and read get a block with kind and column set, and fill width and
 * state (fit: training where it must); on failure what they filled is left to `free`. */
struct iv_block_kind {
    const char *name; /* in files and JSON */
    int32_t type;     /* of the columns it serves */
    /* Whether it is the one for this column; NULL: always. The first that suits is taken. */
    imgvec_status (*suits)(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                           const iv_training *t, bool *out, imgvec_error *err);
    imgvec_status (*fit)(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                         const iv_training *t, iv_block *b, imgvec_error *err);
    /* As iv_block_apply. */
    imgvec_status (*apply)(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                           const int64_t *rows, size_t count, float *out, size_t stride,
                           int64_t *unseen, imgvec_error *err);
    void (*feature_name)(const iv_block *b, int32_t i, iv_text *out);
    /* What a trained model tells of the block: members of an open object; NULL: nothing more. */
    void (*describe)(const iv_block *b, iv_json_writer *w);
    /* The state: members of an open object (NULL: none), and tensors (NEW; NULL: none). */
    void (*write)(const iv_block *b, iv_json_writer *w);
    imgvec_status (*to_tensors)(imgvec_context *ctx, const iv_block *b, iv_tensors **out,
                                imgvec_error *err);
    /* Back, from a stranger's file: FORMAT unless all is sound. tensors: there exactly when the
     * kind has to_tensors. raw_width: of the model's image columns. */
    imgvec_status (*read)(imgvec_context *ctx, const iv_json *json, const iv_tensors *tensors,
                          int32_t raw_width, iv_block *b, imgvec_error *err);
    void (*free)(imgvec_context *ctx, iv_block *b); /* NULL: there is no state */
};

/* Kind by its name, NULL when there is none. */
const iv_block_kind *iv_block_kind_find(const char *name);

/* Fits the input's kind on the training rows. */
imgvec_status iv_block_fit(imgvec_context *ctx, const iv_inputs *inputs, const iv_input *in,
                           const iv_training *t, iv_block *out, imgvec_error *err);

/* Writes width floats for each of `count` rows at out + i * stride. A row's features depend on
 * that row alone. *unseen (may be NULL) is increased by the cells whose value the training rows
 * did not have. Safe from many threads on one block. DATA names column, row and text of a cell
 * that is not of the column's type. */
imgvec_status iv_block_apply(const iv_block *b, const iv_inputs *inputs, const iv_input *in,
                             const int64_t *rows, size_t count, float *out, size_t stride,
                             int64_t *unseen, imgvec_error *err);

/* "area" or "colour=red" for feature i, appended to out. */
void iv_block_feature_name(const iv_block *b, int32_t i, iv_text *out);

/* Members of an open object: what a trained model tells of the block. */
void iv_block_describe(const iv_block *b, iv_json_writer *w);

/* One JSON object, and the tensors beside it (NEW; NULL when the kind has none). */
void iv_block_write(const iv_block *b, iv_json_writer *w);
imgvec_status iv_block_to_tensors(imgvec_context *ctx, const iv_block *b, iv_tensors **out,
                                  imgvec_error *err);
/* Kind and column of a block's JSON, which say whether there are tensors to be read with it. */
imgvec_status iv_block_peek(const iv_json *json, const iv_block_kind **kind, const char **column,
                            imgvec_error *err);
imgvec_status iv_block_read(imgvec_context *ctx, const iv_json *json, const iv_tensors *tensors,
                            int32_t raw_width, iv_block *out, imgvec_error *err);
void iv_block_free(imgvec_context *ctx, iv_block *b);

#endif
