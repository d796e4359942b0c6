/* MixUp and CutMix: the drawn shares, the pixels, the labels. */
#include "augment_support.h"

#include "image/mix.h"

static iv_augment parsed(const char *text)
{
    iv_augment a;
    imgvec_error err;
    if (iv_augment_parse(text, &a, &err) != IMGVEC_OK)
        fail_msg("%s: %s", text, err.text);
    return a;
}

/* Beta(a, a) has mean 1/2 and variance 1 / (4 (2 a + 1)). */
static void shares(void **state)
{
    enum { ROWS = 4000 };
    static const double alphas[] = {0.02, 0.2, 1, 4};
    for (int i = 0; i < 4; i++) {
        char list[64];
        snprintf(list, sizeof list, "MixUp(alpha=%g)", alphas[i]);
        iv_augment a = parsed(list);
        double sum = 0, squares = 0;
        for (uint64_t row = 0; row < ROWS; row++) {
            iv_mix mix;
            iv_mix_draw(&a, 10, 10, 3, 0, row, &mix);
            assert_true(mix.weight >= 0 && mix.weight <= 1 && !mix.cut);
            sum += mix.weight;
            squares += (mix.weight - 0.5) * (mix.weight - 0.5);
        }
        double variance = 1 / (4 * (2 * alphas[i] + 1));
        assert_true(fabs(sum / ROWS - 0.5) < 5 * sqrt(variance / ROWS));
        assert_true(fabs(squares / ROWS - variance) < 0.1 * variance);
    }
}

static void blended(void **state)
{
    iv_mix mix = {.weight = 0.75};
    float a[6] = {0, 1, 2, 3, 4, 5}, b[6] = {8, 8, 8, 8, 8, 8};
    iv_mix_images(&mix, 3, 2, 1, a, b);
    for (int i = 0; i < 6; i++)
        assert_true(a[i] == 0.75f * (float)i + 2);
    float first[3] = {1, 0, 0}, second[3] = {0, 0, 1};
    iv_mix_labels(&mix, 3, first, second);
    assert_true(first[0] == 0.75f && first[1] == 0 && first[2] == 0.25f);
}

/* The label's weight is the share of pixels that stay, in every channel. */
static void cut(void **state)
{
    enum { W = 17, H = 9, ROWS = 500 };
    iv_augment a = parsed("CutMix");
    double sum = 0;
    for (uint64_t row = 0; row < ROWS; row++) {
        float first[3 * W * H], second[3 * W * H];
        iv_mix mix;
        for (int i = 0; i < 3 * W * H; i++) {
            first[i] = 1;
            second[i] = 0;
        }
        iv_mix_draw(&a, W, H, 1, 2, row, &mix);
        assert_true(mix.cut);
        iv_mix_images(&mix, 3, W, H, first, second);
        for (int c = 0; c < 3; c++) {
            double kept = 0;
            for (int i = 0; i < W * H; i++)
                kept += first[c * W * H + i];
            assert_true(fabs(kept / (W * H) - mix.weight) < 1e-12);
        }
        sum += mix.weight;
    }
    assert_true(sum / ROWS > 0.5 && sum / ROWS < 0.75); /* edges cut rectangles off */
}

static void chosen(void **state)
{
    enum { ROWS = 2000 };
    iv_augment none = parsed("HorizontalFlip(p=1)"), never = parsed("MixUp(p=0),CutMix(p=0)");
    iv_augment both = parsed("Blur,MixUp(p=0.5),CutMix(p=0.5)");
    int cuts = 0, blends = 0;
    for (uint64_t row = 0; row < ROWS; row++) {
        iv_mix mix, again;
        iv_mix_draw(&none, 8, 8, 1, 0, row, &mix);
        assert_true(mix.weight == 1 && !mix.cut);
        iv_mix_draw(&never, 8, 8, 1, 0, row, &mix);
        assert_true(mix.weight == 1 && !mix.cut);
        iv_mix_draw(&both, 8, 8, 1, 0, row, &mix);
        iv_mix_draw(&both, 8, 8, 1, 0, row, &again);
        assert_true(mix.weight == again.weight && mix.left == again.left && mix.top == again.top);
        cuts += mix.cut;
        blends += !mix.cut && mix.weight < 1;
    }
    /* Three eighths each (the one alone, or half of both); five standard errors are 108. Some
     * blends of alpha 0.2 keep all of the first. */
    assert_true(abs(cuts - ROWS * 3 / 8) < 108 && abs(blends - ROWS * 3 / 8) < 108);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares),
        cmocka_unit_test(blended),
        cmocka_unit_test(cut),
        cmocka_unit_test(chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
