#include "learn/assess.h"

#include <math.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"

imgvec_status iv_assess(imgvec_context *ctx, const imgvec_options *opts, const char *metric,
                        iv_task task, size_t n, int32_t k, float *predictions, const float *truth,
                        const iv_transform *transform, const int32_t *fold_of, int32_t fold_count,
                        iv_assessment *out, imgvec_error *err)
{
    iv_threshold_goal goal;
    iv_calibrate how = IV_CALIBRATE_AUTO;
    if (iv_option_is(opts, IMGVEC_OPT_CALIBRATE, "off"))
        how = IV_CALIBRATE_OFF;
    else if (iv_option_is(opts, IMGVEC_OPT_CALIBRATE, "temperature"))
        how = IV_CALIBRATE_TEMPERATURE;
    const char *name = iv_option_text(opts, IMGVEC_OPT_THRESHOLD_METRIC);
    if (iv_goal_find(name, metric, &goal) != 0)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option threshold_metric: %s is unknown",
                       name);
    IV_TRY(iv_calibration_run(ctx, task, n, k, predictions, truth, fold_of, fold_count, how,
                              &out->calibration, err));
    IV_TRY(iv_threshold_run(ctx, task, n, k, predictions, truth, fold_of, fold_count, goal,
                            &out->threshold, err));
    return iv_conformal_run(ctx, task, n, k, predictions, truth, transform, fold_of, fold_count,
                            iv_option_f64(opts, IMGVEC_OPT_INTERVAL), &out->conformal, err);
}

static void put_bins(iv_json_writer *w, const char *name, const iv_reliability *r)
{
    iv_json_put_array(w, name);
    for (int b = 0; b < IV_CALIBRATION_BINS; b++) {
        iv_json_put_object(w, NULL);
        iv_json_put_f64(w, "low", (double)b / IV_CALIBRATION_BINS);
        iv_json_put_f64(w, "high", (double)(b + 1) / IV_CALIBRATION_BINS);
        iv_json_put_i64(w, "rows", r->rows[b]);
        if (r->rows[b]) {
            iv_json_put_f64(w, "confidence", r->confidence[b]);
            iv_json_put_f64(w, "share", r->hits[b]);
        }
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
}

static void put_calibration(iv_json_writer *w, const iv_calibration *c)
{
    iv_json_put_object(w, "calibration");
    iv_json_put_bool(w, "kept", c->kept);
    if (c->fitted) {
        iv_json_put_f64(w, "temperature", c->temperature);
        iv_json_put_f64(w, "log_loss_before", c->log_loss_before);
        iv_json_put_f64(w, "log_loss_after", c->log_loss_after);
    }
    iv_json_put_f64(w, "ece_before", c->before.ece);
    if (c->fitted)
        iv_json_put_f64(w, "ece_after", c->after.ece);
    put_bins(w, "bins_before", &c->before);
    if (c->fitted)
        put_bins(w, "bins_after", &c->after);
    iv_json_put_end(w, '}');
}

static void put_labels(iv_json_writer *w, const char *name, const iv_label_scores *s)
{
    iv_json_put_object(w, name);
    iv_json_put_i64(w, "tp", s->tp);
    iv_json_put_i64(w, "fp", s->fp);
    iv_json_put_i64(w, "tn", s->tn);
    iv_json_put_i64(w, "fn", s->fn);
    iv_json_put_f64(w, "accuracy", s->accuracy);
    iv_json_put_f64(w, "balanced_accuracy", s->balanced_accuracy);
    iv_json_put_f64(w, "precision", s->precision);
    iv_json_put_f64(w, "recall", s->recall);
    iv_json_put_f64(w, "f1", s->f1);
    iv_json_put_f64(w, "f05", s->f05);
    iv_json_put_f64(w, "f2", s->f2);
    iv_json_put_f64(w, "mcc", s->mcc);
    iv_json_put_end(w, '}');
}

static void put_intervals(iv_json_writer *w, const iv_conformal *c, iv_task task)
{
    iv_json_put_object(w, "intervals");
    iv_json_put_text(w, "kind", task == IV_TASK_REGRESSION ? "interval" : "set");
    iv_json_put_f64(w, "level", c->level);
    iv_json_put_f64(w, "quantile", c->quantile);
    iv_json_put_f64(w, "coverage", c->coverage);
    iv_json_put_f64(w, task == IV_TASK_REGRESSION ? "mean_width" : "mean_size", c->width);
    if (task != IV_TASK_REGRESSION)
        iv_json_put_f64(w, "single", c->single);
    iv_json_put_end(w, '}');
}

void iv_assessment_write(const iv_assessment *a, iv_task task, iv_json_writer *w)
{
    if (a->calibration.measured)
        put_calibration(w, &a->calibration);
    if (a->threshold.known) {
        iv_json_put_object(w, "threshold");
        iv_json_put_f64(w, "value", a->threshold.value);
        iv_json_put_text(w, "metric", iv_goal_name(a->threshold.goal));
        put_labels(w, "metrics", &a->threshold.crossed);
        put_labels(w, "metrics_fitted", &a->threshold.fitted);
        put_labels(w, "metrics_half", &a->threshold.half);
        iv_json_put_end(w, '}');
    }
    if (a->conformal.known)
        put_intervals(w, &a->conformal, task);
}

void iv_decision_none(iv_decision *out)
{
    *out = (iv_decision){.temperature = 1, .threshold = NAN};
}

void iv_decision_of(const iv_assessment *a, iv_decision *out)
{
    iv_decision_none(out);
    if (a->calibration.kept)
        out->temperature = a->calibration.temperature;
    if (a->threshold.known)
        out->threshold = a->threshold.value;
    if (a->conformal.known) {
        out->level = a->conformal.level;
        out->quantile = a->conformal.quantile;
    }
}

static imgvec_status read_within(const iv_json *object, const char *name, double low, double high,
                                 double *out, imgvec_error *err)
{
    IV_TRY(iv_json_f64(object, name, out, err));
    if (!(*out >= low && *out <= high))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%s %g is not within %g and %g", name, *out, low,
                       high);
    return IMGVEC_OK;
}

