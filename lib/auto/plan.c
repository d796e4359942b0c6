#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auto/stages.h"
#include "base/context.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "base/thread.h"
#include "model/parts.h"
#include "net/backbones.h"
#include "net/weights.h"
#include "table/dataset.h"
#include "table/folds.h"

/* A network that is fast to train from nothing, where random weights are asked for. */
#define RANDOM_BACKBONE "mobilenetv2_035"
#define ENOUGH_EPOCHS 16.0 /* an input size for which the time allows so many is not too large */
#define LEAST_SIDE 128     /* below, little is left to be seen */
#define ENLARGED 1.5       /* so many times the side of images is as large as an input need be */
#define MOST_EPOCHS 40.0
#define FOLDS_ROWS 2000
#define FOLDS_EPOCHS 100.0
#define AUTO_FOLDS 3
#define HOLDOUT 0.2

imgvec_status iv_time_budget(const char *text, double *seconds, imgvec_error *err)
{
    size_t length = strlen(text);
    double unit = 1, value = 0;
    if (length > 1 && strchr("smh", text[length - 1])) {
        unit = text[length - 1] == 'h' ? 3600 : text[length - 1] == 'm' ? 60 : 1;
        length--;
    }
    if (!iv_parse_f64(text, length, &value) || !(value > 0) || !(value * unit <= 1e9))
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option time_budget: \"%.40s\" is no time such as 90s, 20m or 1.5h", text);
    *seconds = value * unit;
    return IMGVEC_OK;
}

double iv_auto_work(const char *backbone, int32_t input_size)
{
    const iv_backbone *b = iv_backbone_find(backbone);
    if (!b)
        return 1;
    /* Beside the multiply-adds, a pass over the maps costs what small networks mostly consist of,
     * and an image its decoding. */
    double scale = (double)input_size / b->input.crop;
    return (b->gmacs + 0.3) * scale * scale + 0.05;
}

double iv_auto_search_seconds(const iv_auto_search *s, const iv_candidate *c, size_t rows,
                              int32_t epochs)
{
    return s->unit_seconds * iv_auto_work(c->backbone, c->input_size) * (double)rows * epochs;
}

/* Times that all rows can be learned from in so many seconds of one worker. */
static double epochs_in(const iv_auto_search *s, const char *backbone, int32_t input_size,
                        double worker_seconds)
{
    return worker_seconds /
           (s->unit_seconds * iv_auto_work(backbone, input_size) * (double)s->space.rows);
}

static imgvec_status add_backbone(iv_auto_search *s, const char *id, imgvec_error *err)
{
    const iv_backbone *b;
    IV_TRY(iv_backbone_need(s->ctx, id, &b, err));
    for (int32_t i = 0; i < s->space.backbone_count; i++)
        if (strcmp(s->space.backbones[i], b->id) == 0)
            return IMGVEC_OK;
    if (s->space.backbone_count == IV_SPACE_BACKBONES)
        return iv_fail(err, IMGVEC_ERR_LIMIT, "option backbone names more than %d backbones",
                       (int)IV_SPACE_BACKBONES);
    s->space.native[s->space.backbone_count] = b->input.crop;
    s->space.default_size[s->space.backbone_count] = b->input.crop;
    s->space.backbones[s->space.backbone_count++] = b->id;
    return IMGVEC_OK;
}

static imgvec_status add_listed(iv_auto_search *s, const char *list, imgvec_error *err)
{
    const char *item;
    size_t length;
    while (iv_list_next(&list, &item, &length)) {
        char id[64];
        snprintf(id, sizeof id, "%.*s", (int)(length < 63 ? length : 63), item);
        IV_TRY(add_backbone(s, id, err));
    }
    return s->space.backbone_count
               ? IMGVEC_OK
               : iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT, "option backbone names no backbone");
}

static imgvec_status parse_given(iv_auto_search *s, imgvec_error *err)
{
    const char *text = iv_option_text(s->opts, IMGVEC_OPT_TRIAL);
    char *file = NULL;
    size_t size = strlen(text);
    imgvec_status status = IMGVEC_OK;
    if (!*text)
        return IMGVEC_OK;
    if (text[strspn(text, " \t\r\n")] != '{') {
        IV_DO(iv_file_read(s->ctx, text, UINT64_C(1) << 20, &file, &size, err));
        text = file;
    }
    status = iv_json_parse(s->ctx, text, size, 0, 0, &s->given_doc, err);
done:
    iv_free(s->ctx, file);
    return iv_prefix(err, status, "option trial");
}

