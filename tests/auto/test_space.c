/* Candidates: defaults, draws, what options fix, and their JSON. */
#include <string.h>

#include "../model/model_support.h"
#include "auto/space.h"
#include "base/mem.h"

static iv_space make_space(imgvec_options *o)
{
    return (iv_space){.opts = o,
                      .task = IV_TASK_MULTICLASS,
                      .rows = 3000,
                      .seed = 7,
                      .backbones = {"resnet18", "mobilenetv2_035"},
                      .native = {224, 224},
                      .default_size = {160, 192},
                      .backbone_count = 2};
}

static void assert_sound(const iv_candidate *c)
{
    iv_augment a;
    imgvec_error err;
    assert_true(strcmp(c->backbone, "resnet18") == 0 ||
                strcmp(c->backbone, "mobilenetv2_035") == 0);
    assert_true(c->input_size >= 64 && c->input_size <= 224 && c->input_size % 32 == 0);
    assert_true(c->crop == 0.875 || c->crop == 1);
    assert_true(c->rate > 0 && c->rate < 1 && c->batch_size >= 8);
    assert_true(c->warmup >= 0 && c->warmup < 0.9 && c->layer_decay > 0 && c->layer_decay <= 1);
    assert_ok(iv_augment_parse(c->augment, &a, &err));
    assert_true(a.count > 0);
}

static void test_draws(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_AUTO, NULL);
    iv_space s = make_space(o);
    iv_candidate c, again;
    int differ = 0, second = 0;
    for (int i = 0; i < 200; i++) {
        iv_space_candidate(&s, i, &c);
        iv_space_candidate(&s, i, &again);
        assert_true(c.rate == again.rate && c.input_size == again.input_size);
        assert_string_equal(c.augment, again.augment);
        assert_sound(&c);
        s.seed = 8;
        iv_space_candidate(&s, i, &again);
        s.seed = 7;
        differ += c.rate != again.rate;
        second += strcmp(c.backbone, "mobilenetv2_035") == 0;
    }
    assert_true(differ > 150); /* all but the defaults */
    assert_in_range(second, 20, 100);
    /* The first is the best backbone by its defaults, then every other backbone has its turn. */
    iv_space_candidate(&s, 0, &c);
    assert_string_equal(c.backbone, "resnet18");
    assert_int_equal(c.input_size, 160);
    iv_space_candidate(&s, 1, &c);
    assert_string_equal(c.backbone, "mobilenetv2_035");
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

/* What was decided is the same in all. */
static void test_options(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_AUTO, "optimizer", "sgd", "train_batch_size",
                                     "48", "layer_decay", "0.5", "warmup", "0", "weight_decay",
                                     "0.2", "label_smoothing", "0.3", "augment", "Blur", NULL);
    iv_space s = make_space(o);
    for (int i = 0; i < 50; i++) {
        iv_candidate c;
        iv_space_candidate(&s, i, &c);
        assert_int_equal(c.optimizer, IV_OPTIMIZER_SGD);
        assert_true(c.rate > 5e-3); /* of SGD, also where AdamW was drawn */
        assert_int_equal(c.batch_size, 48);
        assert_true(c.layer_decay == 0.5 && c.warmup == 0 && c.weight_decay == 0.2);
        assert_true(c.smoothing == 0.3);
        assert_string_equal(c.augment, "Blur");
    }
    imgvec_error err;
    assert_ok(imgvec_options_set_named(o, "lr", "0.123", &err));
    for (int i = 0; i < 50; i++) {
        iv_candidate c;
        iv_space_candidate(&s, i, &c);
        assert_true(c.rate == 0.123);
    }
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

static imgvec_status take(imgvec_context *ctx, const char *text, iv_candidate *c, imgvec_error *err)
{
    iv_json_document *doc;
    assert_int_equal(iv_json_parse(ctx, text, strlen(text), 0, 0, &doc, err), IMGVEC_OK);
    imgvec_status status = iv_candidate_read(iv_json_root(doc), c, err);
    iv_json_free(doc);
    return status;
}

static char *write_json(imgvec_context *ctx, const iv_candidate *c)
{
    iv_text text;
    iv_json_writer w;
    iv_text_init(&text, ctx);
    iv_json_begin(&w, &text, false);
    iv_json_put_object(&w, NULL);
    iv_candidate_write(c, &w);
    iv_json_put_end(&w, '}');
    return iv_text_take(&text);
}

static void test_json(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_AUTO, NULL);
    iv_space s = make_space(o);
    imgvec_error err;
    for (int i = 0; i < 40; i++) {
        iv_candidate c, back = {.rate = 99};
        iv_space_candidate(&s, i, &c);
        c.epochs = i + 1;
        char *text = write_json(ctx, &c);
        assert_ok(take(ctx, text, &back, &err));
        char *again = write_json(ctx, &back);
        assert_string_equal(text, again);
        assert_true(back.rate == c.rate && back.epochs == i + 1 && back.seed == c.seed);
        iv_free(ctx, text);
        iv_free(ctx, again);
    }
    iv_candidate c = {0};
    assert_fails(take(ctx, "{\"optimizer\": \"adam\"}", &c, &err), IMGVEC_ERR_FORMAT, "optimizer");
    assert_fails(take(ctx, "{\"lr\": -1}", &c, &err), IMGVEC_ERR_FORMAT, "lr");
    assert_fails(take(ctx, "{\"epochs\": -1}", &c, &err), IMGVEC_ERR_FORMAT, "epochs");
    assert_fails(take(ctx, "{\"input_size\": 100000}", &c, &err), IMGVEC_ERR_FORMAT, "input_size");
    assert_fails(take(ctx, "{\"schedule\": \"step\"}", &c, &err), IMGVEC_ERR_FORMAT, "schedule");
    assert_fails(take(ctx, "{\"augment\": \"Swirl\"}", &c, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "augment");
    assert_fails(take(ctx, "{\"crop\": 0.2}", &c, &err), IMGVEC_ERR_FORMAT, "crop");
    imgvec_options_free(o);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
