#include "features/judge.h"

#include "base/error.h"
#include "base/mem.h"
#include "table/cell_images.h"
#include "table/dataset.h"

typedef struct judge {
    imgvec_context *ctx;
    const imgvec_dataset *ds;
    int32_t column;
    const char *name;
    iv_problems found;
} judge;

static imgvec_status look(judge *j, int64_t row, const iv_cell_images *images, bool *good,
                          imgvec_error *err)
{
    iv_image image = {0};
    iv_text path;
    imgvec_error why;
    imgvec_status status = iv_cell_images_decode(images, &image, NULL, &why);
    iv_image_free(j->ctx, &image);
    *good = status == IMGVEC_OK;
    if (*good)
        return status;
    if (!iv_problem_of_image(status, &why)) {
        if (err)
            *err = why;
        return status;
    }
    iv_text_init(&path, j->ctx);
    iv_cell_images_path(images, &path);
    status = path.failed ? iv_fail_nomem(err)
                         : iv_problems_add(j->ctx, &j->found, row, j->name,
                                           path.data ? path.data : "", &why, err);
    iv_text_free(&path);
    return status;
}

/* *bad: one of the cell's images cannot be used; *good: they all can. */
static imgvec_status look_at_cell(judge *j, int64_t row, bool *bad, bool *good, imgvec_error *err)
{
    iv_cell_images images;
    *bad = *good = false;
    if (iv_dataset_missing(j->ds, j->column, row))
        return IMGVEC_OK;
    IV_TRY(iv_cell_images_begin(j->ds, j->column, row, &images, err));
    while (iv_cell_images_next(&images)) {
        bool usable;
        IV_TRY(look(j, row, &images, &usable, err));
        *bad = *bad || !usable;
        *good = !*bad;
    }
    return IMGVEC_OK;
}

static void tell(const judge *j, iv_watch *watch)
{
    for (size_t i = 0; i < j->found.count; i++) {
        const iv_problem *p = &j->found.items[i];
        imgvec_error why;
        iv_fail(&why, p->code, "%s", p->reason);
        iv_watch_problem(watch, p->row, j->name, p->path, &why);
    }
}

imgvec_status iv_judge_column(imgvec_context *ctx, const imgvec_dataset *ds, int32_t column,
                              int64_t max_bad, iv_watch *watch, imgvec_error *err)
{
    judge j = {ctx, ds, column, iv_dataset_column_name(ds, column), {0}};
    imgvec_status status = IMGVEC_OK;
    int64_t cells = 0, rows = iv_dataset_rows(ds);
    bool good = false;
    for (int64_t row = 0; row < rows && !good && cells <= max_bad && status == IMGVEC_OK; row++) {
        bool bad = false;
        status = look_at_cell(&j, row, &bad, &good, err);
        cells += bad;
        if (status == IMGVEC_OK)
            status = iv_watch_check(watch, err);
    }
    if (status == IMGVEC_OK && cells > max_bad) {
        tell(&j, watch);
        status = iv_problems_too_many(&j.found, j.name, max_bad, err);
    }
    iv_problems_free(ctx, &j.found);
    return status;
}
