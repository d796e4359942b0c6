#include "model/explain.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "learn/contributions.h"
#include "model/score.h"
#include "table/dataset.h"

enum { ROWS = 1024, TERMS = 1 << 22 }; /* in memory at once */

imgvec_status iv_sources_make(imgvec_context *ctx, const iv_recipe *r, iv_sources *out,
                              imgvec_error *err)
{
    *out = (iv_sources){0};
    out->of_block = iv_alloc_n(ctx, r->count + 1, sizeof *out->of_block);
    out->of = iv_alloc_n(ctx, r->count + 1, sizeof(iv_block *));
    if (!out->of_block || !out->of) {
        iv_sources_free(ctx, out);
        return iv_fail_nomem(err);
    }
    for (size_t b = 0; b < r->count; b++) {
        size_t s = 0;
        while (s < out->count && strcmp(out->of[s]->column, r->blocks[b].column) != 0)
            s++;
        if (s == out->count)
            out->of[out->count++] = &r->blocks[b];
        out->of_block[b] = s;
    }
    return IMGVEC_OK;
}

void iv_sources_free(imgvec_context *ctx, iv_sources *s)
{
    iv_free(ctx, s->of_block);
    iv_free(ctx, s->of);
    memset(s, 0, sizeof *s);
}

void iv_sources_sum(const iv_sources *s, const iv_recipe *r, const float *terms, double *out)
{
    memset(out, 0, (s->count + 1) * sizeof *out);
    for (size_t b = 0; b < r->count; b++)
        for (int32_t j = 0; j < r->blocks[b].width; j++)
            out[s->of_block[b]] += *terms++;
    out[s->count] = *terms;
}

typedef struct work {
    const imgvec_model *m;
    iv_sources sources;
    iv_slice slice;
    size_t room, margins;
    float *terms; /* room x margins x (features + 1) */
    double *sums; /* sources + 1 */
} work;

static void work_free(work *w)
{
    iv_slice_free(w->m->ctx, &w->slice);
    iv_sources_free(w->m->ctx, &w->sources);
    iv_free(w->m->ctx, w->terms);
    iv_free(w->m->ctx, w->sums);
}

static imgvec_status work_make(work *w, const imgvec_dataset *ds, imgvec_error *err)
{
    imgvec_context *ctx = w->m->ctx;
    w->margins = iv_learner_margin_count(&w->m->learner);
    size_t each = w->margins * ((size_t)w->m->recipe.width + 1);
    w->room = TERMS / each < 1 ? 1 : TERMS / each < ROWS ? TERMS / each : ROWS;
    IV_TRY(iv_sources_make(ctx, &w->m->recipe, &w->sources, err));
    w->terms = iv_alloc_n(ctx, w->room, each * sizeof *w->terms);
    w->sums = iv_alloc_n(ctx, w->sources.count + 1, sizeof *w->sums);
    if (!w->terms || !w->sums)
        return iv_fail_nomem(err);
    return iv_slice_make(w->m, ds, w->room, &w->slice, err);
}

double iv_model_temperature(const imgvec_model *m)
{
    return m->class_count ? m->decision.temperature : 1;
}

/* The outputs of one row. */
static void spread(const work *w, size_t at, bool scored, float *out)
{
    const imgvec_model *m = w->m;
    size_t each = (size_t)m->recipe.width + 1, n = w->sources.count + 1;
    const float *terms = w->terms + at * w->margins * each;
    for (int32_t c = 0; c < m->outputs; c++, out += n) {
        iv_sources_sum(&w->sources, &m->recipe, terms + (w->margins > 1 ? (size_t)c * each : 0),
                       w->sums);
        double sign = (m->class_count == 2 && c == 0 ? -1 : 1) / iv_model_temperature(m);
        for (size_t s = 0; s < n; s++)
            out[s] = scored ? (float)(sign * w->sums[s]) : NAN;
    }
}

imgvec_status iv_model_contributions(const imgvec_model *m, const imgvec_dataset *ds,
                                     iv_watch *watch, float *out, int32_t *status_out,
                                     imgvec_error *err)
{
    work w = {.m = m};
    imgvec_status status = IMGVEC_OK;
    size_t rows = (size_t)iv_dataset_rows(ds);
    IV_TRY(iv_dataset_check(ds, err));
    IV_DO(work_make(&w, ds, err));
    size_t step = (size_t)m->outputs * (w.sources.count + 1);
    for (size_t at = 0; at < rows; at += w.room) {
        size_t count = rows - at < w.room ? rows - at : w.room;
        IV_DO(iv_slice_fill(m, ds, &w.slice, (int64_t)at, count, watch, err));
        const iv_matrix x = {.x = w.slice.features, .rows = count, .cols = (size_t)m->recipe.width};
        IV_DO(iv_learner_contributions(&m->learner, &x, w.terms, err));
        for (size_t i = 0; i < count; i++) {
            int32_t row = iv_slice_status(m, &w.slice, i);
            spread(&w, i, row == IMGVEC_OK, out + (at + i) * step);
            if (status_out)
                status_out[at + i] = row;
        }
        IV_DO(iv_watch_check(watch, err));
    }
done:
    work_free(&w);
    return status;
}
