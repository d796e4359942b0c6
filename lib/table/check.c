#include "table/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "table/cell_images.h"
#include "table/levels.h"

struct iv_bad_text {
    iv_bad_text *next;
    char *path, *reason;
};

/* What became of one image: not usable for a reason, or a print. */
typedef struct finding {
    size_t task;
    int32_t index, code; /* index: of the image in its cell */
    size_t print;
    const iv_bad_text *why; /* NULL: usable */
} finding;

/* One image column's work: a task is one different cell. */
typedef struct job {
    const imgvec_dataset *ds;
    int32_t column;
    iv_prints *prints;
    int32_t *task_of_row; /* -1: missing */
    iv_levels tasks;      /* a row of each */
    pthread_mutex_t lock; /* guards what follows */
    finding *findings;    /* by task and index once the work is done */
    size_t count, capacity;
    iv_bad_text *texts;
    imgvec_status failure;
    imgvec_error error;
    size_t *start; /* of each task in findings; one more than tasks */
    atomic_size_t next, done;
    atomic_bool stop;
} job;

static iv_bad_text *bad_text(imgvec_context *ctx, const iv_cell_images *images,
                             const imgvec_error *why)
{
    iv_text path;
    iv_text_init(&path, ctx);
    if (images)
        iv_cell_images_path(images, &path);
    iv_bad_text *text = iv_zalloc(ctx, sizeof *text);
    if (text) {
        text->path = path.failed ? NULL : iv_strdup(ctx, path.data ? path.data : "");
        text->reason = iv_strdup(ctx, why->text);
    }
    iv_text_free(&path);
    if (text && text->path && text->reason)
        return text;
    if (text) {
        iv_free(ctx, text->path);
        iv_free(ctx, text->reason);
        iv_free(ctx, text);
    }
    return NULL;
}

static void free_texts(imgvec_context *ctx, iv_bad_text *text)
{
    while (text) {
        iv_bad_text *next = text->next;
        iv_free(ctx, text->path);
        iv_free(ctx, text->reason);
        iv_free(ctx, text);
        text = next;
    }
}

/* found->why is MOVED. */
static imgvec_status note(job *j, const finding *found, iv_bad_text *why, imgvec_error *err)
{
    imgvec_status status = IMGVEC_OK;
    pthread_mutex_lock(&j->lock);
    if (why) {
        why->next = j->texts;
        j->texts = why;
    }
    if (iv_reserve(j->ds->ctx, &j->findings, &j->capacity, j->count + 1, sizeof *j->findings) == 0)
        j->findings[j->count++] = *found;
    else
        status = iv_fail_nomem(err);
    pthread_mutex_unlock(&j->lock);
    return status;
}

/* images NULL: a cell that names nothing. */
static imgvec_status note_bad(job *j, size_t task, const iv_cell_images *images, imgvec_status code,
                              const imgvec_error *why, imgvec_error *err)
{
    iv_bad_text *text = bad_text(j->ds->ctx, images, why);
    if (!text)
        return iv_fail_nomem(err);
    finding found = {.task = task, .index = images ? images->index : 0, .code = code, .why = text};
    return note(j, &found, text, err);
}

static imgvec_status look(job *j, size_t task, const iv_cell_images *images, imgvec_error *err)
{
    iv_image image = {0};
    iv_digest digest;
    imgvec_error why;
    imgvec_status status = iv_cell_images_decode(images, &image, &digest, &why);
    if (status == IMGVEC_ERR_NO_MEMORY)
        return iv_fail_nomem(err);
    if (status != IMGVEC_OK)
        return note_bad(j, task, images, status, &why, err);
    finding found = {.task = task, .index = images->index};
    if (j->prints)
        status = iv_prints_add(j->prints, &image, &digest, &found.print, err);
    iv_image_free(j->ds->ctx, &image);
    return status == IMGVEC_OK && j->prints ? note(j, &found, NULL, err) : status;
}

