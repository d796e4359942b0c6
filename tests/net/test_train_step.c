/* Training steps against the reference's: losses, gradients, what the parameters and the batch
 * norms' statistics became, in float64 and float32. */
#include "test.h"

#include <math.h>

#include "formula.h"
#include "kit.h"
#include "net/backbones.h"
#include "net/head.h"
#include "net/match.h"
#include "torch_module.h"

enum { CLASSES = 4, IMAGES = 4, SIDE = 64, STEPS = 3 };

/* How far off things may be. Losses: absolute. The rest: relative to a tensor's L2 norm. */
typedef struct limits {
    double first_losses, last_losses; /* 0 and 1; 2, 3 and eval */
    double gradient, change, statistic;
} limits;

typedef struct subject {
    imgvec_context *ctx;
    iv_json_document *doc;
    const iv_json *root;
    iv_graph *graph;
    iv_tensors *weights;
    float *images;
    void *trainer;
} subject;

static bool classifies(const char *name)
{
    return strncmp(name, "fc.", 3) == 0 || strncmp(name, "classifier.", 11) == 0;
}

static uint64_t add_checksum(uint64_t state, const iv_tensor *t)
{
    bool counter = strstr(t->name, "num_batches_tracked") != NULL;
    return formula_mix(state ^ formula_fnv(t->name)) +
           (counter ? (uint64_t)*t->data + 1 : formula_check_floats(t->data, t->count));
}

/* Kit's weights, and its head in place of the classifier. */
static void prepare_weights(subject *s, const char *id)
{
    imgvec_error err;
    const iv_backbone *b = iv_backbone_find(id);
    iv_tensors *file = formula_state(s->ctx, id, 1, NULL);
    uint64_t checksum = 0;
    assert_non_null(file);
    for (size_t i = 0; i < file->count; i++)
        if (!classifies(file->items[i].name))
            checksum = add_checksum(checksum, &file->items[i]);
    assert_ok(iv_backbone_graph(s->ctx, b, &s->graph, &err));
    assert_ok(iv_weights_match(b, s->graph, id, file, &s->weights, &err));
    iv_tensors_free(file);
    assert_ok(iv_head_add(s->graph, s->weights, 0, CLASSES, 1, &err));
    iv_tensor *weight = iv_tensors_find(s->weights, "head.weight");
    iv_tensor *bias = iv_tensors_find(s->weights, "head.bias");
    formula_tensor(weight->name, 1, 0, 2, weight->shape, weight->data);
    formula_tensor(bias->name, 1, 0, 1, bias->shape, bias->data);
    for (size_t i = 0; i < weight->count; i++)
        weight->data[i] *= 0.0625f;
    checksum = add_checksum(add_checksum(checksum, weight), bias);
    assert_true(checksum == kit_word(s->root, "weights_checksum"));
}

static void prepare_images(subject *s)
{
    static const float mean[3] = {0.485f, 0.456f, 0.406f}, std[3] = {0.229f, 0.224f, 0.225f};
    size_t each = 3 * SIDE * SIDE;
    uint8_t *rgb = malloc(each);
    s->images = malloc(IMAGES * each * sizeof *s->images);
    for (size_t i = 0; i < IMAGES; i++) {
        formula_picture(121 + i, SIDE, SIDE, rgb);
        formula_input(rgb, SIDE, SIDE, mean, std, s->images + i * each);
    }
    assert_true(formula_check_floats(s->images, IMAGES * each) ==
                kit_word(s->root, "batch_checksum"));
    free(rgb);
}

static double *values_of(const subject *s, iv_slot slot, const char *name, size_t *count)
{
    imgvec_error err;
    const iv_tensor *t = iv_tensors_find(s->weights, name);
    assert_non_null(t);
    double *values = malloc(t->count * sizeof *values);
    *count = t->count;
    assert_ok(torch->trainer_read(s->trainer, slot, name, values, t->count, &err));
    return values;
}

/* L2 norm and samples of each tensor of a list; change: of what the weights became, less what
 * they were, up to the rounding of float32 parameters in each step. Returns the largest relative
 * error; where the norm is rounding alone, values are that small too. */
static double compare(const subject *s, const iv_json *list, iv_slot slot, bool change, bool exact)
{
    double worst = 0;
    assert_true(list->count > 20);
    for (const iv_json *item = list->as.first; item; item = item->next) {
        const char *name = NULL;
        const iv_json *index = NULL, *sample = NULL;
        imgvec_error err;
        size_t count = 0;
        double sum = 0, whole = 0, golden = kit_number(item, "l2");
        assert_ok(iv_json_text(item, "name", &name, &err));
        assert_ok(iv_json_array(item, "sample_index", &index, &err));
        assert_ok(iv_json_array(item, "sample", &sample, &err));
        double *mine = values_of(s, slot, name, &count);
        const float *before = iv_tensors_find(s->weights, name)->data;
        for (size_t i = 0; i < count; i++) {
            mine[i] -= change ? before[i] : 0;
            whole += (double)before[i] * before[i];
            sum += mine[i] * mine[i];
        }
        double error = fabs(sqrt(sum) - golden);
        const iv_json *at = index->as.first;
        for (const iv_json *v = sample->as.first; v; v = v->next, at = at->next)
            error = fmax(error, fabs(mine[at->as.integer] - kit_value(v)));
        free(mine);
        if (change && !exact)
            error = fmax(0, error - STEPS * ldexp(sqrt(whole), -24));
        if (golden > 1e-9)
            worst = fmax(worst, error / golden);
        else if (error > (exact ? 1e-12 : 1e-5))
            fail_msg("%s: %g off where the reference has nothing but rounding", name, error);
    }
    return worst;
}

