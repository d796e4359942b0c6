/* Maps against truth: drawn pictures whose class depends on a small shape alone. The mass of what
 * speaks for the class has to lie where the shape is. Through the network module, with pretrained
 * weights. */
#include "test.h"

#include <imgvec/imgvec.h>
#include <math.h>

#include "../net/torch_module.h"
#include "base/context.h"
#include "base/random.h"
#include "fixtures.h"
#include "model/saliency.h"
#include "scene.h"

enum {
    SIDE = 256, /* the network sees the middle 224 */
    EDGE = 16,
    TEXTURE = 64,
    CELL = 32, /* of the network's last map */
    TRAIN = 180,
    TEST = 60,
    SHAPES = 3,
    FIRST_TEST = 100000
};

static const char *const names[SHAPES] = {"cross", "disc", "square"};

typedef struct truth {
    int shape, left, top, size;
} truth;

static bool inside_shape(int shape, double u, double v) /* -1 .. 1 */
{
    switch (shape) {
    case 0:
        return fabs(u) < 0.3 || fabs(v) < 0.3;
    case 1:
        return u * u + v * v < 1;
    default:
        return true;
    }
}

/* A texture of waves with grain, and one shape of 1/4 to 1/3 of the side on it. */
static truth draw(uint64_t seed, uint8_t *rgb)
{
    static uint8_t texture[TEXTURE * TEXTURE * 3];
    iv_random r;
    iv_random_seed(&r, seed, "shape");
    truth t = {.shape = (int)(seed % SHAPES), .size = 56 + (int)iv_random_below(&r, 20)};
    int room = SIDE - 2 * EDGE - t.size;
    t.left = EDGE + (int)iv_random_below(&r, (uint64_t)room);
    t.top = EDGE + (int)iv_random_below(&r, (uint64_t)room);
    int colour[3];
    for (int c = 0; c < 3; c++)
        colour[c] = (int)iv_random_below(&r, 256);
    draw_scene(seed, TEXTURE, TEXTURE, 0, texture);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            double u = 2.0 * (x + 0.5 - t.left) / t.size - 1,
                   v = 2.0 * (y + 0.5 - t.top) / t.size - 1;
            uint64_t grain = iv_random_u64(&r);
            bool on = fabs(u) < 1 && fabs(v) < 1 && inside_shape(t.shape, u, v);
            for (int c = 0; c < 3; c++) {
                int value =
                    on ? colour[c]
                       : texture[3 * (y * TEXTURE / SIDE * TEXTURE + x * TEXTURE / SIDE) + c];
                value += (int)(grain >> (8 * c) & 15) - 8;
                rgb[3 * (y * SIDE + x) + c] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
            }
        }
    return t;
}

static imgvec_context *ctx;
static imgvec_dataset *train_set, *test_set;
static uint8_t pixels[SIDE * SIDE * 3];

static imgvec_dataset *draw_set(uint64_t first, int rows)
{
    imgvec_dataset *ds;
    imgvec_error err;
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    assert_ok(imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &err));
    assert_ok(imgvec_dataset_add_column(ds, "label", IMGVEC_COLUMN_CATEGORICAL, &err));
    for (int i = 0; i < rows; i++) {
        truth t = draw(first + (uint64_t)i, pixels);
        assert_ok(imgvec_dataset_append_pixels(ds, "image", pixels, SIDE, SIDE, 0,
                                               IMGVEC_PIXELS_RGB, &err));
        assert_ok(imgvec_dataset_append_text(ds, "label", names[t.shape], &err));
    }
    return ds;
}

static bool around(const truth *t, int x, int y)
{
    return x >= t->left - CELL && x < t->left + t->size + CELL && y >= t->top - CELL &&
           y < t->top + t->size + CELL;
}

/* Part of a map's positive mass that lies within a cell of the shape's box. */
static double mass_around(const float *map, const truth *t)
{
    double all = 0, near = 0;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            double value = fmax(map[y * SIDE + x], 0);
            all += value;
            near += around(t, x, y) ? value : 0;
        }
    return all > 0 ? near / all : 0;
}

/* Mean over the pictures of a test set. */
typedef struct mass {
    double overlay, raw; /* of what is painted; of all that is above 0 */
    double area;         /* of what the network sees: the mass of an even map */
} mass;

static mass measure(const char *what, const imgvec_model *model)
{
    static float map[SIDE * SIDE];
    const double seen = (SIDE - 2 * EDGE) * (SIDE - 2 * EDGE);
    mass m = {0};
    for (int i = 0; i < TEST; i++) {
        imgvec_error err;
        iv_maps maps;
        truth t = draw(FIRST_TEST + (uint64_t)i, pixels);
        const iv_saliency_request q = {.row = i, .output = t.shape};
        assert_ok(iv_model_saliency(model, test_set, &q, NULL, &maps, &err));
        iv_maps_render(&maps, SIDE, SIDE, map);
        m.raw += mass_around(map, &t) / TEST;
        iv_maps_for(&maps, map, SIDE * SIDE);
        m.overlay += mass_around(map, &t) / TEST;
        for (int y = EDGE; y < SIDE - EDGE; y++)
            for (int x = EDGE; x < SIDE - EDGE; x++)
                m.area += around(&t, x, y) / seen / TEST;
        iv_maps_free(&maps);
    }
    print_message("%s: mass around the shape %.3f (raw %.3f, even %.3f)\n", what, m.overlay, m.raw,
                  m.area);
    return m;
}

