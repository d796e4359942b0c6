#include "features/embed.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "image/preprocess.h"
#include "table/cell_images.h"
#include "table/dataset.h"

/* Rows that a worker takes at once. Small batches keep a network's activations in the cache
 * of the core that computes them; docs/decisions.md has the figures. */
#define DEFAULT_BATCH 4

/* An image that cannot be used, kept until the bad ones are listed. */
typedef struct bad_image {
    struct bad_image *next; /* of the same cell */
    char *path;
    imgvec_error why;
} bad_image;

typedef struct job {
    imgvec_context *ctx;
    const iv_networks *nets;
    const imgvec_dataset *ds;
    int32_t column;
    int64_t first;
    const int64_t *rows; /* NULL: first, first + 1... */
    size_t count, batch;
    int32_t threads_per_run;
    float *values;
    int32_t *status;
    bad_image **bad_of; /* of each row, in the order of its images */
    iv_prints *prints;
    atomic_size_t next, done;
    _Atomic int64_t bad;
    int64_t max_bad;
    atomic_bool stop;
    iv_watch *watch;
    pthread_mutex_t lock; /* guards failure */
    imgvec_status failure;
    imgvec_error error;
} job;

static int64_t row_of(const job *j, size_t at)
{
    return j->rows ? j->rows[at] : j->first + (int64_t)at;
}

static void fail(job *j, imgvec_status status, const imgvec_error *error)
{
    pthread_mutex_lock(&j->lock);
    if (j->failure == IMGVEC_OK) {
        j->failure = status;
        j->error = *error;
    }
    pthread_mutex_unlock(&j->lock);
    atomic_store(&j->stop, true);
}

static imgvec_status note_bad(job *j, size_t at, const iv_cell_images *images,
                              const imgvec_error *why, imgvec_error *err)
{
    iv_text path;
    iv_text_init(&path, j->ctx);
    iv_cell_images_path(images, &path);
    bad_image *bad = iv_zalloc(j->ctx, sizeof *bad), **end = &j->bad_of[at];
    if (!bad || path.failed) {
        iv_text_free(&path);
        iv_free(j->ctx, bad);
        return iv_fail_nomem(err);
    }
    bad->why = *why;
    bad->path = iv_text_take(&path);
    while (*end)
        end = &(*end)->next;
    *end = bad; /* the job frees it from here on */
    if (!bad->path)
        return iv_fail_nomem(err);
    if (bad == j->bad_of[at] && atomic_fetch_add(&j->bad, 1) + 1 > j->max_bad && j->max_bad >= 0)
        atomic_store(&j->stop, true);
    return IMGVEC_OK;
}

iv_preprocess iv_embed_preprocess(const iv_network *net)
{
    const iv_input_spec *spec = iv_network_input(net);
    iv_preprocess p = {.resize = spec->resize,
                       .crop = spec->crop,
                       .filter = spec->bicubic ? IV_FILTER_BICUBIC : IV_FILTER_BILINEAR};
    memcpy(p.mean, spec->mean, sizeof p.mean);
    memcpy(p.std, spec->std, sizeof p.std);
    return p;
}

/* A worker's memory: for each network the pixels of one batch, and room for features. */
typedef struct desk {
    float **pixels; /* one for each network: batch x 3 x crop x crop */
    float *features;
    size_t *rows;  /* which row each image of the batch belongs to */
    size_t images; /* in the batch so far */
    int32_t *used; /* images of each row at hand that went into its features */
    size_t first;  /* of the rows at hand */
} desk;

static size_t pixel_count(const iv_network *net)
{
    size_t crop = (size_t)iv_network_input(net)->crop;
    return 3 * crop * crop;
}

static void desk_free(job *j, desk *d)
{
    for (size_t i = 0; d->pixels && i < j->nets->count; i++)
        iv_free(j->ctx, d->pixels[i]);
    iv_free(j->ctx, d->pixels);
    iv_free(j->ctx, d->features);
    iv_free(j->ctx, d->rows);
    iv_free(j->ctx, d->used);
}

static imgvec_status desk_make(job *j, desk *d, imgvec_error *err)
{
    int32_t widest = 0;
    memset(d, 0, sizeof *d);
    d->pixels = iv_calloc(j->ctx, j->nets->count, sizeof *d->pixels);
    d->rows = iv_alloc_n(j->ctx, j->batch, sizeof *d->rows);
    d->used = iv_alloc_n(j->ctx, j->batch, sizeof *d->used);
    bool ok = d->pixels && d->rows && d->used;
    for (size_t i = 0; ok && i < j->nets->count; i++) {
        d->pixels[i] = iv_alloc_n(j->ctx, j->batch * pixel_count(j->nets->items[i]), sizeof(float));
        ok = d->pixels[i] != NULL;
        if (iv_network_width(j->nets->items[i]) > widest)
            widest = iv_network_width(j->nets->items[i]);
    }
    d->features = ok ? iv_alloc_n(j->ctx, j->batch * (size_t)widest, sizeof(float)) : NULL;
    if (d->features)
        return IMGVEC_OK;
    desk_free(j, d);
    return iv_fail_nomem(err);
}