static void learn(const subject *s, double *loss)
{
    float targets[IMAGES * CLASSES] = {0};
    imgvec_error err;
    iv_batch batch = {s->images, targets, IMAGES, SIDE, SIDE};
    for (int i = 0; i < IMAGES; i++)
        targets[i * CLASSES + i] = 1;
    assert_ok(torch->trainer_learn(s->trainer, &batch, 1, 1, 2, loss, &err));
}

static double evaluate(const subject *s)
{
    float targets[IMAGES * CLASSES] = {0};
    double outputs[IMAGES * CLASSES], loss = 0;
    imgvec_error err;
    iv_batch batch = {s->images, targets, IMAGES, SIDE, SIDE};
    for (int i = 0; i < IMAGES; i++)
        targets[i * CLASSES + i] = 1;
    assert_ok(torch->trainer_run(s->trainer, &batch, 2, outputs, &loss, &err));
    return loss;
}

static void begin(subject *s, const char *precision)
{
    double rates[16];
    imgvec_error err;
    iv_trainer_spec training = {.device = "cpu",
                                .precision = precision,
                                .loss = IV_LOSS_CROSS_ENTROPY,
                                .optimizer = IV_OPTIMIZER_SGD,
                                .momentum = 0.9,
                                .stage_rates = rates,
                                .stage_count = iv_graph_stages(s->graph)};
    assert_true(training.stage_count <= 16);
    for (int i = 0; i < 16; i++)
        rates[i] = 1;
    assert_ok(torch->trainer_new(s->graph, s->weights, &training, &s->trainer, &err));
}

static const iv_json *member(const iv_json *object, const char *name)
{
    const iv_json *list = NULL;
    imgvec_error err;
    assert_ok(iv_json_array(object, name, &list, &err));
    return list;
}

static void judge(const char *what, double error, double limit)
{
    if (limit > 0)
        print_message("  %-22s %.1e  (limit %.0e)\n", what, error, limit);
    else
        print_message("  %-22s %.1e  (not comparable)\n", what, error);
    if (limit > 0 && !(error <= limit))
        fail_msg("%s: %g off", what, error);
}

/* Three steps of one case. */
static void run_case(subject *s, const iv_json *c, const char *precision, limits limit)
{
    imgvec_error err;
    bool exact = strcmp(precision, "float64") == 0;
    double rate = kit_number(iv_json_get(c, "optimizer"), "lr"), loss[STEPS + 1], worst[2] = {0};
    const iv_json *golden = member(c, "losses_float64")->as.first;
    begin(s, precision);
    for (int64_t k = 0; k <= STEPS; k++, golden = golden->next) {
        iv_update update = {.rate = rate, .step = k + 1};
        learn(s, &loss[k]);
        worst[k > 1] = fmax(worst[k > 1], fabs(loss[k] - kit_value(golden)));
        if (k == 0)
            judge("gradients",
                  compare(s, member(s->root, "grads_at_step_0_float64"), IV_SLOT_GRADIENT, false,
                          exact),
                  limit.gradient);
        if (k < STEPS)
            assert_ok(torch->trainer_update(s->trainer, &update, 2, NULL, &err));
    }
    judge("losses 0 and 1", worst[0], limit.first_losses);
    judge("losses 2 and 3", worst[1], limit.last_losses);
    judge(
        "parameter changes",
        compare(s, member(c, "parameter_change_after_3_steps_float64"), IV_SLOT_VALUE, true, exact),
        limit.change);
    judge("running statistics",
          compare(s, member(c, "running_statistics_at_end_float64"), IV_SLOT_VALUE, false, exact),
          limit.statistic);
    judge("loss at inference", fabs(evaluate(s) - kit_number(c, "eval_loss_float64")),
          limit.last_losses);
    torch->trainer_free(s->trainer);
}

/* The kit's, where it has them: losses and gradients. With four values to a channel in its last
 * layers mobilenetv2_035 has kinks that float32 meets elsewhere, and after a few long steps it
 * goes its own way; its sum of three short steps is still about right. */
