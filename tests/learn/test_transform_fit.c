/* Transforms of the target: there and back, lambda against a search over the likelihood, and
 * nothing that is not finite on the way back. */
#include "test.h"

#include <float.h>
#include <math.h>

#include "base/random.h"
#include "learn/transform.h"

enum { ROWS = 400 };

static imgvec_context *ctx;
static float y[ROWS];

/* exp(normal / 2 + 2), and others that follow from it. */
static void draw(uint64_t seed)
{
    iv_random r;
    iv_random_seed(&r, seed, "transform");
    for (size_t i = 0; i < ROWS; i++)
        y[i] = (float)exp(iv_random_normal(&r) / 2 + 2);
}

/* Every value comes back, and on the way values have mean 0 and deviation 1. */
static void check_round_trip(const iv_transform *t, double tolerance)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < ROWS; i++) {
        double z = iv_transform_apply(t, y[i]), back = iv_transform_invert(t, z);
        sum += z;
        squares += z * z;
        if (!(fabs(back - y[i]) <= tolerance * fmax(fabs(y[i]), 1)))
            fail_msg("%s: %.9g comes back as %.9g", iv_transform_name(t->kind), (double)y[i], back);
        assert_true(z >= t->low && z <= t->high);
    }
    if (t->kind == IV_NO_TRANSFORM)
        return;
    assert_true(fabs(sum / ROWS) < 1e-9);
    assert_true(fabs(squares / ROWS - 1) < 1e-9);
}

static void test_names(void **state)
{
    iv_transform_kind kind;
    for (int k = 0; k < IV_TRANSFORMS; k++) {
        assert_int_equal(iv_transform_from_name(iv_transform_name((iv_transform_kind)k), &kind), 0);
        assert_int_equal(kind, k);
    }
    assert_int_equal(iv_transform_from_name("auto", &kind), -1);
    assert_int_equal(iv_transform_from_name("", &kind), -1);
}

