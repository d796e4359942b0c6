#include "auto/candidate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "net/backbones.h"

#define SIDE_LEAST 8
#define SIDE_MOST 1024

void iv_candidate_write(const iv_candidate *c, iv_json_writer *w)
{
    iv_json_put_text(w, "backbone", c->backbone);
    iv_json_put_i64(w, "input_size", c->input_size);
    iv_json_put_f64(w, "crop", c->crop);
    iv_json_put_text(w, "optimizer", c->optimizer == IV_OPTIMIZER_SGD ? "sgd" : "adamw");
    iv_json_put_f64(w, "lr", c->rate);
    iv_json_put_i64(w, "train_batch_size", c->batch_size);
    iv_json_put_i64(w, "epochs", c->epochs);
    iv_json_put_text(w, "schedule", "cosine");
    iv_json_put_f64(w, "warmup", c->warmup);
    iv_json_put_f64(w, "layer_decay", c->layer_decay);
    iv_json_put_f64(w, "weight_decay", c->weight_decay);
    iv_json_put_f64(w, "label_smoothing", c->smoothing);
    if (c->dropout >= 0)
        iv_json_put_f64(w, "dropout", c->dropout);
    else
        iv_json_put_null(w, "dropout"); /* the reference's */
    iv_json_put_text(w, "augment", c->augment);
    iv_json_put_i64(w, "seed", (int64_t)c->seed);
}

static imgvec_status read_number(const iv_json *json, const char *name, double low, double high,
                                 double *out, imgvec_error *err)
{
    double value;
    if (!iv_json_get(json, name))
        return IMGVEC_OK;
    IV_TRY(iv_json_f64(json, name, &value, err));
    if (!(value >= low && value <= high))
        return iv_fail(err, IMGVEC_ERR_FORMAT, "member %s: %g is not from %g to %g", name, value,
                       low, high);
    *out = value;
    return IMGVEC_OK;
}

static imgvec_status read_count(const iv_json *json, const char *name, int64_t low, int64_t high,
                                int32_t *out, imgvec_error *err)
{
    int64_t value;
    if (!iv_json_get(json, name))
        return IMGVEC_OK;
    IV_TRY(iv_json_i64(json, name, low, high, &value, err));
    *out = (int32_t)value;
    return IMGVEC_OK;
}

static imgvec_status read_text(const iv_json *json, const char *name, char *out, size_t size,
                               imgvec_error *err)
{
    const char *value;
    if (!iv_json_get(json, name))
        return IMGVEC_OK;
    IV_TRY(iv_json_text(json, name, &value, err));
    if (strlen(value) >= size)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "member %s: longer than %zu bytes", name, size - 1);
    memcpy(out, value, strlen(value) + 1);
    return IMGVEC_OK;
}

imgvec_status iv_candidate_read(const iv_json *json, iv_candidate *out, imgvec_error *err)
{
    char optimizer[16] = "", schedule[16] = "cosine";
    iv_augment augment;
    int64_t seed;
    IV_TRY(read_text(json, "backbone", out->backbone, sizeof out->backbone, err));
    IV_TRY(read_count(json, "input_size", SIDE_LEAST, SIDE_MOST, &out->input_size, err));
    IV_TRY(read_number(json, "crop", 0.5, 1, &out->crop, err));
    IV_TRY(read_text(json, "optimizer", optimizer, sizeof optimizer, err));
    IV_TRY(read_number(json, "lr", 1e-9, 1000, &out->rate, err));
    IV_TRY(read_count(json, "train_batch_size", 2, 65536, &out->batch_size, err));
    IV_TRY(read_count(json, "epochs", 0, 10000, &out->epochs, err));
    IV_TRY(read_text(json, "schedule", schedule, sizeof schedule, err));
    IV_TRY(read_number(json, "warmup", 0, 0.9, &out->warmup, err));
    IV_TRY(read_number(json, "layer_decay", 0.01, 1, &out->layer_decay, err));
    IV_TRY(read_number(json, "weight_decay", 0, 10, &out->weight_decay, err));
    IV_TRY(read_number(json, "label_smoothing", 0, 0.9, &out->smoothing, err));
    const iv_json *dropout = iv_json_get(json, "dropout");
    if (dropout && dropout->type == IV_JSON_NULL)
        out->dropout = -1;
    else
        IV_TRY(read_number(json, "dropout", 0, 0.95, &out->dropout, err));
    IV_TRY(read_text(json, "augment", out->augment, sizeof out->augment, err));
    if (iv_json_get(json, "seed")) {
        IV_TRY(iv_json_i64(json, "seed", 0, INT64_C(1) << 53, &seed, err));
        out->seed = (uint64_t)seed;
    }
    if (*optimizer)
        out->optimizer = strcmp(optimizer, "sgd") == 0 ? IV_OPTIMIZER_SGD : IV_OPTIMIZER_ADAMW;
    if (*optimizer && strcmp(optimizer, "sgd") != 0 && strcmp(optimizer, "adamw") != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "member optimizer: \"%s\" is neither adamw nor sgd",
                       optimizer);
    if (strcmp(schedule, "cosine") != 0)
        return iv_fail(err, IMGVEC_ERR_FORMAT, "member schedule: \"%s\" is not cosine", schedule);
    return iv_prefix(err, iv_augment_parse(out->augment, &augment, err), "member augment");
}

iv_input_spec iv_candidate_input(const iv_candidate *c, const iv_input_spec *of_weights)
{
    iv_input_spec spec = *of_weights;
    spec.crop = c->input_size;
    spec.resize = (int32_t)lround(c->input_size / c->crop);
    return spec;
}
