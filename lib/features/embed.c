#include "features/embed.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "image/preprocess.h"
#include "table/dataset.h"

/* Rows that a worker takes at once. Small batches keep a network's activations in the cache
 * of the core that computes them; docs/decisions.md has the figures. */
#define DEFAULT_BATCH 4

typedef struct job {
    imgvec_context *ctx;
    const iv_networks *nets;
    const imgvec_dataset *ds;
    int32_t column;
    int64_t first;
    size_t count, batch;
    int32_t threads_per_run;
    float *values;
    int32_t *status;
    imgvec_error **reasons; /* of bad rows, until they are listed */
    atomic_size_t next, done;
    _Atomic int64_t bad;
    int64_t max_bad;
    atomic_bool stop;
    iv_watch *watch;
    pthread_mutex_t lock; /* guards failure */
    imgvec_status failure;
    imgvec_error error;
} job;

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

/* A failure of this one image, not of the machine: the job goes on without it. */
static bool is_bad_image(imgvec_status status, const imgvec_error *why)
{
    if (status == IMGVEC_ERR_IO && (why->detail == EMFILE || why->detail == ENFILE))
        return false;
    return status == IMGVEC_ERR_NOT_FOUND || status == IMGVEC_ERR_FORMAT ||
           status == IMGVEC_ERR_LIMIT || status == IMGVEC_ERR_UNSUPPORTED ||
           status == IMGVEC_ERR_IO;
}

static imgvec_status note_bad(job *j, size_t at, imgvec_status status, const imgvec_error *why,
                              imgvec_error *err)
{
    imgvec_error *kept = iv_alloc(j->ctx, sizeof *kept);
    if (!kept)
        return iv_fail_nomem(err);
    *kept = *why;
    j->reasons[at] = kept;
    j->status[at] = status;
    for (int32_t i = 0; i < j->nets->width; i++)
        j->values[at * (size_t)j->nets->width + (size_t)i] = NAN;
    if (atomic_fetch_add(&j->bad, 1) + 1 > j->max_bad && j->max_bad >= 0)
        atomic_store(&j->stop, true);
    return IMGVEC_OK;
}

static iv_preprocess preprocess_of(const iv_network *net)
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
    size_t *rows; /* which row each image of the batch belongs to */
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
}

