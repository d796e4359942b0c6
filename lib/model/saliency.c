#include "model/saliency.h"

#include <math.h>
#include <string.h>

#include "base/context.h"
#include "base/error.h"
#include "base/mem.h"
#include "learn/contributions.h"
#include "model/explain.h"
#include "model/score.h"
#include "table/cell_images.h"
#include "table/dataset.h"

/* A feature that is nearer to the average than this part of its deviation tells little of what a
 * change of it would do. */
#define NEAR_AVERAGE 0.1

/* Features of each place of the network's map for the picture (NEW), and an empty map. */
static imgvec_status look(imgvec_context *ctx, const iv_network *net, const iv_image *picture,
                          int32_t threads, iv_map *map, float **places, imgvec_error *err)
{
    const iv_preprocess p = iv_embed_preprocess(net);
    size_t crop = (size_t)p.crop;
    int32_t grid[2];
    imgvec_status status = IMGVEC_OK;
    float *pixels = iv_alloc_n(ctx, 3 * crop * crop, sizeof *pixels);
    if (!pixels)
        return iv_fail_nomem(err);
    IV_DO(iv_preprocess_window(picture->width, picture->height, &p, map->window, err));
    IV_DO(iv_preprocess_run(ctx, picture, &p, pixels, err));
    IV_DO(iv_network_grid(net, grid, err));
    map->rows = grid[0];
    map->cols = grid[1];
    size_t count = (size_t)grid[0] * (size_t)grid[1];
    map->values = iv_alloc_n(ctx, count, sizeof *map->values);
    *places = iv_alloc_n(ctx, count, (size_t)iv_network_width(net) * sizeof **places);
    if (!map->values || !*places)
        IV_DO(iv_fail_nomem(err));
    status = iv_network_places(net, pixels, grid, threads, *places, err);
done:
    iv_free(ctx, pixels);
    return status;
}

static imgvec_status make_maps(imgvec_context *ctx, const iv_image *picture, size_t count,
                               iv_maps *out, imgvec_error *err)
{
    out->width = picture->width;
    out->height = picture->height;
    out->items = iv_calloc(ctx, count + 1, sizeof *out->items);
    return out->items ? IMGVEC_OK : iv_fail_nomem(err);
}

/* One row, and an image column of it that is looked into. */
typedef struct look_into {
    const imgvec_model *m;
    iv_slice slice; /* of that row alone */
    const iv_view *view;
    int32_t output;
    float *terms; /* what each feature adds to the row's margin, bias last */
    double whole; /* what the column adds */
} look_into;

static int32_t threads_of(const imgvec_model *m)
{
    return iv_context_threads(m->ctx, m->threads);
}

/* What features of one row add to the margin of the output: out[width + 1]. */
static imgvec_status terms_of(const look_into *l, const float *features, float *out,
                              imgvec_error *err)
{
    const imgvec_model *m = l->m;
    const iv_matrix x = {.x = features, .rows = 1, .cols = (size_t)m->recipe.width};
    size_t k = iv_learner_margin_count(&m->learner), each = x.cols + 1;
    float *all = iv_alloc_n(m->ctx, k, each * sizeof *all);
    if (!all)
        return iv_fail_nomem(err);
    imgvec_status status = iv_learner_contributions(&m->learner, &x, all, err);
    double sign = (m->class_count == 2 && l->output == 0 ? -1 : 1) / iv_model_temperature(m);
    for (size_t j = 0; status == IMGVEC_OK && j < each; j++)
        out[j] = (float)(sign * all[(k > 1 ? (size_t)l->output * each : 0) + j]);
    iv_free(m->ctx, all);
    return status;
}

/* Goes over the features of the column. */
typedef struct walk {
    size_t block, at; /* feature `at` of the row is of that block */
    int32_t within;
} walk;

static bool next_feature(const look_into *l, walk *w)
{
    const iv_recipe *r = &l->m->recipe;
    for (; w->block < r->count; w->block++, w->within = 0) {
        bool own = l->slice.inputs.items[w->block].column == l->view->column;
        if (own && w->within < r->blocks[w->block].width) {
            w->within++;
            w->at++;
            return true;
        }
        if (!own)
            w->at += (size_t)r->blocks[w->block].width;
    }
    return false;
}

static double column_sum(const look_into *l, const float *terms)
{
    double sum = 0;
    for (walk w = {0}; next_feature(l, &w);)
        sum += terms[w.at - 1];
    return sum;
}

/* What the column would add if its features were those of a place, by what each adds for each step
 * away from the average. For trees that rate is the row's own (the rescale rule of DeepLIFT on
 * Shapley values: Chen, Lundberg and Lee, 2022), so that a place beyond all training rows counts by
 * how far it is out, where trees themselves say no more than "beyond". */
