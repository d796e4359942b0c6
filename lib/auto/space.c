#include "auto/space.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/options.h"
#include "base/random.h"

/* What may be done to images so that they still show the same: from little to much. */
static const char *const policies[] = {
    "HorizontalFlip",
    "HorizontalFlip,RandomResizedCrop(scale=(0.5,1.0))",
    "HorizontalFlip,RandomResizedCrop(scale=(0.35,1.0)),RandomBrightnessContrast(p=0.3)",
    "HorizontalFlip,ShiftScaleRotate(rotate_limit=15,p=0.7)",
    "HorizontalFlip,VerticalFlip,RandomRotate90",
    "HorizontalFlip,VerticalFlip,RandomRotate90,RandomBrightnessContrast(p=0.3),"
    "RandomResizedCrop(scale=(0.6,1.0))",
    "HorizontalFlip,RandomResizedCrop(scale=(0.35,1.0)),CutMix(p=0.3)",
};
enum { FLIP, CROP, COLOUR, SHIFT, TURN, TURN_CROP, MIX, POLICIES };

int32_t iv_space_size_below(int32_t native, double scale)
{
    int32_t size = (int32_t)floor(native * scale / 32 + 1e-9) * 32;
    if (size < 64)
        size = 64;
    return size < native ? size : native;
}

/* Measured to be good on little and on much data (docs/decisions.md). */
static void defaults(const iv_space *s, int32_t backbone, iv_candidate *c)
{
    memset(c, 0, sizeof *c);
    snprintf(c->backbone, sizeof c->backbone, "%s", s->backbones[backbone]);
    c->input_size = s->default_size[backbone];
    c->crop = 0.875;
    c->optimizer = IV_OPTIMIZER_ADAMW;
    c->rate = 2e-3;
    c->batch_size = s->rows < 400 ? 16 : 32;
    c->warmup = 0.3;
    c->layer_decay = 1;
    c->weight_decay = 0.01;
    c->smoothing = s->task == IV_TASK_REGRESSION ? 0 : 0.1;
    c->dropout = -1;
    snprintf(c->augment, sizeof c->augment, "%s", policies[s->few_epochs ? FLIP : CROP]);
}

static double between(iv_random *r, double low, double high) /* even on the logarithm's scale */
{
    return low * pow(high / low, iv_random_unit(r));
}

static double one_of(iv_random *r, const double *values, size_t count)
{
    return values[iv_random_below(r, count)];
}

static void draw(const iv_space *s, iv_random *r, iv_candidate *c)
{
    static const double decays[] = {1, 1, 0.9, 0.8, 0.65}, warmups[] = {0.1, 0.2, 0.3, 0.3},
                        smoothings[] = {0, 0.05, 0.1, 0.15}, dropouts[] = {-1, -1, 0, 0.2, 0.4},
                        batches[] = {16, 32, 32, 64}, scales[] = {0.75, 1, 1, 1.25};
    /* The first ones are the better ones: half of all draws take the best. */
    int32_t backbone =
        iv_random_unit(r) < 0.5 ? 0 : (int32_t)iv_random_below(r, (uint64_t)s->backbone_count);
    defaults(s, backbone, c);
    double scale = one_of(r, scales, 4);
    double size = s->default_size[backbone] * scale;
    c->input_size = iv_space_size_below(s->native[backbone], size / s->native[backbone]);
    c->crop = iv_random_unit(r) < 0.5 ? 0.875 : 1;
    bool sgd = iv_random_unit(r) < 0.2;
    c->optimizer = sgd ? IV_OPTIMIZER_SGD : IV_OPTIMIZER_ADAMW;
    c->rate = (sgd ? 2e-2 : 2e-3) * between(r, 0.3, 3);
    c->batch_size = (int32_t)one_of(r, batches, 4);
    if (c->batch_size > 16 && s->rows < 400)
        c->batch_size = 16;
    c->warmup = one_of(r, warmups, 4);
    c->layer_decay = one_of(r, decays, 5);
    c->weight_decay = between(r, 1e-3, 0.1);
    if (s->task != IV_TASK_REGRESSION)
        c->smoothing = one_of(r, smoothings, 4);
    c->dropout = one_of(r, dropouts, 5);
    snprintf(c->augment, sizeof c->augment, "%s", policies[iv_random_below(r, POLICIES)]);
}

static void fix_f64(const imgvec_options *opts, int32_t id, double *value)
{
    if (iv_option_is_set(opts, id))
        *value = iv_option_f64(opts, id);
}

/* What the user has decided is not searched. */
static void fix(const iv_space *s, iv_candidate *c)
{
    const imgvec_options *o = s->opts;
    if (iv_option_is_set(o, IMGVEC_OPT_OPTIMIZER)) {
        bool sgd = iv_option_is(o, IMGVEC_OPT_OPTIMIZER, "sgd");
        if (sgd != (c->optimizer == IV_OPTIMIZER_SGD))
            c->rate *= sgd ? 10 : 0.1;
        c->optimizer = sgd ? IV_OPTIMIZER_SGD : IV_OPTIMIZER_ADAMW;
    }
    if (iv_option_f64(o, IMGVEC_OPT_LR) > 0)
        c->rate = iv_option_f64(o, IMGVEC_OPT_LR);
    if (iv_option_is_set(o, IMGVEC_OPT_TRAIN_BATCH_SIZE))
        c->batch_size = (int32_t)iv_option_i64(o, IMGVEC_OPT_TRAIN_BATCH_SIZE);
    fix_f64(o, IMGVEC_OPT_LAYER_DECAY, &c->layer_decay);
    fix_f64(o, IMGVEC_OPT_WARMUP, &c->warmup);
    fix_f64(o, IMGVEC_OPT_WEIGHT_DECAY, &c->weight_decay);
    fix_f64(o, IMGVEC_OPT_LABEL_SMOOTHING, &c->smoothing);
    if (iv_option_is_set(o, IMGVEC_OPT_AUGMENT))
        snprintf(c->augment, sizeof c->augment, "%s", iv_option_text(o, IMGVEC_OPT_AUGMENT));
}

void iv_space_candidate(const iv_space *s, int32_t index, iv_candidate *out)
{
    /* Few epochs want little augmentation, and pictures without an up and a down want turns: both
     * are tried before anything is drawn, and the two best other backbones. */
    static const int orders[2][3] = {{CROP, FLIP, TURN}, {FLIP, CROP, TURN}};
    const int *firsts = orders[s->few_epochs];
    enum { FIRSTS = 3 };
    int32_t others = s->backbone_count > 3 ? 2 : s->backbone_count - 1;
    iv_random r;
    char stream[32];
    if (index < FIRSTS + others) {
        /* The best backbone's first, then the others' first, then the best's other ones. */
        int32_t backbone = index > 0 && index <= others ? index : 0;
        int32_t policy = index > others ? index - others : 0;
        defaults(s, backbone, out);
        snprintf(out->augment, sizeof out->augment, "%s", policies[firsts[policy]]);
        if (firsts[policy] == FLIP)
            out->crop = 1;
    } else {
        snprintf(stream, sizeof stream, "candidate %d", (int)index);
        iv_random_seed(&r, s->seed, stream);
        draw(s, &r, out);
    }
    out->seed = s->seed;
    fix(s, out);
}
