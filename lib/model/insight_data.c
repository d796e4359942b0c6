#include "model/insight_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/random.h"
#include "image/augment.h"
#include "image/encode.h"
#include "image/preprocess.h"
#include "io/json.h"
#include "model/insight_map.h"
#include "model/worst.h"
#include "table/dataset.h"

enum {
    SAMPLES = 12,
    VERSIONS = 3,
    ERRORS = 24,
    ERRORS_WITH_NEAREST = 12,
    NEAREST = 3,
    SIDE = 144, /* of a picture, in pixels */
    WORK = 256, /* longer side of an image when it is augmented: about what networks see */
    QUALITY = 82,
    MAP_ROWS = 2000
};

#define PIXELS_MAX 400000000.0   /* that are decoded: about two seconds */
#define BYTES_MAX 1000000        /* of all pictures */
#define MAP_VALUES_MAX 8000000   /* rows x width */
#define PRODUCTS_MAX 150000000.0 /* in the search for neighbours */

/* A row with a picture. */
typedef struct shown {
    int64_t row;
    float truth;
    int32_t width, height; /* of the picture */
} shown;

typedef struct neighbour {
    int64_t row;
    float truth;
    double similarity;
} neighbour;

typedef struct collector {
    imgvec_context *ctx;
    const iv_insight_input *in;
    iv_watch *watch;
    iv_insight_data *out;
    iv_augment augment;
    uint64_t seed;
    double pixels; /* decoded */
    size_t bytes;  /* of pictures */
    shown *rows;
    size_t row_count, row_room;
    size_t samples[SAMPLES], sample_count; /* indices of scored rows */
    size_t errors[ERRORS], error_count;
    neighbour nearest[ERRORS_WITH_NEAREST][NEAREST];
    int32_t nearest_count[ERRORS_WITH_NEAREST];
    int64_t *map_rows;
    float *map_truth, *map; /* map: x and y of each */
    size_t map_count;
    double variance[2];
} collector;

/* ---- pictures ---- */

/* Training goes on where a picture cannot be made: it is left out. */
static imgvec_status leave_out(imgvec_status status, const imgvec_error *why, imgvec_error *err)
{
    if (status != IMGVEC_ERR_NO_MEMORY && status != IMGVEC_ERR_CANCELLED)
        return IMGVEC_OK;
    if (err)
        *err = *why;
    return status;
}

static imgvec_status shrink(collector *c, const iv_image *in, int32_t side, iv_image *out,
                            imgvec_error *err)
{
    int32_t longer = in->width > in->height ? in->width : in->height;
    double scale = longer > side ? (double)side / longer : 1;
    int32_t width = (int32_t)(in->width * scale + 0.5),
            height = (int32_t)(in->height * scale + 0.5);
    return iv_resize(c->ctx, in, width < 1 ? 1 : width, height < 1 ? 1 : height, IV_FILTER_BILINEAR,
                     out, err);
}

/* Stores a picture of at most SIDE pixels; shown_as may be NULL. */
static imgvec_status store(collector *c, const iv_image *image, const char *name, shown *shown_as,
                           imgvec_error *err)
{
    iv_image small;
    iv_encoded jpeg;
    IV_TRY(shrink(c, image, SIDE, &small, err));
    imgvec_status status = iv_encode_jpeg(c->ctx, &small, QUALITY, &jpeg, err);
    if (status == IMGVEC_OK && shown_as) {
        shown_as->width = small.width;
        shown_as->height = small.height;
    }
    iv_image_free(c->ctx, &small);
    IV_TRY(status);
    c->bytes += jpeg.size;
    return iv_insight_add(c->ctx, c->out, name, jpeg.data, jpeg.size, err);
}

static imgvec_status store_versions(collector *c, const iv_image *image, int64_t row,
                                    imgvec_error *err)
{
    char name[80];
    iv_image work, version;
    IV_TRY(shrink(c, image, WORK, &work, err));
    imgvec_status status = IMGVEC_OK;
    for (int v = 1; v <= VERSIONS && status == IMGVEC_OK; v++) {
        snprintf(name, sizeof name, IV_INSIGHT_FOLDER "row_%lld_%d.jpg", (long long)row, v);
        status = iv_augment_apply(c->ctx, &c->augment, &work, c->seed, (uint64_t)v, (uint64_t)row,
                                  &version, err);
        if (status == IMGVEC_OK) {
            status = store(c, &version, name, NULL, err);
            iv_image_free(c->ctx, &version);
        }
    }
    iv_image_free(c->ctx, &work);
    return status;
}