static void test_suits(void **state)
{
    static const float positive[] = {1, 2}, zero[] = {0, 2}, negative[] = {-1, 2},
                       missing[] = {NAN, 2};
    static const struct {
        const float *y;
        int log, box_cox;
    } cases[] = {{positive, 1, 1}, {zero, 1, 0}, {negative, 0, 0}, {missing, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(iv_transform_suits(IV_LOG, cases[i].y, 2), cases[i].log);
        assert_int_equal(iv_transform_suits(IV_BOX_COX, cases[i].y, 2), cases[i].box_cox);
        assert_int_equal(iv_transform_suits(IV_NO_TRANSFORM, cases[i].y, 2), 1);
    }
    assert_int_equal(iv_transform_suits(IV_YEO_JOHNSON, negative, 2), 1);
}

static void test_none(void **state)
{
    iv_transform t;
    draw(1);
    iv_transform_fit(IV_NO_TRANSFORM, y, ROWS, &t);
    check_round_trip(&t, 0);
    assert_true(iv_transform_apply(&t, -7.5) == -7.5 && iv_transform_invert(&t, -7.5) == -7.5);
    assert_true(iv_transform_log_slope(&t, 3) == 0);
}

/* log(y); log(1 + y) as soon as a 0 is among the values. */
static void test_log(void **state)
{
    iv_transform t;
    draw(2);
    iv_transform_fit(IV_LOG, y, ROWS, &t);
    assert_true(t.lambda == 0);
    check_round_trip(&t, 1e-9);
    assert_true(fabs(t.centre - 2) < 0.1 && fabs(t.scale - 0.5) < 0.05);
    assert_true(fabs(iv_transform_apply(&t, 10) - (log(10) - t.centre) / t.scale) < 1e-12);
    y[3] = 0;
    iv_transform_fit(IV_LOG, y, ROWS, &t);
    assert_true(t.lambda == 1);
    check_round_trip(&t, 1e-9);
    assert_true(fabs(iv_transform_apply(&t, 10) - (log1p(10) - t.centre) / t.scale) < 1e-12);
}

/* Box and Cox, and Yeo and Johnson, by their papers' formulas. */
static double by_formula(iv_transform_kind kind, double lambda, double v, double *log_slope)
{
    if (kind == IV_BOX_COX) {
        *log_slope = (lambda - 1) * log(v);
        return fabs(lambda) < 1e-4 ? log(v) : (pow(v, lambda) - 1) / lambda;
    }
    double power = v >= 0 ? lambda : 2 - lambda, from = 1 + fabs(v);
    double out = fabs(power) < 1e-4 ? log(from) : (pow(from, power) - 1) / power;
    *log_slope = (v >= 0 ? lambda - 1 : 1 - lambda) * log(from);
    return v >= 0 ? out : -out;
}

static double likelihood(iv_transform_kind kind, double lambda)
{
    double sum = 0, squares = 0, slopes = 0, slope;
    for (size_t i = 0; i < ROWS; i++) {
        sum += by_formula(kind, lambda, y[i], &slope);
        slopes += slope;
    }
    for (size_t i = 0; i < ROWS; i++) {
        double off = by_formula(kind, lambda, y[i], &slope) - sum / ROWS;
        squares += off * off;
    }
    return slopes - ROWS / 2.0 * log(squares / ROWS);
}

static void check_lambda(iv_transform_kind kind, double expected, double tolerance)
{
    iv_transform t;
    double best = -1, slope;
    iv_transform_fit(kind, y, ROWS, &t);
    for (double lambda = -1; lambda <= 3; lambda += 0.005)
        if (likelihood(kind, lambda) > likelihood(kind, best))
            best = lambda;
    if (!(fabs(t.lambda - best) < 0.01) || !(fabs(t.lambda - expected) < tolerance))
        fail_msg("%s: lambda %g, not %g or about %g", iv_transform_name(kind), t.lambda, best,
                 expected);
    check_round_trip(&t, 1e-6);
    for (size_t i = 0; i < 5; i++) {
        double v = (by_formula(kind, t.lambda, y[i], &slope) - t.centre) / t.scale;
        assert_true(fabs(iv_transform_apply(&t, y[i]) - v) < 1e-6);
        assert_true(fabs(iv_transform_log_slope(&t, y[i]) - (slope - log(t.scale))) < 1e-6);
    }
}

static void test_box_cox(void **state)
{
    iv_random r;
    draw(3);
    check_lambda(IV_BOX_COX, 0, 0.15); /* of a logarithm */
    iv_random_seed(&r, 4, "roots");
    for (size_t i = 0; i < ROWS; i++) {
        double root = 5 + iv_random_normal(&r);
        y[i] = (float)(root * root);
    }
    check_lambda(IV_BOX_COX, 0.5, 0.3);
    for (size_t i = 0; i < ROWS; i++) /* the unit does not matter */
        y[i] *= 1000;
    check_lambda(IV_BOX_COX, 0.5, 0.3);
}

static void test_negative(void **state)
{
    iv_random r;
    iv_random_seed(&r, 5, "negative");
    for (size_t i = 0; i < ROWS; i++)
        y[i] = (float)(3 * iv_random_normal(&r));
    check_lambda(IV_YEO_JOHNSON, 1, 0.1); /* symmetric already */
    for (size_t i = 0; i < ROWS; i++)
        y[i] = (float)(2 - exp(iv_random_normal(&r))); /* a long tail below 0 */
    check_lambda(IV_YEO_JOHNSON, 2.3, 0.5);
    draw(6);
    for (size_t i = 0; i < ROWS; i++)
        y[i] -= 1;
    check_lambda(IV_YEO_JOHNSON, 0, 0.15);
}

/* The slope is that of the curve. */
static void test_slope(void **state)
{
    draw(7);
    for (int k = 0; k < IV_TRANSFORMS; k++) {
        iv_transform t;
        iv_transform_fit((iv_transform_kind)k, y, ROWS, &t);
        for (double v = 2; v < 20; v += 3) {
            double step = 1e-5 * v;
            double rise = iv_transform_apply(&t, v + step) - iv_transform_apply(&t, v - step);
            assert_true(fabs(log(rise / (2 * step)) - iv_transform_log_slope(&t, v)) < 1e-4);
        }
    }
}

/* Answers far out are cut half a range beyond the training values, rise, and are finite. */
static void test_far_answers(void **state)
{
    static const double far[] = {-INFINITY, -DBL_MAX, -1e6, -20, 20, 1e6, DBL_MAX, INFINITY};
    for (int negative = 0; negative < 2; negative++)
        for (int k = IV_LOG; k < IV_TRANSFORMS; k++) {
            iv_transform t;
            draw(8);
            if (negative && k != IV_YEO_JOHNSON)
                continue;
            for (size_t i = 0; negative && i < ROWS; i++)
                y[i] -= 9;
            float least = y[0], most = y[0];
            for (size_t i = 0; i < ROWS; i++) {
                least = fminf(least, y[i]);
                most = fmaxf(most, y[i]);
            }
            iv_transform_fit((iv_transform_kind)k, y, ROWS, &t);
            double last = -INFINITY;
            for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
                double out = iv_transform_invert(&t, far[i]);
                assert_true(isfinite(out) && out >= last);
                last = out;
            }
            double half = (iv_transform_apply(&t, most) - iv_transform_apply(&t, least)) / 2;
            assert_true(fabs(t.high - iv_transform_apply(&t, most) - half) < 1e-6);
            assert_true(fabs(t.low - iv_transform_apply(&t, least) + half) < 1e-6);
            assert_true(last > most && last < 100 * most);
            assert_true(isnan(iv_transform_invert(&t, NAN)));
        }
}

