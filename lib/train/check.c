#include "train/check.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

enum { MOST = 64 }; /* images at once */

imgvec_status iv_check_init(const iv_lessons *l, int32_t batch, iv_check *out, imgvec_error *err)
{
    size_t k = (size_t)iv_lessons_outputs(l), crop = (size_t)l->input.crop,
           n = batch < MOST ? (size_t)batch : MOST;
    *out = (iv_check){.lessons = l, .batch = (int32_t)n};
    out->pixels = iv_alloc_n(l->ctx, n, 3 * crop * crop * sizeof *out->pixels);
    out->targets = iv_alloc_n(l->ctx, n, k * sizeof *out->targets);
    out->raw = iv_alloc_n(l->ctx, n, k * sizeof *out->raw);
    out->outputs = iv_alloc_n(l->ctx, l->count, k * sizeof *out->outputs);
    return out->pixels && out->targets && out->raw && out->outputs ? IMGVEC_OK : iv_fail_nomem(err);
}

imgvec_status iv_check_run(iv_check *c, iv_trainer *trainer, int32_t threads, iv_watch *watch,
                           imgvec_error *err)
{
    const iv_lessons *l = c->lessons;
    size_t k = (size_t)iv_lessons_outputs(l);
    double sum = 0;
    for (size_t at = 0; at < l->count;) {
        size_t n = l->count - at < (size_t)c->batch ? l->count - at : (size_t)c->batch;
        int64_t which[MOST];
        double loss;
        for (size_t i = 0; i < n; i++)
            which[i] = (int64_t)(at + i);
        IV_TRY(iv_watch_check(watch, err));
        IV_TRY(iv_lessons_load(l, 0, which, n, threads, c->pixels, c->targets, err));
        const iv_batch batch = {.images = c->pixels,
                                .targets = c->targets,
                                .count = (int32_t)n,
                                .height = l->input.crop,
                                .width = l->input.crop};
        IV_TRY(iv_trainer_run(trainer, &batch, threads, c->raw, &loss, err));
        for (size_t i = 0; i < n * k; i++)
            c->outputs[at * k + i] = (float)c->raw[i];
        sum += loss * (double)n;
        at += n;
    }
    c->loss = sum / (double)l->count;
    return IMGVEC_OK;
}

void iv_check_free(iv_check *c)
{
    if (!c->lessons)
        return;
    imgvec_context *ctx = c->lessons->ctx;
    iv_free(ctx, c->pixels);
    iv_free(ctx, c->targets);
    iv_free(ctx, c->raw);
    iv_free(ctx, c->outputs);
    memset(c, 0, sizeof *c);
}
