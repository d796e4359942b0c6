#include "model/tuning.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"

#define SMALL 1000  /* rows of a class */
#define SIMILAR 0.5 /* skill of frozen features */
#define RATE_ADAMW 2e-3
#define RATE_SGD 2e-2

imgvec_status iv_tuning_read(const imgvec_options *opts, const char *device, iv_tuning *out,
                             imgvec_error *err)
{
    bool sgd = iv_option_is(opts, IMGVEC_OPT_OPTIMIZER, "sgd");
    double rate = iv_option_f64(opts, IMGVEC_OPT_LR);
    memset(out, 0, sizeof *out);
    IV_TRY(iv_prefix(err,
                     iv_augment_parse(iv_option_text(opts, IMGVEC_OPT_AUGMENT), &out->augment, err),
                     "option augment"));
    out->smoothing = iv_option_f64(opts, IMGVEC_OPT_LABEL_SMOOTHING);
    out->balanced = iv_option_is(opts, IMGVEC_OPT_CLASS_WEIGHTS, "balanced");
    out->fast = iv_option_bool(opts, IMGVEC_OPT_FAST);
    if (out->fast && iv_option_is(opts, IMGVEC_OPT_FINE_TUNE, "auto"))
        return iv_fail(
            err, IMGVEC_ERR_INVALID_ARGUMENT,
            "option fast: its optimistic scores cannot decide for fine_tune=auto; choose "
            "fine_tune=on");
    out->parts = (int32_t)iv_option_i64(opts, IMGVEC_OPT_TUNE_PARTS);
    out->probed = iv_option_is(opts, IMGVEC_OPT_FIRST_HEAD, "probe");
    out->asked = iv_option_text(opts, IMGVEC_OPT_STRATEGY);
    out->spec =
        (iv_finetune_spec){.device = device,
                           .precision = iv_option_text(opts, IMGVEC_OPT_PRECISION),
                           .top = -1,
                           .epochs = (int32_t)iv_option_i64(opts, IMGVEC_OPT_EPOCHS),
                           .batch_size = (int32_t)iv_option_i64(opts, IMGVEC_OPT_TRAIN_BATCH_SIZE),
                           .part = IV_TRAINING_PART,
                           .rate = rate > 0 ? rate
                                   : sgd    ? RATE_SGD
                                            : RATE_ADAMW,
                           .stage_decay = iv_option_f64(opts, IMGVEC_OPT_LAYER_DECAY),
                           .warmup = iv_option_f64(opts, IMGVEC_OPT_WARMUP),
                           .weight_decay = iv_option_f64(opts, IMGVEC_OPT_WEIGHT_DECAY),
                           .momentum = 0.9,
                           .clip = iv_option_f64(opts, IMGVEC_OPT_CLIP_NORM),
                           .optimizer = sgd ? IV_OPTIMIZER_SGD : IV_OPTIMIZER_ADAMW,
                           .drop = true,
                           .soup = iv_option_bool(opts, IMGVEC_OPT_SOUP),
                           .patience = (int32_t)iv_option_i64(opts, IMGVEC_OPT_PATIENCE),
                           .seed = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_SEED),
                           .folder = iv_option_text(opts, IMGVEC_OPT_CHECKPOINT_DIR)};
    return IMGVEC_OK;
}

static imgvec_status count_stages(const iv_network *net, int32_t *out, imgvec_error *err)
{
    iv_graph *graph;
    IV_TRY(iv_network_graph(net, &graph, err));
    *out = iv_graph_stages(graph);
    iv_graph_free(graph);
    return IMGVEC_OK;
}

imgvec_status iv_tuning_choose(iv_tuning *t, int64_t rows, double skill, const iv_network *net,
                               imgvec_error *err)
{
    int64_t top;
    int32_t stages;
    bool random = strcmp(iv_network_source(net), "random") == 0;
    bool small = rows < SMALL, similar = skill >= SIMILAR;
    t->spec.top = -1;
    if (strcmp(t->asked, "auto") != 0) {
        snprintf(t->reason, sizeof t->reason, "as asked");
        if (strcmp(t->asked, "all") == 0)
            return IMGVEC_OK;
        t->spec.top = 0;
        if (strcmp(t->asked, "frozen") == 0)
            return IMGVEC_OK;
        IV_TRY(count_stages(net, &stages, err));
        if (!iv_parse_i64(t->asked, strlen(t->asked), &top) || top < 1 || top > stages)
            return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                           "option strategy: \"%.40s\" is none of auto, all, frozen, and no number "
                           "of stages from 1 to %d, as many as the network has",
                           t->asked, (int)stages);
        t->spec.top = (int32_t)top;
        return IMGVEC_OK;
    }
    snprintf(t->reason, sizeof t->reason,
             random ? "the weights are random: all of the network learns"
                    : "%s data (%lld rows a class), %s what the weights know (skill of frozen "
                      "features %.2f): all of the network learns",
             small ? "little" : "much", (long long)rows, similar ? "similar to" : "unlike", skill);
    return IMGVEC_OK;
}

/* Mean, deviation and skew of y or of its logarithms. */
static void moments(const float *y, size_t n, bool logarithm, double out[3])
{
    double sum = 0, squares = 0, cubes = 0;
    for (size_t i = 0; i < n; i++)
        sum += logarithm ? log((double)y[i]) : (double)y[i];
    out[0] = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        double d = (logarithm ? log((double)y[i]) : (double)y[i]) - out[0];
        squares += d * d;
        cubes += d * d * d;
    }
    out[1] = sqrt(squares / (double)n);
    out[2] = out[1] > 0 ? cubes / (double)n / pow(out[1], 3) : 0;
}

bool iv_tune_by_logarithm(const float *y, size_t n)
{
    double plain[3], logs[3];
    for (size_t i = 0; i < n; i++)
        if (!(y[i] > 0))
            return false;
    moments(y, n, false, plain);
    moments(y, n, true, logs);
    return fabs(logs[2]) < fabs(plain[2]);
}

void iv_tune_scale_numbers(float *y, size_t n, bool logarithm)
{
    double m[3];
    moments(y, n, logarithm, m);
    for (size_t i = 0; i < n; i++) {
        double v = logarithm ? log((double)y[i]) : (double)y[i];
        y[i] = (float)(m[1] > 0 ? (v - m[0]) / m[1] : 0);
    }
}

/* Weights that make all classes count the same (NEW). */
static double *class_weights(const iv_lessons *l)
{
    double *w = iv_calloc(l->ctx, (size_t)l->class_count + 1, sizeof *w);
    for (size_t i = 0; w && i < l->count; i++)
        w[(size_t)l->y[i]]++;
    for (int32_t c = 0; w && c < l->class_count; c++)
        w[c] = w[c] > 0 ? (double)l->count / (l->class_count * w[c]) : 1;
    return w;
}

imgvec_status iv_tuning_teach(const iv_tuning *t, iv_lessons *lessons, iv_finetune_spec *spec,
                              double **weights, imgvec_error *err)
{
    *weights = NULL;
    lessons->smoothing = t->smoothing;
    lessons->augment = &t->augment;
    lessons->seed = spec->seed;
    spec->loss = lessons->class_count ? IV_LOSS_CROSS_ENTROPY : IV_LOSS_HUBER;
    if (!t->balanced || !lessons->class_count)
        return IMGVEC_OK;
    lessons->class_weights = *weights = class_weights(lessons);
    return *weights ? IMGVEC_OK : iv_fail_nomem(err);
}