static const char *weights(void)
{
    return test_fixture("weights/mobilenetv2_035.safetensors");
}

/* Frozen features and a learner: accuracy on other pictures, and the maps' mass. */
static mass frozen(const char *learner, double *accuracy)
{
    imgvec_options *o;
    imgvec_model *m;
    imgvec_error err;
    char *text;
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &o, &err));
    assert_ok(imgvec_options_set_named(o, "backbone", "mobilenetv2_035", &err));
    assert_ok(imgvec_options_set_named(o, "weights", weights(), &err));
    assert_ok(imgvec_options_set_named(o, "learner", learner, &err));
    assert_ok(imgvec_options_set_named(o, "folds", "2", &err));
    assert_ok(imgvec_options_set_named(o, "threads", "1", &err));
    assert_ok(imgvec_model_train(ctx, train_set, o, NULL, &m, &err));
    assert_ok(imgvec_model_evaluate(m, test_set, NULL, &text, &err));
    *accuracy = strtod(strstr(text, "\"accuracy\": ") + 12, NULL);
    mass got = measure(learner, m);
    imgvec_text_free(text);
    imgvec_model_free(m);
    imgvec_options_free(o);
    return got;
}

static void test_frozen(void **state)
{
    static const char *const learners[] = {"linear", "xgboost"};
    (void)state;
    if (!weights())
        skip();
    for (int i = 0; i < 2; i++) {
        double accuracy;
        mass m = frozen(learners[i], &accuracy);
        assert_true(accuracy >= 0.9);
        assert_true(m.overlay >= 0.65);
        assert_true(m.overlay >= 2 * m.area);
    }
}

/* A network that learned itself, as the automatic model trains it. */
static void test_tuned(void **state)
{
    imgvec_options *o;
    imgvec_model *m;
    imgvec_error err;
    (void)state;
    if (!weights())
        skip();
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_AUTO, &o, &err));
    assert_ok(imgvec_options_set_named(o, "backbone", "mobilenetv2_035", &err));
    assert_ok(imgvec_options_set_named(o, "weights", weights(), &err));
    assert_ok(imgvec_options_set_named(o, "threads", "1", &err));
    assert_ok(imgvec_options_set_named(o, "validation", "holdout", &err));
    assert_ok(imgvec_options_set_named(o, "refit", "0", &err));
    assert_ok(imgvec_options_set_named(
        o, "trial",
        "{\"epochs\": 4, \"lr\": 0.002, \"train_batch_size\": 16, \"input_size\": 224, "
        "\"label_smoothing\": 0, \"augment\": \"none\"}",
        &err));
    assert_ok(imgvec_model_train_auto(ctx, train_set, o, NULL, &m, &err));
    mass got = measure("fine-tuned", m);
    assert_true(got.overlay >= 0.8);
    imgvec_model_free(m);
    imgvec_options_free(o);
}

/* Maps of several networks, which see differently sized parts, add up to what the column adds. */
static void test_two_networks(void **state)
{
    imgvec_options *o;
    imgvec_model *m;
    imgvec_error err;
    imgvec_dataset *some = draw_set(0, 18);
    float values[18 * SHAPES * 2];
    (void)state;
    assert_ok(imgvec_options_new(ctx, IMGVEC_JOB_TRAIN, &o, &err));
    assert_ok(imgvec_options_set_json(
        o,
        "{\"backbone\": \"mobilenetv2_035,resnet18\", \"weights\": \"random\", \"folds\": 2, "
        "\"learner\": \"linear\", \"image_features\": \"projection\", \"threads\": 1}",
        &err));
    assert_ok(imgvec_model_train(ctx, some, o, NULL, &m, &err));
    assert_ok(imgvec_model_contributions(m, some, NULL, values, 18 * SHAPES * 2, NULL, NULL, &err));
    for (int i = 0; i < 2 * SHAPES; i++) {
        const iv_saliency_request q = {.row = i / SHAPES, .output = i % SHAPES};
        iv_maps maps;
        assert_ok(iv_model_saliency(m, some, &q, NULL, &maps, &err));
        assert_int_equal(maps.count, 2);
        assert_float_equal(iv_maps_mean(&maps), values[2 * i], 1e-3 * (1 + fabs(values[2 * i])));
        iv_maps_free(&maps);
    }
    imgvec_model_free(m);
    imgvec_options_free(o);
    imgvec_dataset_free(some);
}

static int set_up(void **state)
{
    if (load_torch(state) != 0)
        return -1;
    ctx = test_context();
    atomic_store(&ctx->executor, torch);
    train_set = draw_set(0, TRAIN);
    test_set = draw_set(FIRST_TEST, TEST);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    imgvec_dataset_free(train_set);
    imgvec_dataset_free(test_set);
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_frozen), cmocka_unit_test(test_tuned),
                                       cmocka_unit_test(test_two_networks)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