static limits limits_of(const char *id, double rate, bool exact)
{
    bool kinks = strcmp(id, "mobilenetv2_035") == 0, chaotic = kinks && rate > 0.001;
    if (exact)
        return chaotic ? (limits){1e-8, 1e-6, 1e-7, 1e-5, 1e-6}
                       : (limits){1e-8, 1e-8, 1e-7, 1e-7, 1e-7};
    return chaotic ? (limits){1e-4, 0, 1e-3, 0, 0}
                   : (limits){1e-4, 1e-4, 1e-3, kinks ? 0.1 : 1e-3, 1e-3};
}

static void steps_are_the_references(void **state)
{
    const char *id = *state;
    char name[96];
    subject s = {.ctx = test_context()};
    snprintf(name, sizeof name, "train_step/%s.json", id);
    s.doc = kit_json(s.ctx, name);
    if (!s.doc) {
        imgvec_context_free(s.ctx);
        skip();
    }
    s.root = iv_json_root(s.doc);
    prepare_weights(&s, id);
    prepare_images(&s);
    assert_int_equal(member(s.root, "cases")->count, 2);
    for (const iv_json *c = member(s.root, "cases")->as.first; c; c = c->next)
        for (int exact = 1; exact >= 0; exact--) {
            double rate = kit_number(iv_json_get(c, "optimizer"), "lr");
            const char *precision = exact ? "float64" : "float32";
            print_message("%s, learning rate %g, %s\n", id, rate, precision);
            run_case(&s, c, precision, limits_of(id, rate, exact));
        }
    iv_graph_free(s.graph);
    iv_tensors_free(s.weights);
    iv_json_free(s.doc);
    free(s.images);
    imgvec_context_free(s.ctx);
}

/* Two pictures and random weights under a head of two outputs. */
static void prepare_random(subject *s, const iv_backbone *b, int side)
{
    imgvec_error err;
    size_t each = 3 * (size_t)side * (size_t)side;
    uint8_t *rgb = malloc(each);
    s->ctx = test_context();
    s->images = malloc(2 * each * sizeof *s->images);
    for (size_t i = 0; i < 2; i++) {
        formula_picture(11 + i, side, side, rgb);
        formula_input(rgb, side, side, b->input.mean, b->input.std, s->images + i * each);
    }
    assert_ok(iv_backbone_graph(s->ctx, b, &s->graph, &err));
    assert_ok(iv_weights_random(s->graph, 1, &s->weights, &err));
    assert_ok(iv_head_add(s->graph, s->weights, 0, 2, 1, &err));
    free(rgb);
}

static double squares_of_gradients(const subject *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->weights->count; i++) {
        size_t count = 0;
        double before = sum;
        const char *name = s->weights->items[i].name;
        if (strstr(name, ".running_"))
            continue;
        double *gradient = values_of(s, IV_SLOT_GRADIENT, name, &count);
        for (size_t k = 0; k < count; k++)
            sum += gradient[k] * gradient[k];
        /* What another batch norm takes out again may have exactly none: scales and biases. */
        if (!(sum > before) && s->weights->items[i].rank > 1)
            fail_msg("%s has no gradient", name);
        free(gradient);
    }
    return sum;
}

/* No layer's gradient is missing, and a short step against all of them lowers the loss by as much
 * as they say. */
static void check_backbone(const iv_backbone *b)
{
    const double wanted = 1e-3;
    int side = b->input.crop > 290 ? 160 : 96; /* small maps at the end bend too soon */
    imgvec_error err;
    double before = 0, after = 0;
    float targets[2 * 2] = {1, 0, 0, 1};
    subject s = {.ctx = NULL};
    prepare_random(&s, b, side);
    begin(&s, "float32");
    iv_batch batch = {s.images, targets, 2, side, side};
    assert_ok(torch->trainer_learn(s.trainer, &batch, 1, 1, 2, &before, &err));
    iv_update update = {.rate = wanted / squares_of_gradients(&s), .step = 1};
    assert_ok(torch->trainer_update(s.trainer, &update, 2, NULL, &err));
    assert_ok(torch->trainer_learn(s.trainer, &batch, 1, 1, 2, &after, &err));
    print_message("%-18s loss %.6f, lower by %.2f of what the gradients say\n", b->id, before,
                  (before - after) / wanted);
    assert_true(fabs((before - after) / wanted - 1) < 0.4); /* deep networks bend within the step */
    torch->trainer_free(s.trainer);
    iv_graph_free(s.graph);
    iv_tensors_free(s.weights);
    free(s.images);
    imgvec_context_free(s.ctx);
}

static void every_backbone_learns(void **state)
{
    (void)state;
    for (size_t i = 0; i < iv_backbone_count(); i++)
        check_backbone(iv_backbone_at(i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_backbone_learns),
        cmocka_unit_test_prestate(steps_are_the_references, (void *)(uintptr_t) "resnet18"),
        cmocka_unit_test_prestate(steps_are_the_references, (void *)(uintptr_t) "mobilenetv2_035"),
    };
    return cmocka_run_group_tests(tests, load_torch, NULL);
}