/* Runs the networks on the batch and adds each image's features to its row's. */
static imgvec_status compute(job *j, desk *d, imgvec_error *err)
{
    size_t offset = 0;
    for (size_t i = 0; i < j->nets->count && d->images > 0; i++) {
        const iv_network *net = j->nets->items[i];
        size_t width = (size_t)iv_network_width(net);
        IV_TRY(iv_network_run(net, d->pixels[i], (int32_t)d->images, j->threads_per_run,
                              d->features, err));
        for (size_t k = 0; k < d->images; k++) {
            float *row = j->values + d->rows[k] * (size_t)j->nets->width + offset;
            for (size_t v = 0; v < width; v++)
                row[v] += d->features[k * width + v];
        }
        offset += width;
    }
    d->images = 0;
    return IMGVEC_OK;
}

static imgvec_status keep_print(job *j, size_t at, const iv_cell_images *images,
                                const iv_image *image, const iv_digest *digest, imgvec_error *err)
{
    size_t print;
    IV_TRY(iv_prints_add(j->prints, image, digest, &print, err));
    return iv_prints_use(j->prints, row_of(j, at), j->column, images->index, print, err);
}

/* Decodes one image and lays its pixels down in the batch. */
static imgvec_status prepare_image(job *j, desk *d, size_t at, const iv_cell_images *images,
                                   imgvec_error *err)
{
    imgvec_error why;
    iv_image image = {0};
    iv_digest digest;
    if (d->images == j->batch)
        IV_TRY(compute(j, d, err));
    imgvec_status status = iv_cell_images_decode(images, &image, &digest, &why);
    if (status == IMGVEC_OK) {
        for (size_t i = 0; i < j->nets->count && status == IMGVEC_OK; i++) {
            iv_preprocess p = iv_embed_preprocess(j->nets->items[i]);
            status =
                iv_preprocess_run(j->ctx, &image, &p,
                                  d->pixels[i] + d->images * pixel_count(j->nets->items[i]), &why);
        }
        if (status == IMGVEC_OK && j->prints)
            status = keep_print(j, at, images, &image, &digest, &why);
        iv_image_free(j->ctx, &image);
    }
    if (status == IMGVEC_OK) {
        d->rows[d->images++] = at;
        d->used[at - d->first]++;
        return IMGVEC_OK;
    }
    if (iv_problem_of_image(status, &why))
        return note_bad(j, at, images, &why, err);
    if (err)
        *err = why;
    return status;
}

static imgvec_status prepare_row(job *j, desk *d, size_t at, imgvec_error *err)
{
    iv_cell_images images;
    IV_TRY(iv_cell_images_begin(j->ds, j->column, row_of(j, at), &images, err));
    memset(j->values + at * (size_t)j->nets->width, 0, (size_t)j->nets->width * sizeof(float));
    d->used[at - d->first] = 0;
    while (iv_cell_images_next(&images))
        IV_TRY(prepare_image(j, d, at, &images, err));
    return IMGVEC_OK;
}

/* The mean over a row's images. */
static void finish_row(job *j, const desk *d, size_t at)
{
    float *row = j->values + at * (size_t)j->nets->width;
    int32_t used = d->used[at - d->first];
    for (int32_t v = 0; used != 1 && v < j->nets->width; v++)
        row[v] = used > 0 ? row[v] / (float)used : NAN;
    j->status[at] = used > 0        ? IMGVEC_OK
                    : j->bad_of[at] ? j->bad_of[at]->why.code
                                    : IMGVEC_ERR_NOT_FOUND;
}

/* Rows first .. end - 1, from decoding to features. */
static imgvec_status do_rows(job *j, desk *d, size_t first, size_t end, imgvec_error *err)
{
    d->first = first;
    d->images = 0;
    for (size_t at = first; at < end; at++)
        IV_TRY(prepare_row(j, d, at, err));
    IV_TRY(compute(j, d, err));
    for (size_t at = first; at < end; at++)
        finish_row(j, d, at);
    return IMGVEC_OK;
}

static void work(void *user, int index)
{
    (void)index;
    job *j = user;
    desk d;
    imgvec_error error;
    imgvec_status status = desk_make(j, &d, &error);
    if (status != IMGVEC_OK) {
        fail(j, status, &error);
        return;
    }
    /* Rows are taken in order and what was taken is finished: once too many are bad, the rows that
     * are done are the first ones without a gap, and hold the first max_bad + 1 bad cells. */
    while (!atomic_load(&j->stop) && !iv_watch_stopped(j->watch)) {
        size_t at = atomic_fetch_add(&j->next, j->batch);
        if (at >= j->count)
            break;
        size_t end = at + j->batch < j->count ? at + j->batch : j->count;
        status = do_rows(j, &d, at, end, &error);
        if (status != IMGVEC_OK) {
            fail(j, status, &error);
            break;
        }
        atomic_fetch_add(&j->done, end - at);
    }
    desk_free(j, &d);
}