/* A held-out value that the training values had no like of: no z, and the lower end as a label,
 * since no learner takes what is no number. */
static void test_undefined(void **state)
{
    iv_transform t;
    draw(9);
    for (int k = IV_LOG; k <= IV_BOX_COX; k++) {
        iv_transform_fit((iv_transform_kind)k, y, ROWS, &t);
        for (double v = 0; v > -10; v -= 3) {
            assert_true(isnan(iv_transform_apply(&t, v)));
            assert_true(iv_transform_label(&t, v) == t.low);
        }
        assert_true(isfinite(iv_transform_invert(&t, iv_transform_label(&t, 0))));
        assert_true(iv_transform_label(&t, y[5]) == iv_transform_apply(&t, y[5]));
    }
    y[0] = 0;
    iv_transform_fit(IV_LOG, y, ROWS, &t);
    assert_true(iv_transform_label(&t, -1) == t.low && iv_transform_label(&t, 0) > t.low);
}

/* One value, and values at the ends of float32. */
static void test_edges(void **state)
{
    static const float constant[] = {7, 7, 7}, wide[] = {1e-38f, 1, FLT_MAX, 1e20f};
    static const float both[] = {-FLT_MAX, -1, 0, 1e-38f, FLT_MAX};
    for (int k = IV_LOG; k < IV_TRANSFORMS; k++) {
        const float *ends = k == IV_YEO_JOHNSON ? both : wide;
        size_t count = k == IV_YEO_JOHNSON ? 5 : 4;
        iv_transform t;
        for (size_t n = 0; n <= 3; n++) {
            iv_transform_fit((iv_transform_kind)k, constant, n, &t);
            assert_true(t.scale == 1 && isfinite(t.centre) && isfinite(t.lambda));
            if (n > 0)
                assert_true(fabs(iv_transform_invert(&t, iv_transform_apply(&t, 7)) - 7) < 1e-6);
            assert_true(isfinite(iv_transform_invert(&t, 1e30)));
        }
        iv_transform_fit((iv_transform_kind)k, ends, count, &t);
        assert_true(isfinite(t.lambda) && isfinite(t.centre) && t.scale > 0 && isfinite(t.scale));
        for (size_t i = 0; i < count; i++) {
            double z = iv_transform_apply(&t, ends[i]);
            assert_true(isfinite(z) && isfinite((float)iv_transform_invert(&t, z)));
        }
        for (double z = -1e3; z <= 1e3; z += 7)
            assert_true(isfinite((float)iv_transform_invert(&t, z)));
    }
}