static double place_sum(const look_into *l, const float *place)
{
    const iv_average *a = &l->m->average;
    double sum = l->whole;
    for (walk w = {0}; next_feature(l, &w);) {
        size_t j = w.at - 1;
        double own = l->slice.features[j], off = own - (a->width ? a->mean[j] : 0);
        double limit = NEAR_AVERAGE * (a->width ? a->deviation[j] : 0);
        double rate = off * l->terms[j] / (off * off + limit * limit);
        if (isfinite(rate) && isfinite(place[j]))
            sum += rate * (place[j] - own);
    }
    return sum;
}

/* Of the part that a block gets, or NULL where the network has no say in it: rows in which the
 * network's features are those of each place, the others the row's own (NEW). */
static imgvec_status part_rows(const look_into *l, const iv_input *in, size_t offset, size_t width,
                               const float *places, size_t count, float **out, imgvec_error *err)
{
    const iv_view *v = l->view;
    const iv_view_part *part = v->parts;
    while (part->raw != in->raw)
        part++;
    *out = NULL;
    if (offset < part->offset || offset + width > part->offset + part->width)
        return IMGVEC_OK;
    *out = iv_alloc_n(l->m->ctx, count, part->width * sizeof **out);
    if (!*out)
        return iv_fail_nomem(err);
    for (size_t p = 0; p < count; p++) {
        float *row = *out + p * part->width;
        memcpy(row, part->raw, part->width * sizeof *row);
        memcpy(row + offset - part->offset, places + p * width, width * sizeof *row);
    }
    return IMGVEC_OK;
}

/* The row's features as they would be if the network saw nothing but one place: count rows. Blocks
 * of images are affine in what networks give, so that between such a row and the row's own lies
 * what a pool with more weight on the place would give. */
static imgvec_status place_features(const look_into *l, size_t offset, size_t width,
                                    const float *places, size_t count, float *out,
                                    imgvec_error *err)
{
    const iv_recipe *r = &l->m->recipe;
    size_t stride = (size_t)r->width, at = 0;
    imgvec_status status = IMGVEC_OK;
    int64_t *rows = iv_alloc_n(l->m->ctx, count, sizeof *rows);
    int32_t *fine = iv_calloc(l->m->ctx, count, sizeof *fine);
    if (!rows || !fine)
        IV_DO(iv_fail_nomem(err));
    for (size_t p = 0; p < count; p++) {
        rows[p] = (int64_t)p;
        memcpy(out + p * stride, l->slice.features, stride * sizeof *out);
    }
    for (size_t b = 0; b < r->count; at += (size_t)r->blocks[b++].width) {
        iv_input in = l->slice.inputs.items[b];
        iv_inputs inputs = l->slice.inputs;
        float *raw = NULL;
        if (in.type != IMGVEC_COLUMN_IMAGE || in.column != l->view->column)
            continue;
        IV_DO(part_rows(l, &in, offset, width, places, count, &raw, err));
        if (!raw)
            continue;
        inputs.first_raw = 0;
        in.raw = raw;
        in.status = fine;
        status =
            iv_block_apply(&r->blocks[b], &inputs, &in, rows, count, out + at, stride, NULL, err);
        iv_free(l->m->ctx, raw);
        if (status != IMGVEC_OK)
            goto done;
    }
done:
    iv_free(l->m->ctx, rows);
    iv_free(l->m->ctx, fine);
    return status;
}

/* The map of one network of the view, whose features lie at `offset` of the view's. */
static imgvec_status map_of(const look_into *l, size_t net, size_t offset, const iv_image *picture,
                            iv_map *map, imgvec_error *err)
{
    imgvec_context *ctx = l->m->ctx;
    const iv_network *network = l->view->nets.items[net];
    size_t width = (size_t)iv_network_width(network), features = (size_t)l->m->recipe.width;
    float *places = NULL, *towards = NULL, *terms = NULL;
    imgvec_status status = IMGVEC_OK;
    IV_DO(look(ctx, network, picture, threads_of(l->m), map, &places, err));
    size_t count = (size_t)map->rows * (size_t)map->cols;
    towards = iv_alloc_n(ctx, count, features * sizeof *towards);
    terms = iv_alloc_n(ctx, features + 1, sizeof *terms);
    if (!towards || !terms)
        IV_DO(iv_fail_nomem(err));
    IV_DO(place_features(l, offset, width, places, count, towards, err));
    /* Each network's map has its part of the whole; what it adds to that is its own. */
    double others = l->whole - l->whole / (double)l->view->nets.count;
    for (size_t p = 0; p < count; p++) {
        const float *place = towards + p * features;
        double sum;
        if (l->m->learner.kind == IV_LINEAR) {
            IV_DO(terms_of(l, place, terms, err));
            sum = column_sum(l, terms);
        } else {
            sum = place_sum(l, place);
        }
        map->values[p] = (float)(sum - others);
    }
done:
    iv_free(ctx, places);
    iv_free(ctx, towards);
    iv_free(ctx, terms);
    return status;
}

