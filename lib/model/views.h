/* Image columns as a model's networks see them: each image is decoded once and goes through all
 * the networks that some block of the recipe needs. */
#ifndef IV_MODEL_VIEWS_H
#define IV_MODEL_VIEWS_H

#include "features/embed.h"
#include "features/recipe.h"

/* What the blocks of one kind get from a column: the backbones' features, or the outputs of one
 * fine-tuned network. */
typedef struct iv_view_part {
    size_t offset, width; /* in a row of the view */
    float *raw;           /* rows x width */
} iv_view_part;

typedef struct iv_view {
    int32_t column;
    iv_networks nets; /* the networks themselves are BORROWED */
    float *values;    /* rows x nets.width; one part: its raw */
    int32_t *status;
    iv_view_part *parts;
    size_t part_count;
} iv_view;

typedef struct iv_views {
    imgvec_context *ctx;
    iv_view *items;
    size_t count, room; /* room: rows */
} iv_views;

/* Sets type, kind and, for image blocks, raw, status and tuned of items[i] for block i of the
 * recipe, whose column of the dataset items[i].column already says. tuned: a network for each block
 * of fine-tuned outputs, in their order. room: rows at once. out is freed with iv_views_free also
 * on failure. */
imgvec_status iv_views_make(imgvec_context *ctx, const iv_recipe *recipe, const iv_networks *nets,
                            const iv_networks *tuned, iv_input *items, size_t room, iv_views *out,
                            imgvec_error *err);
/* Fills the raws with rows first .. first + count - 1 of the dataset, count <= room. */
imgvec_status iv_views_embed(const iv_views *views, const imgvec_dataset *ds, int64_t first,
                             size_t count, iv_embed_settings *settings, iv_watch *watch,
                             imgvec_error *err);
void iv_views_free(iv_views *views);

#endif