static imgvec_status read(const char *text, iv_transform *out, imgvec_error *err)
{
    iv_json_document *doc;
    imgvec_status status = iv_json_parse(ctx, text, strlen(text), 0, 0, &doc, err);
    if (status == IMGVEC_OK) {
        status = iv_transform_read(iv_json_root(doc), out, err);
        iv_json_free(doc);
    }
    return status;
}

static void test_file(void **state)
{
    imgvec_error err;
    draw(10);
    for (int k = 0; k < IV_TRANSFORMS; k++) {
        iv_transform t, back;
        iv_text text;
        iv_json_writer w;
        iv_transform_fit((iv_transform_kind)k, y, ROWS, &t);
        iv_text_init(&text, ctx);
        iv_json_begin(&w, &text, true);
        iv_transform_write(&t, &w, NULL);
        assert_ok(read(text.data, &back, &err));
        assert_int_equal(back.kind, t.kind);
        assert_true(back.lambda == t.lambda && back.centre == t.centre && back.scale == t.scale);
        assert_true(back.low == t.low && back.high == t.high);
        iv_text_free(&text);
    }
}

static void test_damaged(void **state)
{
    static const struct {
        const char *kind, *lambda, *centre, *scale, *low, *high;
        bool sound;
    } cases[] = {{"log", "0", "1", "2", "-3", "3", true},
                 {"log", "1", "1", "2", "-3", "3", true},
                 {"log", "0.5", "1", "2", "-3", "3", false},
                 {"log", "0", "1", "0", "-3", "3", false},
                 {"log", "0", "1", "-2", "-3", "3", false},
                 {"log", "0", "1", "2", "3", "-3", false},
                 {"log", "0", "1e999", "2", "-3", "3", false},
                 {"log", "0", "\"1\"", "2", "-3", "3", false},
                 {"box_cox", "3", "1", "2", "-3", "3", true},
                 {"box_cox", "3.1", "1", "2", "-3", "3", false},
                 {"yeo_johnson", "-3", "1", "2", "-3", "3", true},
                 {"yeo_johnson", "-4", "1", "2", "-3", "3", false},
                 {"square", "1", "1", "2", "-3", "3", false},
                 {"auto", "1", "1", "2", "-3", "3", false},
                 {"box_cox", "3", "1e308", "1e308", "-1e308", "1e308", true}};
    imgvec_error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        iv_transform t;
        char text[256];
        snprintf(
            text, sizeof text,
            "{\"kind\":\"%s\",\"lambda\":%s,\"centre\":%s,\"scale\":%s,\"low\":%s,\"high\":%s}",
            cases[i].kind, cases[i].lambda, cases[i].centre, cases[i].scale, cases[i].low,
            cases[i].high);
        imgvec_status status = read(text, &t, &err);
        if (status != (cases[i].sound ? IMGVEC_OK : IMGVEC_ERR_FORMAT))
            fail_msg("%s: status %d", text, (int)status);
        for (double z = -1e300; status == IMGVEC_OK && z < 2e300; z += 5e299)
            assert_true(isfinite((float)iv_transform_invert(&t, z)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),     cmocka_unit_test(test_suits),
        cmocka_unit_test(test_none),      cmocka_unit_test(test_log),
        cmocka_unit_test(test_box_cox),   cmocka_unit_test(test_negative),
        cmocka_unit_test(test_slope),     cmocka_unit_test(test_far_answers),
        cmocka_unit_test(test_undefined), cmocka_unit_test(test_edges),
        cmocka_unit_test(test_file),      cmocka_unit_test(test_damaged),
    };
    ctx = test_context();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    imgvec_context_free(ctx);
    return failed;
}