static imgvec_status look_at_cell(job *j, size_t task, imgvec_error *err)
{
    iv_cell_images images;
    imgvec_error why;
    IV_TRY(iv_cell_images_begin(j->ds, j->column, j->tasks.items[task].first, &images, err));
    while (iv_cell_images_next(&images))
        IV_TRY(look(j, task, &images, err));
    if (images.index > 0)
        return IMGVEC_OK;
    imgvec_status status = iv_fail(&why, IMGVEC_ERR_NOT_FOUND, "the cell is empty");
    return note_bad(j, task, NULL, status, &why, err);
}

static void work(void *user, int index)
{
    (void)index;
    job *j = user;
    while (!atomic_load(&j->stop)) {
        size_t task = atomic_fetch_add(&j->next, 1);
        if (task >= j->tasks.count)
            return;
        imgvec_error error;
        imgvec_status status = look_at_cell(j, task, &error);
        if (status != IMGVEC_OK) {
            pthread_mutex_lock(&j->lock);
            j->failure = status;
            j->error = error;
            pthread_mutex_unlock(&j->lock);
            atomic_store(&j->stop, true);
        }
        atomic_fetch_add(&j->done, 1);
    }
}

static imgvec_status run(job *j, int threads, iv_watch *watch, imgvec_error *err)
{
    IV_TRY(iv_watch_begin(watch, j->tasks.count, err, "checking images of column %s",
                          iv_dataset_column_name(j->ds, j->column)));
    if (j->tasks.count == 0)
        return iv_watch_end(watch, err);
    if ((size_t)threads > j->tasks.count)
        threads = (int)j->tasks.count;
    iv_team *team;
    IV_TRY(iv_team_start(j->ds->ctx, threads, work, j, &team, err));
    imgvec_status status = IMGVEC_OK;
    while (!iv_team_wait(team, 0.05) && status == IMGVEC_OK) {
        status = iv_watch_step(watch, atomic_load(&j->done), err);
        if (status != IMGVEC_OK)
            atomic_store(&j->stop, true);
    }
    iv_team_free(team);
    if (status == IMGVEC_OK && j->failure != IMGVEC_OK) {
        status = j->failure;
        if (err)
            *err = j->error;
    }
    return status == IMGVEC_OK ? iv_watch_end(watch, err) : status;
}

/* Images in memory have no name to tell them apart by: each is its own task. */
static imgvec_status tasks_of_pictures(job *j, imgvec_error *err)
{
    const iv_column *c = &j->ds->columns[j->column];
    imgvec_context *ctx = j->ds->ctx;
    j->tasks.ctx = ctx;
    for (int64_t row = 0; row < c->count; row++) {
        j->task_of_row[row] = -1;
        if (c->pictures[row].kind == IV_PICTURE_NONE)
            continue;
        if (j->tasks.count >= INT32_MAX ||
            iv_reserve(ctx, &j->tasks.items, &j->tasks.capacity, j->tasks.count + 1,
                       sizeof *j->tasks.items) != 0)
            return iv_fail_nomem(err);
        j->task_of_row[row] = (int32_t)j->tasks.count;
        j->tasks.items[j->tasks.count++] = (iv_level){.first = row, .rows = 1};
    }
    return IMGVEC_OK;
}