imgvec_status iv_auto_search_backbones(iv_auto_search *s, imgvec_error *err)
{
    const char *list = iv_option_text(s->opts, IMGVEC_OPT_BACKBONE), *any;
    const char *weights = iv_option_text(s->opts, IMGVEC_OPT_WEIGHTS);
    const char *folder = iv_option_text(s->opts, IMGVEC_OPT_WEIGHTS_DIR);
    iv_weights_files files;
    IV_TRY(parse_given(s, err));
    const iv_json *own = iv_json_get(s->given_doc ? iv_json_root(s->given_doc) : NULL, "backbone");
    if (own && own->type == IV_JSON_TEXT)
        return add_backbone(s, own->as.text, err);
    if (strcmp(list, "auto") != 0) {
        IV_TRY(add_listed(s, list, err));
        if (s->space.backbone_count > 1 && *weights && strcmp(weights, "random") != 0)
            return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                           "option weights names one checkpoint for %d backbones: put the files "
                           "into a folder and name it with weights_dir",
                           (int)s->space.backbone_count);
        return IMGVEC_OK;
    }
    if (strcmp(weights, "random") == 0)
        return add_backbone(s, RANDOM_BACKBONE, err);
    if (*weights)
        return iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                       "option weights is set but backbone is not: name the backbone that the "
                       "weights are for");
    IV_TRY(iv_backbone_choose(s->ctx, folder, &any, err)); /* the error where there is none */
    imgvec_status status = iv_weights_scan(s->ctx, folder, &files, err);
    for (size_t i = 0; status == IMGVEC_OK && i < files.count; i++)
        if (files.items[i].backbone != iv_backbone_for_tests)
            status = add_backbone(s, files.items[i].backbone->id, err);
    iv_weights_files_free(&files);
    return status;
}

void iv_auto_swap_backbones(iv_auto_search *s, int32_t a, int32_t b)
{
    iv_space *sp = &s->space;
    const char *id = sp->backbones[a];
    int32_t native = sp->native[a], size = sp->default_size[a];
    iv_network *base = s->bases[a];
    sp->backbones[a] = sp->backbones[b];
    sp->native[a] = sp->native[b];
    sp->default_size[a] = sp->default_size[b];
    s->bases[a] = s->bases[b];
    sp->backbones[b] = id;
    sp->native[b] = native;
    sp->default_size[b] = size;
    s->bases[b] = base;
}

/* The largest input that leaves epochs enough, and is not much larger than the images are. */
static int32_t affordable_size(const iv_auto_search *s, int32_t backbone, double capacity)
{
    int32_t native = s->space.native[backbone];
    if (native <= LEAST_SIDE)
        return native;
    int32_t useful = (int32_t)ceil(ENLARGED * s->image_side / 32) * 32;
    useful = useful < LEAST_SIDE ? LEAST_SIDE : useful > native ? native : useful;
    for (int32_t side = s->image_side > 0 ? useful : native; side > LEAST_SIDE;
         side = (side - 1) / 32 * 32)
        if (epochs_in(s, s->space.backbones[backbone], side, capacity) >= ENOUGH_EPOCHS)
            return side;
    return LEAST_SIDE;
}

/* Those first that can be trained in earnest, by their published accuracy; then the others, by
 * what they cost. Those for which the time is far too short are left out. */
static void order_backbones(iv_auto_search *s, double capacity)
{
    iv_space *sp = &s->space;
    double key[IV_SPACE_BACKBONES];
    int32_t kept = 0;
    for (int32_t i = 0; i < sp->backbone_count; i++) {
        const iv_backbone *b = iv_backbone_find(sp->backbones[i]);
        sp->default_size[i] = affordable_size(s, i, capacity);
        double epochs = epochs_in(s, b->id, sp->default_size[i], capacity);
        key[i] = epochs >= ENOUGH_EPOCHS / 2 ? b->top1 : epochs - 1000;
    }
    for (int32_t i = 1; i < sp->backbone_count; i++) /* few: insertion sort */
        for (int32_t j = i; j > 0 && key[j] > key[j - 1]; j--) {
            double k = key[j];
            iv_auto_swap_backbones(s, j, j - 1);
            key[j] = key[j - 1];
            key[j - 1] = k;
        }
    while (kept < sp->backbone_count && (kept == 0 || key[kept] > 2 - 1000))
        kept++;
    if (kept < sp->backbone_count)
        iv_log(s->ctx, IMGVEC_LOG_NOTICE,
               "%d backbones are left out of the search: the time is too short to train them",
               (int)(sp->backbone_count - kept));
    sp->backbone_count = kept;
}

