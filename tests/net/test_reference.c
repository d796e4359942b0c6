/* Features of each backbone, by each definition, against the reference implementation's,
 * through the torch executor. Arguments: ids; none for all. */
#include "test.h"

#include <math.h>

#include "formula.h"
#include "kit.h"
#include "net/backbones.h"
#include "net/fold.h"
#include "net/match.h"
#include "torch_module.h"

typedef struct golden {
    const iv_json *json;
    uint64_t seed;
    int32_t height, width;
    double float32_error, rms;
} golden;

/* One network in its two forms, and what it should compute. */
typedef struct subject {
    const iv_backbone *backbone;
    iv_variant variant;
    char key[96];
    imgvec_context *ctx;
    iv_json_document *doc;
    iv_graph *graph, *folded;
    iv_tensors *weights, *folded_weights;
    golden g[3];
} subject;

static void read_goldens(const iv_json *root, golden out[3])
{
    const iv_json *list = NULL, *g;
    imgvec_error err;
    int n = 0;
    assert_ok(iv_json_array(root, "images", &list, &err));
    for (g = list->as.first; g && n < 3; g = g->next, n++) {
        const iv_json *error = iv_json_get(g, "float32_error");
        out[n] = (golden){g,
                          (uint64_t)kit_number(g, "image_seed"),
                          (int32_t)kit_number(g, "height"),
                          (int32_t)kit_number(g, "width"),
                          kit_number(error, "features_rel_l2"),
                          kit_number(error, "features_rms")};
    }
    assert_int_equal(n, 3);
    assert_null(g); /* none is left out */
}

static void three(const iv_json *object, const char *name, float out[3])
{
    const iv_json *list = NULL;
    imgvec_error err;
    int n = 0;
    assert_ok(iv_json_array(object, name, &list, &err));
    for (const iv_json *v = list->as.first; v && n < 3; v = v->next)
        out[n++] = (float)kit_value(v);
    assert_int_equal(n, 3);
}

/* The reference's input is checked; ours may want other statistics of the same picture. */
static void picture(const subject *s, const golden *g, float *out)
{
    float mean[3], std[3];
    const iv_input_spec *input = iv_backbone_input(s->backbone, s->variant);
    size_t count = 3 * (size_t)g->height * (size_t)g->width;
    uint8_t *rgb = malloc(count);
    formula_picture(g->seed, g->height, g->width, rgb);
    assert_true(formula_check_bytes(rgb, count) == kit_word(g->json, "image_checksum"));
    three(g->json, "mean", mean);
    three(g->json, "std", std);
    formula_input(rgb, g->height, g->width, mean, std, out);
    assert_true(formula_check_floats(out, count) == kit_word(g->json, "input_checksum"));
    formula_input(rgb, g->height, g->width, input->mean, input->std, out);
    free(rgb);
}

static void judge(const subject *s, const golden *g, const char *how, bool exact, const float *mine)
{
    const iv_json *list = NULL;
    imgvec_error err;
    double diff = 0, norm = 0, worst = 0;
    int32_t i = 0;
    assert_ok(iv_json_array(g->json, "features", &list, &err));
    assert_int_equal(list->count, s->backbone->width);
    for (const iv_json *v = list->as.first; v; v = v->next, i++) {
        double wanted = kit_value(v), d = mine[i] - wanted;
        diff += d * d;
        norm += wanted * wanted;
        worst = fmax(worst, fabs(d));
    }
    double rel = sqrt(diff / norm), limit = exact ? 3e-7 : fmax(2e-6, 10 * g->float32_error);
    print_message("%-24s %dx%d %-18s max abs diff %.2e  rel %.2e  (limit %.1e)\n", s->key,
                  (int)g->width, (int)g->height, how, worst, rel, limit);
    assert_true(rel <= limit);
    assert_true(worst <= 1e-4 * g->rms);
}

/* Features of images `first` to `first` + count, in one batch. */
static void run(const subject *s, void *net, int first, int count, float *features)
{
    imgvec_error err;
    const golden *g = &s->g[first];
    size_t each = 3 * (size_t)g->height * (size_t)g->width;
    float *images = malloc((size_t)count * each * sizeof *images);
    for (int i = 0; i < count; i++)
        picture(s, &g[i], images + (size_t)i * each);
    assert_ok(torch->network_run(net, images, count, g->height, g->width, 2, features, &err));
    free(images);
}