/* The view of the column that is asked for. */
static imgvec_status find_view(look_into *l, const imgvec_dataset *ds, const char *column,
                               imgvec_error *err)
{
    const iv_views *views = &l->slice.views;
    const iv_recipe *r = &l->m->recipe;
    if (views->count == 0)
        return iv_fail(err, IMGVEC_ERR_NOT_FOUND, "the model has no image column to look into");
    if (!column && views->count > 1)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "the model has %zu image columns: name one", views->count);
    for (size_t v = 0; v < views->count && !l->view; v++)
        if (!column || strcmp(column, iv_dataset_column_name(ds, views->items[v].column)) == 0)
            l->view = &views->items[v];
    for (size_t b = 0; b < r->count && !l->view; b++) /* the model's own name for it */
        for (size_t v = 0; v < views->count; v++)
            if (strcmp(column, r->blocks[b].column) == 0 &&
                l->slice.inputs.items[b].column == views->items[v].column)
                l->view = &views->items[v];
    return l->view ? IMGVEC_OK
                   : iv_fail(err, IMGVEC_ERR_NOT_FOUND, "the model has no image column %s", column);
}

static imgvec_status decode(const imgvec_dataset *ds, int32_t column,
                            const iv_saliency_request *request, iv_image *out, imgvec_error *err)
{
    iv_cell_images images;
    IV_TRY(iv_cell_images_begin(ds, column, request->row, &images, err));
    for (int32_t i = 0; iv_cell_images_next(&images); i++)
        if (i == request->image)
            return iv_prefix(err, iv_cell_images_decode(&images, out, NULL, err), "row %lld",
                             (long long)request->row);
    return iv_fail(err, IMGVEC_ERR_NOT_FOUND, "row %lld has no image %d in column %s",
                   (long long)request->row, (int)request->image,
                   iv_dataset_column_name(ds, column));
}

static imgvec_status look_at_row(look_into *l, const imgvec_dataset *ds,
                                 const iv_saliency_request *request, iv_image *picture,
                                 iv_maps *out, imgvec_error *err)
{
    const imgvec_watch silent = {.size = sizeof silent};
    iv_watch quiet;
    size_t offset = 0;
    IV_TRY(iv_watch_init(&quiet, &silent, err));
    IV_TRY(find_view(l, ds, request->column, err));
    IV_TRY(iv_dataset_fetch(ds, l->view->column, &quiet, err));
    IV_TRY(decode(ds, l->view->column, request, picture, err));
    IV_TRY(iv_slice_fill(l->m, ds, &l->slice, request->row, 1, &quiet, err));
    IV_TRY(terms_of(l, l->slice.features, l->terms, err));
    l->whole = column_sum(l, l->terms);
    IV_TRY(make_maps(l->m->ctx, picture, l->view->nets.count, out, err));
    for (size_t n = 0; n < l->view->nets.count; n++) {
        IV_TRY(map_of(l, n, offset, picture, &out->items[out->count++], err));
        offset += (size_t)iv_network_width(l->view->nets.items[n]);
    }
    return IMGVEC_OK;
}

imgvec_status iv_model_saliency(const imgvec_model *m, const imgvec_dataset *ds,
                                const iv_saliency_request *request, iv_image *picture, iv_maps *out,
                                imgvec_error *err)
{
    iv_image own = {0};
    look_into l = {.m = m, .output = request->output};
    *out = (iv_maps){.ctx = m->ctx};
    if (request->output < 0 || request->output >= m->outputs)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "the model has outputs 0 to %d, not %d",
                       (int)m->outputs - 1, (int)request->output);
    if (request->row < 0 || request->row >= iv_dataset_rows(ds))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "there is no row %lld among %lld",
                       (long long)request->row, (long long)iv_dataset_rows(ds));
    IV_TRY(iv_dataset_check(ds, err));
    IV_TRY(iv_slice_make(m, ds, 1, &l.slice, err));
    l.terms = iv_alloc_n(m->ctx, (size_t)m->recipe.width + 1, sizeof *l.terms);
    imgvec_status status = l.terms ? IMGVEC_OK : iv_fail_nomem(err);
    if (status == IMGVEC_OK)
        status = look_at_row(&l, ds, request, &own, out, err);
    if (status == IMGVEC_OK && picture)
        *picture = own;
    else
        iv_image_free(m->ctx, &own);
    iv_free(m->ctx, l.terms);
    iv_slice_free(m->ctx, &l.slice);
    return status;
}