static void free_bad(imgvec_context *ctx, bad_image *bad)
{
    while (bad) {
        bad_image *next = bad->next;
        iv_free(ctx, bad->path);
        iv_free(ctx, bad);
        bad = next;
    }
}

/* Lists the bad images in their order, whichever worker met them first. */
static imgvec_status list_problems(job *j, iv_problems *problems, imgvec_error *err)
{
    const char *name = iv_dataset_column_name(j->ds, j->column);
    int64_t cells = 0;
    imgvec_status status = IMGVEC_OK;
    for (size_t i = 0; i < j->count && status == IMGVEC_OK; i++) {
        if (!j->bad_of[i] || (j->max_bad >= 0 && cells++ > j->max_bad))
            continue;
        int64_t row = row_of(j, i);
        for (bad_image *bad = j->bad_of[i]; bad && bad->path && status == IMGVEC_OK;
             bad = bad->next) {
            iv_watch_problem(j->watch, row, name, bad->path, &bad->why);
            if (problems)
                status = iv_problems_add(j->ctx, problems, row, name, bad->path, &bad->why, err);
        }
    }
    return status;
}

imgvec_status iv_embed(imgvec_context *ctx, const iv_networks *nets, const imgvec_dataset *ds,
                       int32_t column, int64_t first, size_t count,
                       const iv_embed_settings *settings, iv_watch *watch, iv_problems *problems,
                       float *values, int32_t *status_out, imgvec_error *err)
{
    if (count == 0)
        return IMGVEC_OK;
    /* All that will be wanted is fetched first: of columns that are images by this job's options
     * alone, when it comes to them. */
    if (first == 0 && settings->done_before == 0 && !settings->rows)
        IV_TRY(iv_dataset_fetch(ds, -1, watch, err));
    if (first == 0 && !settings->rows)
        IV_TRY(iv_dataset_fetch(ds, column, watch, err));
    size_t batch = settings->batch_size > 0 ? (size_t)settings->batch_size : DEFAULT_BATCH;
    int threads = settings->threads > 0 ? settings->threads : 1;
    /* Fewer rows than workers times batch: smaller batches first, then more threads each. */
    while (settings->batch_size <= 0 && batch > 1 && count < batch * (size_t)threads)
        batch /= 2;
    size_t chunks = (count + batch - 1) / batch;
    int workers = chunks < (size_t)threads ? (int)chunks : threads;
    job j = {.ctx = ctx,
             .nets = nets,
             .ds = ds,
             .column = column,
             .first = first,
             .rows = settings->rows,
             .count = count,
             .batch = batch,
             .threads_per_run = threads / workers,
             .values = values,
             .status = status_out,
             .max_bad = settings->max_bad,
             .prints = settings->prints,
             .watch = watch};
    j.bad_of = iv_calloc(ctx, count, sizeof *j.bad_of);
    if (!j.bad_of)
        return iv_fail_nomem(err);
    pthread_mutex_init(&j.lock, NULL);
    imgvec_status status = IMGVEC_OK, listed;
    iv_team *team = NULL;
    if (settings->done_before == 0)
        IV_DO(iv_watch_begin(watch, settings->total ? settings->total : count, err, "embedding %s",
                             iv_dataset_column_name(ds, column)));
    if (chunks == 1) /* nothing to report in between: as well in this thread */
        work(&j, 0);
    else
        IV_DO(iv_team_start(ctx, workers, work, &j, &team, err));
    while (team && !iv_team_wait(team, 0.1) && status == IMGVEC_OK)
        status = iv_watch_step(watch, settings->done_before + atomic_load(&j.done), err);
done:
    if (status != IMGVEC_OK)
        atomic_store(&j.stop, true);
    iv_team_free(team);
    if (status == IMGVEC_OK && j.failure != IMGVEC_OK) {
        status = j.failure;
        if (err)
            *err = j.error;
    }
    if (status == IMGVEC_OK)
        status = iv_watch_check(watch, err);
    listed = list_problems(&j, problems, status == IMGVEC_OK ? err : NULL);
    if (status == IMGVEC_OK)
        status = listed;
    if (status == IMGVEC_OK && j.max_bad >= 0 && j.bad > j.max_bad)
        status = iv_problems_too_many(problems, iv_dataset_column_name(ds, column), j.max_bad, err);
    if (status == IMGVEC_OK && settings->done_before + count >= settings->total)
        status = iv_watch_end(watch, err);
    pthread_mutex_destroy(&j.lock);
    for (size_t i = 0; i < count; i++)
        free_bad(ctx, j.bad_of[i]);
    iv_free(ctx, j.bad_of);
    return status;
}