static void run_folded(const subject *s, float *small)
{
    imgvec_error err;
    void *net = NULL;
    size_t width = (size_t)s->backbone->width;
    float *features = malloc(2 * width * sizeof *features);
    assert_ok(torch->network_new(s->folded, s->folded_weights, "cpu", "float32", &net, &err));
    run(s, net, 0, 2, features);
    judge(s, &s->g[0], "folded, of two", false, features);
    judge(s, &s->g[1], "folded, of two", false, features + width);
    run(s, net, 0, 1, features);
    judge(s, &s->g[0], "folded", false, features);
    run(s, net, 2, 1, small);
    judge(s, &s->g[2], "folded", false, small);
    torch->network_free(net);
    free(features);
}

/* The features of the places of the last map have those of the image as their mean. */
static void check_places(const iv_network *net, const float *image, const float *features)
{
    imgvec_error err;
    int32_t grid[2];
    size_t width = (size_t)iv_network_width(net);
    double diff = 0, norm = 0, spread = 0;
    assert_ok(iv_network_grid(net, grid, &err));
    size_t count = (size_t)grid[0] * (size_t)grid[1];
    float *places = malloc(count * width * sizeof *places);
    const int32_t fewer[2] = {grid[0], grid[1] - 1};
    assert_int_equal(iv_network_places(net, image, fewer, 2, places, &err), IMGVEC_ERR_INTERNAL);
    assert_ok(iv_network_places(net, image, grid, 2, places, &err));
    for (size_t i = 0; i < width; i++) {
        double mean = 0;
        for (size_t p = 0; p < count; p++)
            mean += places[p * width + i] / (double)count;
        diff += pow(mean - features[i], 2);
        norm += pow(features[i], 2);
        spread += pow(places[i] - features[i], 2);
    }
    print_message("%-24s %d x %d places: mean off by %.2g of the features\n", iv_network_id(net),
                  (int)grid[0], (int)grid[1], sqrt(diff / norm));
    assert_true(grid[0] >= 6 && grid[1] >= 6 && diff <= 1e-10 * norm && spread > 1e-6 * norm);
    free(places);
}

/* How far a is from b, and the cosine of the angle between them. */
static double distance(const subject *s, const float *a, const float *b, double *cosine)
{
    double diff = 0, dot = 0, aa = 0, bb = 0;
    for (int32_t i = 0; i < s->backbone->width; i++) {
        diff += pow((double)a[i] - b[i], 2);
        dot += (double)a[i] * b[i];
        aa += pow(a[i], 2);
        bb += pow(b[i], 2);
    }
    assert_true(aa > 0 && bb > 0);
    *cosine = dot / sqrt(aa * bb);
    return sqrt(diff / bb);
}

/* small: features of the third picture along the folded path. */
static void compare_paths(const subject *s, const float *unfolded, const float *small)
{
    double cosine, rel = distance(s, small, unfolded, &cosine);
    print_message("%-24s folded against unfolded: rel %.2e  (limit 1.0e-04)\n", s->key, rel);
    assert_true(rel <= 1e-4);
}

/* bfloat16, in software where the processor has none, against float32. A cosine of 0.999, and
 * less only where the formula's weights make a network pass small errors on so much larger that
 * float32, which rounds 2^16 times finer, is off by a good deal of that too. */
static void run_bfloat16(const subject *s, const float *small)
{
    imgvec_error err;
    void *net = NULL;
    double cosine;
    float *features = malloc((size_t)s->backbone->width * sizeof *features);
    const char *how = "bfloat16";
    if (torch->network_new(s->folded, s->folded_weights, "cpu", how, &net, &err) != IMGVEC_OK) {
        static bool said;
        assert_int_equal(err.code, IMGVEC_ERR_UNSUPPORTED);
        if (!said)
            print_message("# SKIPPED: %s (computed in software instead)\n", err.text);
        said = true;
        how = "bfloat16-software";
        assert_ok(torch->network_new(s->folded, s->folded_weights, "cpu", how, &net, &err));
    }
    run(s, net, 2, 1, features);
    double rel = distance(s, features, small, &cosine);
    double limit = fmin(0.999, 1 - pow(2 * ldexp(s->g[2].float32_error, 16), 2) / 2);
    print_message("%-24s %s against float32: cosine %.5f  (limit %.3f), rel %.1e\n", s->key, how,
                  cosine, limit, rel);
    assert_true(cosine >= limit);
    torch->network_free(net);
    free(features);
}

