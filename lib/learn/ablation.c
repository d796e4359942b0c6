#include "learn/ablation.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

enum { MOST = IV_VARIANTS * IV_UNITS_MAX };

void iv_ablation_free(imgvec_context *ctx, iv_ablation *a)
{
    for (size_t v = 0; v < MOST; v++)
        iv_free(ctx, a->predictions[v]);
    memset(a, 0, sizeof *a);
}

imgvec_status iv_ablation_make(imgvec_context *ctx, const iv_study *study, const iv_cases *cases,
                               iv_ablation *out, imgvec_error *err)
{
    memset(out, 0, sizeof *out);
    out->units = study->units->count;
    for (size_t v = 0; v < IV_VARIANTS * out->units; v++) {
        out->predictions[v] = iv_alloc_n(ctx, cases->count, (size_t)cases->outputs * sizeof(float));
        if (!out->predictions[v]) {
            iv_ablation_free(ctx, out);
            return iv_fail_nomem(err);
        }
    }
    return IMGVEC_OK;
}

static bool uses_anything(const iv_plan *p)
{
    for (size_t u = 0; u < IV_UNITS_MAX; u++)
        if (p->use[u])
            return true;
    return false;
}

static iv_plan variant_of(const iv_plan *plan, const iv_study *study, size_t unit, int kind)
{
    iv_plan p = *plan;
    if (kind == IV_WITHOUT) {
        p.use[unit] = IV_UNUSED;
        return p;
    }
    memset(p.use, 0, sizeof p.use);
    p.use[unit] = plan->use[unit] ? plan->use[unit] : iv_search_first_use(study, unit);
    return p;
}

/* A fold's predictions, in the order of its validation cases. */
static imgvec_status predict(iv_search *search, iv_fitter *f, const iv_plan *p, int32_t chosen,
                             float *out, imgvec_error *err)
{
    int32_t rounds;
    IV_TRY(iv_search_rounds(search, p, chosen, &rounds, err));
    IV_TRY(iv_fitter_run(f, p, &rounds, out, NULL, err));
    for (size_t i = 0; p->transform != IV_NO_TRANSFORM && i < f->valid_count; i++)
        out[i] = (float)iv_transform_invert(&f->transforms[p->transform], out[i]);
    return IMGVEC_OK;
}

imgvec_status iv_ablation_fold(iv_ablation *a, iv_search *search, iv_fitter *f, const iv_plan *plan,
                               int32_t rounds, const int64_t *valid, const float *full,
                               imgvec_error *err)
{
    size_t k = (size_t)f->cases->outputs, n = f->valid_count;
    iv_plan done[MOST];
    imgvec_status status = IMGVEC_OK;
    float *own = iv_alloc_n(f->ctx, n, k * sizeof *own);
    if (!own)
        return iv_fail_nomem(err);
    for (size_t v = 0; v < IV_VARIANTS * a->units; v++) {
        done[v] = variant_of(plan, f->study, v / IV_VARIANTS, (int)(v % IV_VARIANTS));
        size_t same = 0;
        while (same < v && !iv_plan_same(&done[same], &done[v]))
            same++;
        if (!uses_anything(&done[v])) { /* only this unit was used */
            for (size_t i = 0; i < n * k; i++)
                own[i] = NAN;
        } else if (iv_plan_same(&done[v], plan)) {
            memcpy(own, full, n * k * sizeof *own);
        } else if (same < v) { /* of two units, one alone is without the other */
            for (size_t i = 0; i < n; i++)
                memcpy(own + i * k, a->predictions[same] + (size_t)valid[i] * k, k * sizeof *own);
        } else {
            IV_DO(predict(search, f, &done[v], rounds, own, err));
        }
        for (size_t i = 0; i < n; i++)
            memcpy(a->predictions[v] + (size_t)valid[i] * k, own + i * k, k * sizeof *own);
    }
done:
    iv_free(f->ctx, own);
    return status;
}

imgvec_status iv_ablation_finish(iv_ablation *a, imgvec_context *ctx, const iv_cases *cases,
                                 const float *full, uint64_t seed, imgvec_error *err)
{
    size_t count = IV_VARIANTS * a->units;
    for (size_t v = 0; v < count; v++)
        IV_TRY(iv_metrics_compute(ctx, cases->task, cases->count, cases->outputs, a->predictions[v],
                                  cases->y, NULL, a->pooled[v], err));
    return count == 0
               ? IMGVEC_OK
               : iv_compare_variants(ctx, cases->task, cases->count, cases->outputs, full,
                                     a->predictions, count, cases->y, seed, a->differences, err);
}
