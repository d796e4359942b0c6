/* Lists of augmentations from text and back, and what wrong ones are answered. */
#include "augment_support.h"

static imgvec_context *ctx;
static test_memory memory;

static iv_augment parsed(const char *text)
{
    iv_augment a;
    imgvec_error err;
    if (iv_augment_parse(text, &a, &err) != IMGVEC_OK)
        fail_msg("%s: %s", text, err.text);
    return a;
}

static void assert_value(const iv_augment_step *step, int i, double low, double high)
{
    if (step->values[i].low != low || step->values[i].high != high)
        fail_msg("%s, %s: %g .. %g", step->what->name, step->what->params[i].name,
                 step->values[i].low, step->values[i].high);
}

static void the_table_is_sound(void **state)
{
    for (int32_t i = 0; i < iv_augmentations_count; i++) {
        const iv_augmentation *a = &iv_augmentations[i];
        char text[64];
        snprintf(text, sizeof text, "%s", a->name);
        iv_augment list = parsed(text);
        assert_int_equal(list.count, 1);
        assert_ptr_equal(list.steps[0].what, a);
        assert_true(a->help[0] && a->count >= 1 && a->count <= IV_AUGMENT_PARAMS_MAX);
        assert_string_equal(a->params[a->count - 1].name, "p");
        for (int k = 0; k < a->count; k++) {
            const iv_augment_param *p = &a->params[k];
            iv_augment_value v = list.steps[0].values[k];
            char again[160];
            assert_true(p->help[0] && v.low >= p->min && v.high <= p->max);
            snprintf(again, sizeof again, "%s(%s=%s)", a->name, p->name, p->fallback);
            iv_augment typed = parsed(again); /* the default as it would be typed */
            assert_value(&typed.steps[0], k, v.low, v.high);
        }
    }
    assert_int_equal(parsed("all").count, iv_augmentations_count);
    assert_int_equal(parsed("none").count, 0);
    assert_int_equal(parsed("  ").count, 0);
}

/* The reference's defaults, by another hand than the table's. */
static void defaults(void **state)
{
    iv_augment a = parsed("ShiftScaleRotate,Blur,CLAHE,Downscale,GaussNoise,HueSaturationValue,"
                          "ImageCompression,OpticalDistortion,RandomBrightnessContrast,Cutout,"
                          "RandomResizedCrop,CenterCrop,GridDropout");
    assert_value(&a.steps[0], 0, -0.0625, 0.0625);
    assert_value(&a.steps[0], 1, -0.1, 0.1);
    assert_value(&a.steps[0], 2, -45, 45);
    assert_value(&a.steps[0], 3, 0.5, 0.5);
    assert_value(&a.steps[1], 0, 3, 7);
    assert_value(&a.steps[2], 0, 1, 4);
    assert_value(&a.steps[2], 1, 8, 8);
    assert_value(&a.steps[3], 0, 0.25, 0.25);
    assert_value(&a.steps[3], 1, 0.25, 0.25);
    assert_value(&a.steps[4], 0, 10, 50);
    assert_value(&a.steps[4], 1, 0, 0);
    assert_value(&a.steps[4], 2, 1, 1);
    assert_value(&a.steps[5], 0, -20, 20);
    assert_value(&a.steps[5], 1, -30, 30);
    assert_value(&a.steps[5], 2, -20, 20);
    assert_value(&a.steps[6], 0, 99, 99);
    assert_value(&a.steps[6], 1, 100, 100);
    assert_value(&a.steps[7], 0, -0.05, 0.05);
    assert_value(&a.steps[7], 1, -0.05, 0.05);
    assert_value(&a.steps[8], 0, -0.2, 0.2);
    assert_value(&a.steps[8], 1, -0.2, 0.2);
    assert_value(&a.steps[8], 2, 1, 1);
    assert_value(&a.steps[9], 0, 8, 8);
    assert_value(&a.steps[9], 1, 8, 8);
    assert_value(&a.steps[9], 2, 8, 8);
    assert_value(&a.steps[10], 2, 0.08, 1);
    assert_true(a.steps[10].values[3].low == 0.75 && a.steps[10].values[3].high > 1.333 &&
                a.steps[10].values[3].high < 1.334);
    assert_true(iv_augment_p(&a.steps[10]) == 1 && iv_augment_p(&a.steps[11]) == 1);
    assert_value(&a.steps[12], 0, 0.5, 0.5);
    assert_value(&a.steps[12], 7, 0, 0);
}

static void values(void **state)
{
    iv_augment a = parsed(" horizontalflip( P = 1 ) ,ShiftScaleRotate(rotate_limit=(-15, 30),"
                          "scale_limit=0.5),Blur(blur_limit=9),CLAHE(tile_grid_size=(4,2)),"
                          "GaussNoise(var_limit=20,per_channel=False),Blur() ");
    assert_int_equal(a.count, 6);
    assert_string_equal(a.steps[0].what->name, "HorizontalFlip");
    assert_value(&a.steps[0], 0, 1, 1);
    assert_value(&a.steps[1], 2, -15, 30);
    assert_value(&a.steps[1], 1, -0.5, 0.5);
    assert_value(&a.steps[2], 0, 3, 9);
    assert_value(&a.steps[3], 1, 4, 2);
    assert_value(&a.steps[4], 0, 0, 20);
    assert_value(&a.steps[4], 2, 0, 0);
    assert_value(&a.steps[5], 0, 3, 7);
}