static void run_unfolded(const subject *s, const char *precision, const float *small)
{
    imgvec_error err;
    void *net = NULL;
    bool exact = strcmp(precision, "float64") == 0;
    int32_t width = s->backbone->width;
    float *features = malloc((size_t)width * sizeof *features);
    assert_ok(torch->network_new(s->graph, s->weights, "cpu", precision, &net, &err));
    run(s, net, 2, 1, features);
    judge(s, &s->g[2], exact ? "unfolded float64" : "unfolded", exact, features);
    if (!exact) {
        compare_paths(s, features, small);
        run(s, net, 0, 1, features);
        judge(s, &s->g[0], "unfolded", false, features);
    }
    torch->network_free(net);
    free(features);
}

/* Weights of `file` (freed) as the subject's two networks. */
static void prepare(subject *s, iv_tensors *file)
{
    imgvec_error err;
    assert_ok(iv_backbone_build(s->ctx, s->backbone, s->variant, &s->graph, &err));
    assert_ok(iv_weights_match(s->backbone, s->graph, s->key, file, &s->weights, &err));
    assert_ok(iv_graph_fold(s->graph, s->weights, &s->folded, &s->folded_weights, &err));
    iv_tensors_free(file);
}

static void finish(subject *s)
{
    iv_graph_free(s->graph);
    iv_graph_free(s->folded);
    iv_tensors_free(s->weights);
    iv_tensors_free(s->folded_weights);
    iv_json_free(s->doc);
    imgvec_context_free(s->ctx);
}

static void open_goldens(subject *s, const char *key)
{
    char name[128];
    snprintf(name, sizeof name, "golden/%s.json", key);
    s->ctx = test_context();
    s->doc = kit_json(s->ctx, name);
    if (!s->doc) {
        imgvec_context_free(s->ctx);
        skip();
    }
    read_goldens(iv_json_root(s->doc), s->g);
}

/* Weights by the definition's own names. */
static void check_own_names(const iv_backbone *b, int definition)
{
    subject s = {.backbone = b, .variant = iv_backbone_definition(b, definition)};
    uint64_t checksum = 0;
    float *small = malloc((size_t)b->width * sizeof *small);
    snprintf(s.key, sizeof s.key, definition ? "%s.%s" : "%s", b->id, iv_variant_name(s.variant));
    open_goldens(&s, s.key);
    iv_tensors *file = formula_state(s.ctx, s.key, 1, &checksum);
    assert_non_null(file);
    assert_true(checksum == kit_word(s.g[0].json, "weights_checksum"));
    prepare(&s, file);
    run_folded(&s, small);
    run_unfolded(&s, "float32", small);
    run_unfolded(&s, "float64", small);
    run_bfloat16(&s, small);
    finish(&s);
    free(small);
}

/* The default's weights under the names that the kit gives for this definition. */
static iv_tensors *renamed(imgvec_context *ctx, iv_tensors *from, const char *key)
{
    char fixture[160], ours[IV_NAME_MAX], theirs[IV_NAME_MAX], *text = NULL, *cursor = NULL;
    imgvec_error err;
    size_t size = 0;
    iv_tensors *to = NULL;
    snprintf(fixture, sizeof fixture, "parity/keymap/%s.tsv", key);
    const char *path = test_fixture(fixture);
    assert_non_null(path);
    assert_ok(iv_file_read(ctx, path, 0, &text, &size, &err));
    assert_ok(iv_tensors_new(ctx, &to, &err));
    for (char *line = strtok_r(text, "\n", &cursor); line; line = strtok_r(NULL, "\n", &cursor)) {
        iv_tensor *made = NULL, *old;
        if (*line == '#' || sscanf(line, "%159s %159s", ours, theirs) != 2 ||
            strcmp(theirs, "-") == 0)
            continue;
        assert_non_null(old = iv_tensors_find(from, ours));
        assert_ok(iv_tensors_add(to, theirs, old->rank, old->shape, &made, &err));
        memcpy(made->data, old->data, old->count * sizeof *old->data);
    }
    iv_free(ctx, text);
    iv_tensors_free(from);
    return to;
}