static bool is_shown(const collector *c, int64_t row)
{
    for (size_t i = 0; i < c->row_count; i++)
        if (c->rows[i].row == row)
            return true;
    return false;
}

/* Takes up the picture of a row, unless it is there, cannot be had, or there are enough. */
static imgvec_status show(collector *c, int64_t row, float truth, bool versions, imgvec_error *err)
{
    char name[80];
    iv_image image;
    imgvec_error why;
    IV_TRY(iv_watch_check(c->watch, err));
    if (is_shown(c, row) || c->pixels > PIXELS_MAX || c->bytes > BYTES_MAX ||
        iv_dataset_missing(c->in->ds, c->in->column, row))
        return IMGVEC_OK;
    imgvec_status status = iv_dataset_image(c->in->ds, c->in->column, row, &image, &why);
    if (status != IMGVEC_OK)
        return leave_out(status, &why, err);
    c->pixels += (double)image.width * image.height;
    shown s = {.row = row, .truth = truth};
    snprintf(name, sizeof name, IV_INSIGHT_FOLDER "row_%lld.jpg", (long long)row);
    if (iv_reserve(c->ctx, &c->rows, &c->row_room, c->row_count + 1, sizeof s) != 0)
        status = iv_fail_nomem(&why);
    if (status == IMGVEC_OK)
        status = store(c, &image, name, &s, &why);
    if (status == IMGVEC_OK)
        c->rows[c->row_count++] = s;
    if (status == IMGVEC_OK && versions && c->in->augment)
        status = store_versions(c, &image, row, &why);
    iv_image_free(c->ctx, &image);
    return leave_out(status, &why, err);
}

/* ---- which rows ---- */

/* Some of the scored rows at random, the classes by turns. */
static imgvec_status choose_samples(collector *c, imgvec_error *err)
{
    const iv_insight_rows *s = &c->in->scored;
    iv_random random;
    size_t classes = c->in->task == IV_TASK_REGRESSION ? 1 : (size_t)c->in->outputs;
    int64_t *order = iv_alloc_n(c->ctx, s->count + 1, sizeof *order);
    int32_t *used = iv_calloc(c->ctx, classes, sizeof *used);
    imgvec_status status = order && used ? IMGVEC_OK : iv_fail_nomem(err);
    for (size_t i = 0; status == IMGVEC_OK && i < s->count; i++)
        order[i] = (int64_t)i;
    if (status == IMGVEC_OK) {
        iv_random_seed(&random, c->seed, "samples");
        iv_random_shuffle(&random, order, s->count);
    }
    for (int32_t turn = 0; status == IMGVEC_OK && turn < SAMPLES; turn++)
        for (size_t i = 0; i < s->count && c->sample_count < SAMPLES; i++) {
            size_t class = classes > 1 && order[i] >= 0 ? (size_t)s->truth[order[i]] : 0;
            if (order[i] < 0 || used[class] > turn)
                continue;
            used[class]++;
            c->samples[c->sample_count++] = (size_t)order[i];
            order[i] = -1;
        }
    iv_free(c->ctx, order);
    iv_free(c->ctx, used);
    return status;
}

static void offer(neighbour *list, int32_t *count, neighbour n)
{
    int32_t at = *count;
    while (at > 0 && list[at - 1].similarity < n.similarity)
        at--;
    if (at == NEAREST)
        return;
    if (*count < NEAREST)
        ++*count;
    for (int32_t k = *count - 1; k > at; k--)
        list[k] = list[k - 1];
    list[at] = n;
}

/* The images most like an error's among those that were learned from for its prediction. */
static void find_nearest(collector *c, size_t e)
{
    const iv_insight_input *in = c->in;
    const iv_feature_rows features = {in->features, in->width};
    const iv_insight_rows *from = in->fold || !in->learned.count ? &in->scored : &in->learned;
    int64_t row = in->scored.row[c->errors[e]];
    double products = (double)from->count * in->width * ERRORS_WITH_NEAREST;
    size_t stride = products > PRODUCTS_MAX ? (size_t)ceil(products / PRODUCTS_MAX) : 1;
    if (in->status && in->status[row] != IMGVEC_OK)
        return;
    for (size_t i = 0; i < from->count; i += stride) {
        bool unseen = in->fold && in->fold[i] == in->fold[c->errors[e]];
        if (from->row[i] == row || unseen || (in->status && in->status[from->row[i]] != IMGVEC_OK))
            continue;
        neighbour n = {from->row[i], from->truth[i],
                       iv_insight_similarity(&features, row, from->row[i])};
        offer(c->nearest[e], &c->nearest_count[e], n);
    }
}