static void written(void **state)
{
    static const char *const same[] = {"HorizontalFlip",
                                       "HorizontalFlip(p=1)",
                                       "ShiftScaleRotate(rotate_limit=(-15, 30), p=0.25)",
                                       "ShiftScaleRotate(rotate_limit=15)",
                                       "CLAHE(clip_limit=(2, 3), tile_grid_size=(4, 2))",
                                       "GaussNoise(per_channel=0)",
                                       "Blur(blur_limit=9)"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        iv_augment a = parsed(same[i]);
        iv_text text;
        iv_text_init(&text, ctx);
        iv_augment_write(&a.steps[0], true, &text);
        assert_false(text.failed);
        assert_string_equal(text.data, same[i]);
        iv_text_free(&text);
    }
    iv_augment a = parsed("Blur(blur_limit=9,p=1)");
    iv_text text;
    iv_text_init(&text, ctx);
    iv_augment_write(&a.steps[0], false, &text);
    assert_string_equal(text.data, "Blur(blur_limit=9)");
    iv_text_free(&text);
}

static void refusals(void **state)
{
    static const struct {
        const char *text, *part, *also;
    } wrong[] = {
        {"Blurr", "\"Blurr\"", "GaussNoise"},
        {"all,Blur", "\"all\"", "there are"},
        {"Blur(limit=3)", "Blur has no parameter \"limit\"", "blur_limit, p"},
        {"Blur(blur_limit=500)", "Blur: blur_limit is 500", "between 3 and 99"},
        {"Blur(blur_limit=5.5)", "blur_limit is 5.5", "whole"},
        {"Blur(blur_limit=(7, 3))", "Blur: blur_limit", "above its end"},
        {"Blur(p=1.5)", "Blur: p is 1.5", "between 0 and 1"},
        {"Blur(p=nan)", "Blur: p is nan", "between 0 and 1"},
        {"Blur(p=often)", "Blur: p is \"often\"", "a number"},
        {"Blur(p=(0, 1))", "Blur: p is", "a number"},
        {"Blur(p=0.5,p=0.5)", "p is given twice", "Blur"},
        {"Blur(p)", "\"=\"", "character 7"},
        {"Blur(p=1", "\")\"", "character 9"},
        {"Blur(=1)", "the name of a parameter", "character 6"},
        {"Blur,,Blur", "the name of an augmentation", "character 6"},
        {"Blur Blur", "\",\"", "character 6"},
        {",", "the name of an augmentation", "character 1"},
        {"Blur(p=1))", "\",\"", "character 10"},
        {"ShiftScaleRotate(rotate_limit=(1,2)", "\")\"", ""},
        {"ShiftScaleRotate(rotate_limit=(1 2))", "rotate_limit", "parentheses"},
        {"ShiftScaleRotate(scale_limit=2)", "scale_limit is -2", "-0.9"},
        {"Downscale(scale_min=0.9)", "scale_min is above scale_max", "Downscale"},
        {"ImageCompression(quality_upper=50)", "quality_lower is above", "ImageCompression"},
        {"HorizontalFlip(p=1)x", "\",\"", ""},
        {"Blur\xff", "\",\"", ""},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        iv_augment a;
        imgvec_error err;
        imgvec_status status = iv_augment_parse(wrong[i].text, &a, &err);
        if (status != IMGVEC_ERR_INVALID_ARGUMENT || !strstr(err.text, "option augment") ||
            !strstr(err.text, wrong[i].part) || !strstr(err.text, wrong[i].also))
            fail_msg("%s: status %d, \"%s\"", wrong[i].text, status, err.text);
    }
}

static void too_many(void **state)
{
    char text[6 * (IV_AUGMENT_STEPS_MAX + 1)] = "Blur";
    iv_augment a;
    imgvec_error err;
    for (int i = 1; i < IV_AUGMENT_STEPS_MAX; i++)
        strcat(text, ",Blur");
    assert_int_equal(iv_augment_parse(text, &a, &err), IMGVEC_OK);
    assert_int_equal(a.count, IV_AUGMENT_STEPS_MAX);
    strcat(text, ",Blur");
    assert_int_equal(iv_augment_parse(text, &a, &err), IMGVEC_ERR_LIMIT);
}

static int start(void **state)
{
    ctx = test_context(&memory);
    return 0;
}

static int stop(void **state)
{
    imgvec_context_free(ctx);
    return memory.live != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sound),
        cmocka_unit_test(defaults),
        cmocka_unit_test(values),
        cmocka_unit_test(written),
        cmocka_unit_test(refusals),
        cmocka_unit_test(too_many),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