static void check_renamed(const iv_backbone *b, int definition)
{
    subject s = {.backbone = b, .variant = iv_backbone_definition(b, definition)};
    void *net = NULL;
    imgvec_error err;
    float *small = malloc((size_t)b->width * sizeof *small);
    snprintf(s.key, sizeof s.key, "%s.%s", b->id, iv_variant_name(s.variant));
    open_goldens(&s, b->id);
    iv_tensors *file = formula_state(s.ctx, b->id, 1, NULL);
    assert_non_null(file);
    prepare(&s, renamed(s.ctx, file, s.key));
    assert_ok(torch->network_new(s.folded, s.folded_weights, "cpu", "float32", &net, &err));
    run(&s, net, 2, 1, small);
    judge(&s, &s.g[2], "renamed", false, small);
    torch->network_free(net);
    run_unfolded(&s, "float32", small);
    finish(&s);
    free(small);
}

/* A definition without goldens of its own, with weights of timm's, whose names it has. */
static void check_paths(const iv_backbone *b, int definition)
{
    subject s = {.backbone = b, .variant = iv_backbone_definition(b, definition)};
    void *net = NULL;
    imgvec_error err;
    float *small = malloc(2 * (size_t)b->width * sizeof *small), *unfolded = small + b->width;
    snprintf(s.key, sizeof s.key, "%s.timm", b->id);
    open_goldens(&s, s.key);
    iv_tensors *file = formula_state(s.ctx, s.key, 1, NULL);
    assert_non_null(file);
    snprintf(s.key, sizeof s.key, "%s.%s", b->id, iv_variant_name(s.variant));
    prepare(&s, file);
    assert_ok(torch->network_new(s.folded, s.folded_weights, "cpu", "float32", &net, &err));
    run(&s, net, 2, 1, small);
    torch->network_free(net);
    assert_ok(torch->network_new(s.graph, s.weights, "cpu", "float32", &net, &err));
    run(&s, net, 2, 1, unfolded);
    torch->network_free(net);
    compare_paths(&s, unfolded, small);
    run_bfloat16(&s, small);
    finish(&s);
    free(small);
}

/* Networks that have learned nothing give features that differ between images. */
static void check_random(const iv_backbone *b)
{
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_network *net = NULL;
    size_t width = (size_t)b->width, side = (size_t)b->input.crop, each = 3 * side * side;
    float *images = malloc(2 * each * sizeof *images);
    float *features = malloc(2 * width * sizeof *features);
    uint8_t *rgb = malloc(each);
    iv_network_request request = {.backbone = b->id,
                                  .weights = "random",
                                  .weights_dir = "",
                                  .device = "cpu",
                                  .precision = "float32"};
    for (size_t i = 0; i < 2; i++) {
        formula_picture(11 + i, b->input.crop, b->input.crop, rgb);
        formula_input(rgb, b->input.crop, b->input.crop, b->input.mean, b->input.std,
                      images + i * each);
    }
    assert_ok(iv_network_load(ctx, torch, &request, &net, &err));
    assert_ok(iv_network_run(net, images, 2, 2, features, &err));
    double diff = 0, norm = 0;
    for (size_t i = 0; i < width; i++) {
        assert_true(isfinite(features[i]) && isfinite(features[width + i]));
        diff += pow((double)features[i] - features[width + i], 2);
        norm += pow(features[i], 2);
    }
    print_message("%-24s random: rms %.2g, images differ by %.2g\n", b->id, sqrt(norm / width),
                  sqrt(diff / norm));
    assert_true(norm > 0 && diff > 1e-6 * norm);
    check_places(net, images, features);
    iv_network_free(net);
    free(images);
    free(features);
    free(rgb);
    imgvec_context_free(ctx);
}

static void features_are_the_references(void **state)
{
    const iv_backbone *b = *state;
    check_random(b);
    for (int i = 0; i < iv_backbone_definitions(b); i++) {
        iv_variant v = iv_backbone_definition(b, i);
        if (kit_lacks(b->id, iv_variant_name(v)))
            check_paths(b, i);
        else if (v == IV_DLI14 || v == IV_TV_FILE)
            check_renamed(b, i);
        else
            check_own_names(b, i);
    }
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[32];
    size_t count = 0;
    for (size_t i = 0; i < iv_backbone_count(); i++) {
        const iv_backbone *b = iv_backbone_at(i);
        bool wanted = argc < 2;
        for (int k = 1; k < argc; k++)
            wanted = wanted || strcmp(argv[k], b->id) == 0;
        if (wanted && count < sizeof tests / sizeof *tests)
            tests[count++] = (struct CMUnitTest){.name = b->id,
                                                 .test_func = features_are_the_references,
                                                 .initial_state = (void *)(uintptr_t)b};
    }
    if (count == 0)
        return 1;
    return _cmocka_run_group_tests("reference", tests, count, load_torch, NULL);
}