static int by_task(const void *a, const void *b)
{
    const finding *x = a, *y = b;
    if (x->task != y->task)
        return x->task < y->task ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static imgvec_status sort_findings(job *j, imgvec_error *err)
{
    if (j->count > 1)
        qsort(j->findings, j->count, sizeof *j->findings, by_task);
    j->start = iv_alloc_n(j->ds->ctx, j->tasks.count + 1, sizeof *j->start);
    if (!j->start)
        return iv_fail_nomem(err);
    size_t at = 0;
    for (size_t task = 0; task <= j->tasks.count; task++) {
        while (at < j->count && j->findings[at].task < task)
            at++;
        j->start[task] = at;
    }
    return IMGVEC_OK;
}

static imgvec_status check_column(job *j, int threads, iv_watch *watch, imgvec_error *err)
{
    const iv_column *c = &j->ds->columns[j->column];
    j->task_of_row = iv_alloc_n(j->ds->ctx, (size_t)c->count, sizeof *j->task_of_row);
    if (!j->task_of_row)
        return iv_fail_nomem(err);
    if (c->store == IV_STORE_PICTURES)
        IV_TRY(tasks_of_pictures(j, err));
    else
        IV_TRY(iv_levels_read(j->ds, j->column, j->task_of_row, &j->tasks, err));
    IV_TRY(run(j, threads, watch, err));
    return sort_findings(j, err);
}

static void free_job(job *j)
{
    imgvec_context *ctx = j->ds->ctx;
    free_texts(ctx, j->texts);
    iv_free(ctx, j->findings);
    iv_free(ctx, j->start);
    iv_free(ctx, j->task_of_row);
    iv_levels_free(&j->tasks);
    pthread_mutex_destroy(&j->lock);
}

static imgvec_status add_bad(iv_image_check *out, const job *j, int64_t row, const finding *found,
                             iv_watch *watch, imgvec_error *err)
{
    if (iv_reserve(out->ctx, &out->bad, &out->capacity, out->count + 1, sizeof *out->bad) != 0)
        return iv_fail_nomem(err);
    out->bad[out->count++] = (iv_bad_image){.row = row,
                                            .column = j->column,
                                            .code = found->code,
                                            .path = found->why->path,
                                            .reason = found->why->reason};
    imgvec_error why;
    iv_fail(&why, found->code, "%s", found->why->reason);
    iv_watch_problem(watch, row, iv_dataset_column_name(j->ds, j->column), found->why->path, &why);
    return IMGVEC_OK;
}

static imgvec_status collect_cell(const job *j, int64_t row, iv_watch *watch, iv_image_check *out,
                                  imgvec_error *err)
{
    size_t task = (size_t)j->task_of_row[row];
    for (size_t i = j->start[task]; i < j->start[task + 1]; i++) {
        const finding *found = &j->findings[i];
        if (found->why)
            IV_TRY(add_bad(out, j, row, found, watch, err));
        else
            IV_TRY(iv_prints_use(j->prints, row, j->column, found->index, found->print, err));
    }
    return IMGVEC_OK;
}

static imgvec_status collect(const imgvec_dataset *ds, const job *jobs, size_t count,
                             iv_watch *watch, iv_image_check *out, imgvec_error *err)
{
    int64_t rows = iv_dataset_rows(ds);
    for (int64_t row = 0; row < rows; row++)
        for (size_t i = 0; i < count; i++) {
            if (row >= ds->columns[jobs[i].column].count || jobs[i].task_of_row[row] < 0)
                continue;
            out->cells++;
            IV_TRY(collect_cell(&jobs[i], row, watch, out, err));
        }
    return IMGVEC_OK;
}

/* The texts that the list borrows outlive the jobs. */
static void keep_texts(iv_image_check *out, job *j)
{
    while (j->texts) {
        iv_bad_text *text = j->texts;
        j->texts = text->next;
        text->next = out->texts;
        out->texts = text;
    }
}

imgvec_status iv_images_check(const imgvec_dataset *ds, int threads, iv_watch *watch,
                              iv_prints *prints, iv_image_check *out, imgvec_error *err)
{
    *out = (iv_image_check){.ctx = ds->ctx};
    job *jobs = iv_calloc(ds->ctx, ds->count, sizeof *jobs);
    if (!jobs)
        return iv_fail_nomem(err);
    imgvec_status status = iv_dataset_fetch(ds, -1, watch, err);
    size_t count = 0;
    for (size_t i = 0; i < ds->count && status == IMGVEC_OK; i++) {
        if (ds->columns[i].type != IMGVEC_COLUMN_IMAGE)
            continue;
        job *j = &jobs[count++];
        j->ds = ds;
        j->column = (int32_t)i;
        j->prints = prints;
        pthread_mutex_init(&j->lock, NULL);
        status = check_column(j, threads, watch, err);
    }
    if (status == IMGVEC_OK)
        status = collect(ds, jobs, count, watch, out, err);
    for (size_t i = 0; i < count; i++) {
        keep_texts(out, &jobs[i]);
        free_job(&jobs[i]);
    }
    iv_free(ds->ctx, jobs);
    if (status != IMGVEC_OK)
        iv_image_check_free(out);
    return status;
}

void iv_image_check_free(iv_image_check *check)
{
    if (!check->ctx)
        return;
    iv_free(check->ctx, check->bad);
    free_texts(check->ctx, check->texts);
    *check = (iv_image_check){0};
}