static imgvec_status make_map(collector *c, imgvec_error *err)
{
    const iv_insight_input *in = c->in;
    const iv_feature_rows features = {in->features, in->width};
    iv_random random;
    size_t most = MAP_VALUES_MAX / (size_t)in->width, sound = 0;
    most = most > MAP_ROWS ? MAP_ROWS : most;
    int64_t *order = iv_alloc_n(c->ctx, in->scored.count + 1, sizeof *order);
    c->map_rows = iv_alloc_n(c->ctx, most + 1, sizeof *c->map_rows);
    c->map_truth = iv_alloc_n(c->ctx, most + 1, sizeof *c->map_truth);
    c->map = iv_alloc_n(c->ctx, most + 1, 2 * sizeof *c->map);
    if (!order || !c->map_rows || !c->map_truth || !c->map) {
        iv_free(c->ctx, order);
        return iv_fail_nomem(err);
    }
    for (size_t i = 0; i < in->scored.count; i++)
        if (!in->status || in->status[in->scored.row[i]] == IMGVEC_OK)
            order[sound++] = (int64_t)i;
    iv_random_seed(&random, c->seed, "map");
    iv_random_shuffle(&random, order, sound);
    c->map_count = sound < most ? sound : most;
    for (size_t i = 0; i < c->map_count; i++) {
        c->map_rows[i] = in->scored.row[order[i]];
        c->map_truth[i] = in->scored.truth[order[i]];
    }
    iv_free(c->ctx, order);
    return iv_insight_flatten(c->ctx, &features, c->map_rows, c->map_count, c->seed, c->map,
                              c->variance, err);
}

/* ---- the index ---- */

static imgvec_status put_rows(collector *c, iv_json_writer *w, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    iv_json_put_array(w, "rows");
    for (size_t i = 0; i < c->row_count && status == IMGVEC_OK; i++) {
        const shown *s = &c->rows[i];
        iv_text path;
        iv_text_init(&path, c->ctx);
        iv_dataset_image_path(c->in->ds, c->in->column, s->row, &path);
        status = path.failed ? iv_fail_nomem(err) : IMGVEC_OK;
        iv_json_put_object(w, NULL);
        iv_json_put_i64(w, "row", s->row);
        iv_json_put_text(w, "path", path.data ? path.data : "");
        iv_json_put_f64(w, "truth", (double)s->truth);
        iv_json_put_i64(w, "width", s->width);
        iv_json_put_i64(w, "height", s->height);
        iv_json_put_end(w, '}');
        iv_text_free(&path);
    }
    iv_json_put_end(w, ']');
    return status;
}