static imgvec_status desk_make(job *j, desk *d, imgvec_error *err)
{
    int32_t widest = 0;
    memset(d, 0, sizeof *d);
    d->pixels = iv_calloc(j->ctx, j->nets->count, sizeof *d->pixels);
    d->rows = iv_alloc_n(j->ctx, j->batch, sizeof *d->rows);
    bool ok = d->pixels && d->rows;
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

/* Decodes one row and lays its pixels down as image `slot` of the batch. */
static imgvec_status prepare(job *j, desk *d, size_t at, size_t slot, bool *good, imgvec_error *err)
{
    imgvec_error why;
    iv_image image = {0};
    imgvec_status status = iv_dataset_image(j->ds, j->column, j->first + (int64_t)at, &image, &why);
    if (status == IMGVEC_OK) {
        for (size_t i = 0; i < j->nets->count && status == IMGVEC_OK; i++) {
            iv_preprocess p = preprocess_of(j->nets->items[i]);
            status = iv_preprocess_run(j->ctx, &image, &p,
                                       d->pixels[i] + slot * pixel_count(j->nets->items[i]), &why);
        }
        iv_image_free(j->ctx, &image);
    }
    *good = status == IMGVEC_OK;
    if (*good) {
        d->rows[slot] = at;
        j->status[at] = IMGVEC_OK;
        return IMGVEC_OK;
    }
    if (is_bad_image(status, &why))
        return note_bad(j, at, status, &why, err);
    if (err)
        *err = why;
    return status;
}

static imgvec_status compute(job *j, desk *d, size_t images, imgvec_error *err)
{
    size_t offset = 0;
    for (size_t i = 0; i < j->nets->count; i++) {
        const iv_network *net = j->nets->items[i];
        size_t width = (size_t)iv_network_width(net);
        IV_TRY(iv_network_run(net, d->pixels[i], (int32_t)images, j->threads_per_run, d->features,
                              err));
        for (size_t k = 0; k < images; k++)
            memcpy(j->values + d->rows[k] * (size_t)j->nets->width + offset,
                   d->features + k * width, width * sizeof(float));
        offset += width;
    }
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
    while (!atomic_load(&j->stop) && !iv_watch_stopped(j->watch)) {
        size_t at = atomic_fetch_add(&j->next, j->batch);
        if (at >= j->count)
            break;
        size_t end = at + j->batch < j->count ? at + j->batch : j->count, images = 0;
        for (size_t i = at; i < end && status == IMGVEC_OK; i++) {
            bool good = false;
            status = prepare(j, &d, i, images, &good, &error);
            images += good;
        }
        if (status == IMGVEC_OK && images > 0)
            status = compute(j, &d, images, &error);
        if (status != IMGVEC_OK) {
            fail(j, status, &error);
            break;
        }
        atomic_fetch_add(&j->done, end - at);
    }
    desk_free(j, &d);
}

/* Appends "path (reason)" of a bad row while there is room. */
static void name_bad(const iv_problem *p, char *text, size_t size)
{
    size_t used = strlen(text);
    int n = snprintf(text + used, size - used, "%s%s (%.60s)", used ? "; " : "",
                     *p->path ? p->path : "image in memory", p->reason);
    if (n < 0 || (size_t)n >= size - used)
        text[used] = '\0';
}

static imgvec_status too_many(const job *j, const iv_problems *problems, imgvec_error *err)
{
    char names[800] = "";
    size_t shown = 0;
    for (; problems && shown < problems->count && shown < 10; shown++)
        name_bad(&problems->items[shown], names, sizeof names);
    int64_t row = problems && problems->count ? problems->items[0].row : 0;
    if (j->max_bad == 0)
        return iv_fail_at(err, IMGVEC_ERR_DATA, row,
                          "column %s: an image cannot be used, and option on_bad or "
                          "max_bad_fraction allows none: %s",
                          iv_dataset_column_name(j->ds, j->column), names);
    return iv_fail_at(err, IMGVEC_ERR_DATA, row,
                      "column %s: more images cannot be used than option max_bad_fraction allows "
                      "(%lld): %s",
                      iv_dataset_column_name(j->ds, j->column), (long long)j->max_bad, names);
}

/* Lists the bad rows in their order, whichever worker met them first. */
static imgvec_status list_problems(job *j, iv_problems *problems, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    const char *name = iv_dataset_column_name(j->ds, j->column);
    for (size_t i = 0; i < j->count; i++) {
        if (!j->reasons[i])
            continue;
        iv_text path;
        iv_text_init(&path, j->ctx);
        iv_dataset_image_path(j->ds, j->column, j->first + (int64_t)i, &path);
        char *text = iv_text_take(&path);
        if (!text)
            status = iv_fail_nomem(err);
        if (status == IMGVEC_OK) {
            iv_watch_problem(j->watch, j->first + (int64_t)i, name, text, j->reasons[i]);
            if (problems && status == IMGVEC_OK)
                status = iv_problems_add(j->ctx, problems, j->first + (int64_t)i, name, text,
                                         j->reasons[i], err);
        }
        iv_free(j->ctx, text);
        iv_free(j->ctx, j->reasons[i]);
        j->reasons[i] = NULL;
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
    if (first == 0 && settings->done_before == 0)
        IV_TRY(iv_dataset_fetch(ds, -1, watch, err));
    if (first == 0)
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
             .count = count,
             .batch = batch,
             .threads_per_run = threads / workers,
             .values = values,
             .status = status_out,
             .max_bad = settings->max_bad,
             .watch = watch};
    j.reasons = iv_calloc(ctx, count, sizeof *j.reasons);
    if (!j.reasons)
        return iv_fail_nomem(err);
    pthread_mutex_init(&j.lock, NULL);
    imgvec_status status = IMGVEC_OK, listed;
    iv_team *team = NULL;
    if (settings->done_before == 0)
        IV_DO(iv_watch_begin(watch, settings->total ? settings->total : count, err, "embedding %s",
                             iv_dataset_column_name(ds, column)));
    IV_DO(iv_team_start(ctx, workers, work, &j, &team, err));
    while (!iv_team_wait(team, 0.1) && status == IMGVEC_OK)
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
        status = too_many(&j, problems, err);
    if (status == IMGVEC_OK && settings->done_before + count >= settings->total)
        status = iv_watch_end(watch, err);
    pthread_mutex_destroy(&j.lock);
    iv_free(ctx, j.reasons);
    return status;
}