static imgvec_status make_parts(iv_auto_search *s, double epochs, imgvec_error *err)
{
    const iv_cases *cases = &s->x->cases;
    size_t n = cases->count;
    const char *how = iv_option_text(s->opts, IMGVEC_OPT_VALIDATION);
    bool folds = s->planned
                     ? s->parts > 1
                     : strcmp(how, "folds") == 0 ||
                           (strcmp(how, "auto") == 0 && n <= FOLDS_ROWS && epochs >= FOLDS_EPOCHS);
    imgvec_status status = IMGVEC_OK;
    int32_t *labels = iv_alloc_n(s->ctx, n + 1, sizeof *labels);
    s->part_of = iv_alloc_n(s->ctx, n + 1, sizeof *s->part_of);
    if (!labels || !s->part_of) {
        status = iv_fail_nomem(err);
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        labels[i] = cases->class_count ? (int32_t)cases->y[i] : 0;
    const int32_t *by = cases->class_count ? labels : NULL;
    if (folds) {
        if (!s->planned)
            s->parts = iv_option_is_set(s->opts, IMGVEC_OPT_FOLDS)
                           ? (int32_t)iv_option_i64(s->opts, IMGVEC_OPT_FOLDS)
                           : AUTO_FOLDS;
        if (s->parts > IV_PARTS_NETWORKS_MAX)
            IV_DO(iv_fail(err, IMGVEC_ERR_LIMIT,
                          "option folds: a network for each of %d folds, and a model file holds at "
                          "most %d",
                          (int)s->parts, (int)IV_PARTS_NETWORKS_MAX));
        IV_DO(
            iv_folds_assign(s->ctx, n, by, cases->group, s->parts, s->space.seed, s->part_of, err));
    } else {
        s->parts = 1;
        IV_DO(iv_split_assign(s->ctx, n, by, cases->group, 1 - HOLDOUT, s->space.seed, s->part_of,
                              err));
        for (size_t i = 0; i < n; i++)
            s->part_of[i] = s->part_of[i] == 1 ? 0 : -1;
    }
done:
    iv_free(s->ctx, labels);
    return iv_experiment_explain_groups(s->x, status, err);
}

static int by_size(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

/* The shorter side of images: the median of some. */
static imgvec_status measure_side(iv_auto_search *s, imgvec_error *err)
{
    enum { IMAGES = 31 };
    const iv_cases *c = &s->x->cases;
    int32_t sides[IMAGES], n = 0;
    for (size_t i = 0; n < IMAGES && i < c->count; i += c->count / IMAGES + 1) {
        iv_image image = {0};
        imgvec_error why;
        IV_TRY(iv_watch_check(&s->x->watch, err));
        imgvec_status status = iv_dataset_image(s->x->ds, s->x->inputs.items[s->input].column,
                                                c->row[i], &image, &why);
        if (status == IMGVEC_ERR_NO_MEMORY)
            return iv_fail_nomem(err);
        if (status == IMGVEC_OK)
            sides[n++] = image.width < image.height ? image.width : image.height;
        iv_image_free(s->ctx, &image);
    }
    qsort(sides, (size_t)n, sizeof *sides, by_size);
    s->image_side = n ? sides[n / 2] : 0;
    return IMGVEC_OK;
}

/* A few images by the clock: how long a unit of work takes. */
static imgvec_status measure(iv_auto_search *s, imgvec_error *err)
{
    enum { IMAGES = 48, EPOCHS = 1 };
    const iv_cases *cases = &s->x->cases;
    size_t n = 0;
    iv_candidate c;
    iv_member m;
    IV_TRY(iv_watch_begin(&s->x->watch, 0, err, "measuring the speed of training"));
    iv_space_candidate(&s->space, 0, &c);
    c.epochs = EPOCHS;
    s->part_of = iv_alloc_n(s->ctx, cases->count + 1, sizeof *s->part_of);
    if (!s->part_of)
        return iv_fail_nomem(err);
    /* Every few rows, so that classes that lie behind each other are all among them. */
    size_t every = cases->count / IMAGES + 1;
    for (size_t i = 0; i < cases->count; i++) {
        s->part_of[i] = i % every == 0 ? -1 : 0;
        n += s->part_of[i] < 0;
    }
    /* Of part 0 nobody is asked: it has no rows to judge by then. */
    const char *folder = s->folder;
    s->folder = "";
    s->measuring = true;
    imgvec_status status = IMGVEC_OK;
    for (int turn = 0; turn < 2 && status == IMGVEC_OK; turn++) { /* the first one warms up */
        double started = iv_now();
        status = iv_trial_train(s, &c, 0, NULL, s->threads, false, &s->x->watch, &m, NULL, err);
        s->measured = (double)n * EPOCHS * iv_auto_work(c.backbone, c.input_size);
        s->unit_seconds = (iv_now() - started) / s->measured;
        iv_tensors_free(m.tensors);
    }
    s->measuring = false;
    s->folder = folder;
    iv_free(s->ctx, s->part_of);
    s->part_of = NULL;
    IV_TRY(status);
    return iv_watch_end(&s->x->watch, err);
}

static imgvec_status read_given(iv_auto_search *s, imgvec_error *err)
{
    if (!s->given_doc)
        return IMGVEC_OK;
    iv_space_candidate(&s->space, 0, &s->given);
    s->given.epochs = s->halving.epochs[s->halving.rungs - 1];
    IV_TRY(iv_prefix(err, iv_candidate_read(iv_json_root(s->given_doc), &s->given, err),
                     "option trial"));
    s->one_trial = true;
    s->most_trials = 1;
    s->halving = (iv_halving){.rungs = 1, .epochs = {s->given.epochs}};
    return IMGVEC_OK;
}

imgvec_status iv_auto_search_plan(iv_auto_search *s, double time_budget, imgvec_error *err)
{
    bool refit = iv_option_bool(s->opts, IMGVEC_OPT_REFIT);
    bool asked = iv_option_is_set(s->opts, IMGVEC_OPT_EPOCHS);
    iv_candidate c;
    IV_TRY(measure_side(s, err));
    IV_TRY(measure(s, err));
    double now = iv_now(), left = s->deadline - now;
    double capacity = (left > 1 ? left : 1) * s->workers;
    if (!s->planned)
        order_backbones(s, capacity);
    iv_space_candidate(&s->space, 0, &c);
    double epochs = epochs_in(s, c.backbone, c.input_size, capacity);
    IV_TRY(make_parts(s, epochs, err));
    /* Both halves of the time: trials, and the blend's networks side by side. */
    double full = refit ? 0.45 * epochs / s->workers : epochs / 4;
    full = full < MOST_EPOCHS ? full : MOST_EPOCHS;
    double most = refit ? 0.6 * full : full;
    if (s->parts > 1 && most > 0.25 * epochs / s->parts)
        most = 0.25 * epochs / s->parts; /* the highest rung trains for every part */
    if (asked)
        most = (double)iv_option_i64(s->opts, IMGVEC_OPT_EPOCHS);
    if (!s->planned) {
        iv_halving_plan(most < 1 ? 1 : (int32_t)lround(most), &s->halving);
        s->space.few_epochs = s->halving.epochs[s->halving.rungs - 1] <= 4;
    }
    s->search_end = refit ? now + 0.5 * left : now + 0.95 * left;
    IV_TRY(read_given(s, err));
    iv_log(s->ctx, IMGVEC_LOG_NOTICE,
           "searching for %.0f of %.0f s: %s first, input %d, up to %d epochs a trial, judged by "
           "%s",
           s->search_end - now, time_budget, s->space.backbones[0], (int)c.input_size,
           (int)s->halving.epochs[s->halving.rungs - 1],
           s->parts > 1 ? "folds" : "a fifth of the rows");
    return IMGVEC_OK;
}
