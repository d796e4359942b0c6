#include "table/check.h"

#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "table/levels.h"

typedef struct verdict {
    int32_t code;
    char *reason; /* NULL: usable */
} verdict;

/* One image column's work: a task is one different image. */
typedef struct job {
    const imgvec_dataset *ds;
    int32_t column;
    int32_t *task_of_row; /* -1: missing */
    iv_levels tasks;      /* a row of each */
    verdict *verdicts;
    atomic_size_t next, done;
    atomic_bool stop, out_of_memory;
} job;

static void work(void *user, int index)
{
    job *j = user;
    imgvec_context *ctx = j->ds->ctx;
    while (!atomic_load(&j->stop)) {
        size_t i = atomic_fetch_add(&j->next, 1);
        if (i >= j->tasks.count)
            return;
        iv_image image = {0};
        imgvec_error why;
        imgvec_status status =
            iv_dataset_image(j->ds, j->column, j->tasks.items[i].first, &image, &why);
        if (status == IMGVEC_OK) {
            iv_image_free(ctx, &image);
        } else {
            j->verdicts[i].code = status;
            j->verdicts[i].reason = iv_strdup(ctx, why.text);
            if (status == IMGVEC_ERR_NO_MEMORY || !j->verdicts[i].reason) {
                atomic_store(&j->out_of_memory, true);
                atomic_store(&j->stop, true);
            }
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
    if (status == IMGVEC_OK && atomic_load(&j->out_of_memory))
        status = iv_fail_nomem(err);
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
    j->verdicts = iv_calloc(j->ds->ctx, j->tasks.count, sizeof *j->verdicts);
    if (!j->verdicts)
        return iv_fail_nomem(err);
    return run(j, threads, watch, err);
}

static void free_job(job *j)
{
    imgvec_context *ctx = j->ds->ctx;
    for (size_t i = 0; j->verdicts && i < j->tasks.count; i++)
        iv_free(ctx, j->verdicts[i].reason);
    iv_free(ctx, j->verdicts);
    iv_free(ctx, j->task_of_row);
    iv_levels_free(&j->tasks);
}

static imgvec_status add_bad(iv_image_check *out, const job *j, int64_t row, const verdict *v,
                             iv_watch *watch, imgvec_error *err)
{
    if (iv_reserve(out->ctx, &out->bad, &out->capacity, out->count + 1, sizeof *out->bad) != 0)
        return iv_fail_nomem(err);
    iv_bad_image *bad = &out->bad[out->count];
    *bad = (iv_bad_image){.row = row, .column = j->column, .code = v->code};
    bad->reason = iv_strdup(out->ctx, v->reason);
    if (!bad->reason)
        return iv_fail_nomem(err);
    out->count++;
    iv_text path;
    iv_text_init(&path, out->ctx);
    iv_dataset_image_path(j->ds, j->column, row, &path);
    imgvec_error why;
    iv_fail(&why, v->code, "%s", v->reason);
    iv_watch_problem(watch, row, iv_dataset_column_name(j->ds, j->column),
                     path.data ? path.data : "", &why);
    bool failed = path.failed;
    iv_text_free(&path);
    return failed ? iv_fail_nomem(err) : IMGVEC_OK;
}

static imgvec_status collect(const imgvec_dataset *ds, const job *jobs, size_t count,
                             iv_watch *watch, iv_image_check *out, imgvec_error *err)
{
    int64_t rows = iv_dataset_rows(ds);
    for (int64_t row = 0; row < rows; row++)
        for (size_t i = 0; i < count; i++) {
            if (row >= ds->columns[jobs[i].column].count || jobs[i].task_of_row[row] < 0)
                continue;
            const verdict *v = &jobs[i].verdicts[jobs[i].task_of_row[row]];
            out->cells++;
            if (v->reason)
                IV_TRY(add_bad(out, &jobs[i], row, v, watch, err));
        }
    return IMGVEC_OK;
}

imgvec_status iv_images_check(const imgvec_dataset *ds, int threads, iv_watch *watch,
                              iv_image_check *out, imgvec_error *err)
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
        status = check_column(j, threads, watch, err);
    }
    if (status == IMGVEC_OK)
        status = collect(ds, jobs, count, watch, out, err);
    for (size_t i = 0; i < count; i++)
        free_job(&jobs[i]);
    iv_free(ds->ctx, jobs);
    if (status != IMGVEC_OK)
        iv_image_check_free(out);
    return status;
}

void iv_image_check_free(iv_image_check *check)
{
    for (size_t i = 0; i < check->count; i++)
        iv_free(check->ctx, check->bad[i].reason);
    if (check->bad)
        iv_free(check->ctx, check->bad);
    check->bad = NULL;
    check->count = check->capacity = 0;
}