imgvec_status iv_decision_read(const iv_json *object, iv_task task, iv_decision *out,
                               imgvec_error *err)
{
    const iv_json *calibration = iv_json_get(object, "calibration");
    const iv_json *threshold = iv_json_get(object, "threshold");
    const iv_json *intervals = iv_json_get(object, "intervals");
    const iv_json *kept = iv_json_get(calibration, "kept");
    iv_decision_none(out);
    if (task != IV_TASK_REGRESSION && kept && kept->type == IV_JSON_BOOL && kept->as.boolean)
        IV_TRY(iv_prefix(err,
                         read_within(calibration, "temperature", IV_TEMPERATURE_MIN,
                                     IV_TEMPERATURE_MAX, &out->temperature, err),
                         "member calibration"));
    if (task == IV_TASK_BINARY && threshold)
        IV_TRY(iv_prefix(err, read_within(threshold, "value", 0, 1, &out->threshold, err),
                         "member threshold"));
    if (!intervals)
        return IMGVEC_OK;
    double most = task == IV_TASK_REGRESSION ? HUGE_VAL : 1;
    IV_TRY(iv_prefix(err, read_within(intervals, "level", 0, 1, &out->level, err),
                     "member intervals"));
    return iv_prefix(err, read_within(intervals, "quantile", 0, most, &out->quantile, err),
                     "member intervals");
}

static imgvec_status measure_intervals(imgvec_context *ctx, const iv_decision *d, iv_task task,
                                       size_t n, int32_t k, const float *predictions,
                                       const float *truth, const iv_transform *transform,
                                       iv_json_writer *w, imgvec_error *err)
{
    iv_conformal c = {.level = d->level, .quantile = d->quantile};
    uint8_t *members = iv_alloc(ctx, (size_t)k);
    if (!members)
        return iv_fail_nomem(err);
    for (size_t i = 0; i < n; i++)
        iv_conformal_add(&c, task, k, predictions + i * (size_t)k, truth[i], transform, d->quantile,
                         members);
    iv_free(ctx, members);
    c.coverage /= (double)n;
    c.width /= (double)n;
    c.single /= (double)n;
    put_intervals(w, &c, task);
    return IMGVEC_OK;
}

imgvec_status iv_decision_measure(imgvec_context *ctx, const iv_decision *d, iv_task task, size_t n,
                                  int32_t k, const float *predictions, const float *truth,
                                  const iv_transform *transform, iv_json_writer *w,
                                  imgvec_error *err)
{
    if (task != IV_TASK_REGRESSION) {
        iv_reliability r;
        iv_reliability_of(task, n, k, predictions, truth, &r);
        iv_json_put_object(w, "calibration");
        iv_json_put_f64(w, "ece", r.ece);
        put_bins(w, "bins", &r);
        iv_json_put_end(w, '}');
    }
    if (task == IV_TASK_BINARY && !isnan(d->threshold)) {
        iv_label_scores s;
        iv_label_scores_at(n, predictions, truth, d->threshold, &s);
        iv_json_put_object(w, "threshold");
        iv_json_put_f64(w, "value", d->threshold);
        put_labels(w, "metrics", &s);
        iv_json_put_end(w, '}');
    }
    return d->level > 0 && n > 0
               ? measure_intervals(ctx, d, task, n, k, predictions, truth, transform, w, err)
               : IMGVEC_OK;
}
