#include "auto/trial_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "learn/metrics_json.h"

static const char *const states[] = {"running", "done", "failed"};

static void put_curve(const iv_trial *t, iv_json_writer *w)
{
    iv_json_put_array(w, "curve");
    for (int32_t e = 0; e < t->epochs; e++) {
        iv_json_put_object(w, NULL);
        iv_json_put_i64(w, "epoch", e + 1);
        iv_json_put_f64(w, "train_loss", t->curve[e].train_loss);
        iv_json_put_f64(w, "valid_loss", t->curve[e].valid_loss);
        iv_json_put_f64(w, "score", t->curve[e].score);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}

void iv_trial_write(const iv_auto_search *s, const iv_trial *t, iv_json_writer *w)
{
    iv_json_put_i64(w, "id", t->id);
    iv_json_put_i64(w, "candidate", t->candidate);
    iv_json_put_i64(w, "rung", t->rung);
    iv_json_put_text(w, "status", states[t->state]);
    if (*t->reason)
        iv_json_put_text(w, "reason", t->reason);
    iv_candidate_write(&t->c, w);
    iv_json_put_f64(w, "begun", t->begun);
    iv_json_put_f64(w, "seconds", t->seconds);
    iv_json_put_i64(w, "parts", t->parts);
    if (t->state == IV_TRIAL_DONE) {
        iv_json_put_f64(w, "score", t->score);
        iv_json_put_array(w, "score_ci");
        iv_json_put_f64(w, NULL, t->low);
        iv_json_put_f64(w, NULL, t->high);
        iv_json_put_end(w, ']');
        iv_metrics_write(w, "metrics", s->x->target.task, t->metrics);
    }
    put_curve(t, w);
}

/* A number, or NaN for null, as numbers that are not finite are written. */
static imgvec_status read_f64(const iv_json *json, const char *name, double *out, imgvec_error *err)
{
    const iv_json *v = iv_json_get(json, name);
    *out = NAN;
    return v && v->type == IV_JSON_NULL ? IMGVEC_OK : iv_json_f64(json, name, out, err);
}

static imgvec_status read_curve(const iv_auto_search *s, const iv_json *json, iv_trial *t,
                                imgvec_error *err)
{
    const iv_json *curve;
    IV_TRY(iv_json_array(json, "curve", &curve, err));
    if (curve->count > (uint32_t)t->c.epochs)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "a curve of more epochs than were trained");
    t->curve = iv_calloc(s->ctx, (size_t)t->c.epochs + 1, sizeof *t->curve);
    if (!t->curve)
        return iv_fail_nomem(err);
    for (const iv_json *e = curve->as.first; e; e = e->next) {
        iv_curve_point *p = &t->curve[t->epochs++];
        IV_TRY(read_f64(e, "train_loss", &p->train_loss, err));
        IV_TRY(read_f64(e, "valid_loss", &p->valid_loss, err));
        IV_TRY(read_f64(e, "score", &p->score, err));
    }
    return IMGVEC_OK;
}

static double bound(const iv_json *v)
{
    return v->type == IV_JSON_DOUBLE ? v->as.number
           : v->type == IV_JSON_INT  ? (double)v->as.integer
                                     : NAN;
}

static imgvec_status read_scores(const iv_auto_search *s, const iv_json *json, iv_trial *t,
                                 imgvec_error *err)
{
    const iv_json *interval, *metrics;
    size_t count;
    const iv_metric *names = iv_metrics_of(s->x->target.task, &count);
    IV_TRY(read_f64(json, "score", &t->score, err));
    IV_TRY(iv_json_array(json, "score_ci", &interval, err));
    t->low = t->high = NAN;
    if (interval->count == 2) {
        t->low = bound(interval->as.first);
        t->high = bound(interval->as.first->next);
    }
    IV_TRY(iv_json_object(json, "metrics", &metrics, err));
    for (size_t m = 0; m < IV_METRIC_MAX; m++)
        t->metrics[m] = NAN;
    for (size_t m = 0; m < count; m++)
        if (iv_json_get(metrics, names[m].name))
            IV_TRY(read_f64(metrics, names[m].name, &t->metrics[m], err));
    return IMGVEC_OK;
}

static imgvec_status read(const iv_auto_search *s, const iv_json *json, iv_trial *t,
                          imgvec_error *err)
{
    int64_t id, candidate, rung, parts;
    const char *state, *reason = "";
    IV_TRY(iv_json_i64(json, "id", 0, INT32_MAX, &id, err));
    IV_TRY(iv_json_i64(json, "candidate", IV_FROZEN, INT32_MAX - 1, &candidate, err));
    IV_TRY(iv_json_i64(json, "rung", 0, IV_RUNGS_MAX - 1, &rung, err));
    IV_TRY(iv_json_i64(json, "parts", 0, IV_AUTO_PARTS_MAX, &parts, err));
    IV_TRY(iv_json_text(json, "status", &state, err));
    IV_TRY(iv_candidate_read(json, &t->c, err));
    IV_TRY(read_f64(json, "begun", &t->begun, err));
    IV_TRY(read_f64(json, "seconds", &t->seconds, err));
    t->id = (int32_t)id;
    t->candidate = (int32_t)candidate;
    t->rung = (int32_t)rung;
    t->parts = (int32_t)parts;
    t->state = strcmp(state, "done") == 0 ? IV_TRIAL_DONE : IV_TRIAL_FAILED;
    if (iv_json_get(json, "reason"))
        IV_TRY(iv_json_text(json, "reason", &reason, err));
    snprintf(t->reason, sizeof t->reason, "%s", reason);
    if (t->parts > s->parts)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "a trial of %d epochs and %d parts",
                       (int)t->c.epochs, (int)t->parts);
    IV_TRY(read_curve(s, json, t, err));
    return t->state == IV_TRIAL_DONE ? read_scores(s, json, t, err) : IMGVEC_OK;
}

imgvec_status iv_trial_read(const iv_auto_search *s, const iv_json *json, iv_trial **out,
                            imgvec_error *err)
{
    iv_trial *t = iv_zalloc(s->ctx, sizeof *t);
    if (!t)
        return iv_fail_nomem(err);
    imgvec_status status = read(s, json, t, err);
    if (status == IMGVEC_OK)
        *out = t;
    else
        iv_trial_free(s->ctx, t, s->parts);
    return status;
}