static void put_errors(const collector *c, iv_json_writer *w)
{
    iv_json_put_array(w, "errors");
    for (size_t e = 0; e < c->error_count; e++) {
        iv_json_put_object(w, NULL);
        iv_json_put_i64(w, "row", c->in->scored.row[c->errors[e]]);
        iv_json_put_array(w, "nearest");
        for (int32_t k = 0; e < ERRORS_WITH_NEAREST && k < c->nearest_count[e]; k++) {
            if (!is_shown(c, c->nearest[e][k].row))
                continue;
            iv_json_put_object(w, NULL);
            iv_json_put_i64(w, "row", c->nearest[e][k].row);
            iv_json_put_f64(w, "similarity", round(1e4 * c->nearest[e][k].similarity) / 1e4);
            iv_json_put_end(w, '}');
        }
        iv_json_put_end(w, ']');
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}

/* Places on a grid of 1000: more than a picture shows. */
static void put_map(const collector *c, iv_json_writer *w)
{
    double most = 0;
    for (size_t i = 0; i < 2 * c->map_count; i++)
        most = fmax(most, fabs((double)c->map[i]));
    if (c->map_count < 3 || !(most > 0))
        return;
    iv_json_put_object(w, "map");
    iv_json_put_array(w, "variance");
    iv_json_put_f64(w, NULL, c->variance[0]);
    iv_json_put_f64(w, NULL, c->variance[1]);
    iv_json_put_end(w, ']');
    iv_json_put_array(w, "points");
    for (size_t i = 0; i < c->map_count; i++) {
        iv_json_put_object(w, NULL);
        iv_json_put_i64(w, "row", c->map_rows[i]);
        iv_json_put_f64(w, "x", round(1000 * (double)c->map[2 * i] / most) / 1000);
        iv_json_put_f64(w, "y", round(1000 * (double)c->map[2 * i + 1] / most) / 1000);
        iv_json_put_f64(w, "truth", (double)c->map_truth[i]);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
    iv_json_put_end(w, '}');
}

static imgvec_status put_index(collector *c, imgvec_error *err)
{
    iv_text text;
    iv_json_writer w;
    iv_text_init(&text, c->ctx);
    iv_json_begin(&w, &text, false);
    iv_json_put_object(&w, NULL);
    iv_json_put_text(&w, "column", iv_dataset_column_name(c->in->ds, c->in->column));
    imgvec_status status = put_rows(c, &w, err);
    iv_json_put_array(&w, "samples");
    for (size_t i = 0; i < c->sample_count; i++)
        if (is_shown(c, c->in->scored.row[c->samples[i]]))
            iv_json_put_i64(&w, NULL, c->in->scored.row[c->samples[i]]);
    iv_json_put_end(&w, ']');
    if (c->in->augment) {
        iv_json_put_text(&w, "augment", c->in->augment);
        iv_json_put_i64(&w, "augmented", VERSIONS);
    }
    put_errors(c, &w);
    put_map(c, &w);
    iv_json_put_end(&w, '}');
    char *data = iv_text_take(&text);
    if (!data)
        return iv_fail_nomem(err);
    size_t size = strlen(data);
    if (status == IMGVEC_OK)
        return iv_insight_add(c->ctx, c->out, IV_INSIGHT_INDEX, data, size, err);
    iv_free(c->ctx, data);
    return status;
}

/* ---- all of it ---- */

static imgvec_status collect(collector *c, imgvec_error *err)
{
    const iv_insight_rows *s = &c->in->scored;
    c->error_count = iv_worst(c->in->task, s->count, c->in->outputs, s->truth, c->in->predictions,
                              ERRORS, c->errors);
    IV_TRY(choose_samples(c, err));
    for (size_t i = 0; i < c->sample_count; i++)
        IV_TRY(show(c, s->row[c->samples[i]], s->truth[c->samples[i]], true, err));
    for (size_t e = 0; e < c->error_count; e++)
        IV_TRY(show(c, s->row[c->errors[e]], s->truth[c->errors[e]], false, err));
    for (size_t e = 0; c->in->features && e < c->error_count && e < ERRORS_WITH_NEAREST; e++) {
        find_nearest(c, e);
        for (int32_t k = 0; k < c->nearest_count[e]; k++)
            IV_TRY(show(c, c->nearest[e][k].row, c->nearest[e][k].truth, false, err));
    }
    if (c->in->features && c->in->width > 0)
        IV_TRY(make_map(c, err));
    return put_index(c, err);
}

imgvec_status iv_insight_collect(imgvec_context *ctx, const iv_insight_input *in, iv_watch *watch,
                                 iv_insight_data *out, imgvec_error *err)
{
    memset(out, 0, sizeof *out);
    if (in->column < 0 || in->scored.count == 0)
        return IMGVEC_OK;
    collector *c = iv_zalloc(ctx, sizeof *c);
    if (!c)
        return iv_fail_nomem(err);
    c->ctx = ctx;
    c->in = in;
    c->watch = watch;
    c->out = out;
    c->seed = in->seed;
    imgvec_status status = IMGVEC_OK;
    if (in->augment)
        status = iv_augment_parse(in->augment, &c->augment, err);
    if (status == IMGVEC_OK)
        status = collect(c, err);
    if (status != IMGVEC_OK)
        iv_insight_free(ctx, out);
    iv_free(ctx, c->rows);
    iv_free(ctx, c->map_rows);
    iv_free(ctx, c->map_truth);
    iv_free(ctx, c->map);
    iv_free(ctx, c);
    return status;
}
