/* Finding, matching and initialising weights. */
#include "allocations.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "every_op.h"
#include "fake_executor.h"
#include "fixtures.h"
#include "formula.h"
#include "io/safetensors.h"
#include "net/input.h"
#include "net/match.h"
#include "net/network.h"
#include "net/weights.h"
#include "tiny_backbone.h"

/* Of seed 7, features.18.0.weight: one machine must not draw other weights than another. */
#define RANDOM_CHECKSUM UINT64_C(0x536bdbfc5b394690)

typedef struct room {
    imgvec_context *ctx;
    char folder[64], user[96], named[96];
} room;

static void touch(const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
}

static int room_begin(void **state)
{
    room *r = calloc(1, sizeof *r);
    r->ctx = test_context();
    strcpy(r->folder, "/tmp/imgvec-test-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    snprintf(r->user, sizeof r->user, "%s/imgvec", r->folder);
    mkdir(r->user, 0700);
    strcat(r->user, "/weights");
    mkdir(r->user, 0700);
    snprintf(r->named, sizeof r->named, "%s/named", r->folder);
    mkdir(r->named, 0700);
    setenv("XDG_DATA_HOME", r->folder, 1);
    unsetenv("IMGVEC_WEIGHTS");
    *state = r;
    return 0;
}

static int room_end(void **state)
{
    room *r = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", r->folder);
    int failed = system(command);
    imgvec_context_free(r->ctx);
    free(r);
    return failed;
}

static void found_in_order_of_folders(void **state)
{
    room *r = *state;
    imgvec_error err;
    char *path = NULL;
    const char *id = NULL;
    assert_fails(
        iv_weights_find(r->ctx, "resnet18", r->named, &path, &err), IMGVEC_ERR_NOT_FOUND,
        "resnet18.safetensors, resnet18-*.safetensors (or .pth) and published names such as "
        "resnet18-f37072fd.pth in /tmp/imgvec-test-");
    assert_non_null(strstr(err.text, "weights=random"));
    assert_non_null(strstr(err.text, "/usr/share/imgvec/weights"));
    assert_fails(iv_weights_find(r->ctx, "resnet18", "/nowhere", &path, &err), IMGVEC_ERR_NOT_FOUND,
                 "/nowhere (no such folder)");
    assert_fails(iv_backbone_choose(r->ctx, "", &id, &err), IMGVEC_ERR_NOT_FOUND,
                 "no weights of any backbone");
    assert_fails(iv_weights_find(r->ctx, "resnet", "", &path, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "no backbone \"resnet\"");

    touch(r->user, "resnet18-f37072fd.safetensors");
    touch(r->user, "resnet18-0.pth"); /* safetensors go first */
    touch(r->user, "resnet18-a.safetensors.part");
    touch(r->user, "resnet18x.safetensors");
    assert_ok(iv_weights_find(r->ctx, "resnet18", "", &path, &err));
    assert_string_equal(iv_path_name(path), "resnet18-f37072fd.safetensors");
    iv_free(r->ctx, path);
    touch(r->user, "resnet18.safetensors"); /* the bare name goes first */
    assert_ok(iv_weights_find(r->ctx, "resnet18", "", &path, &err));
    assert_string_equal(iv_path_name(path), "resnet18.safetensors");
    iv_free(r->ctx, path);
    touch(r->named, "resnet18-b.safetensors");
    touch(r->named, "resnet18-a.safetensors");
    setenv("IMGVEC_WEIGHTS", r->named, 1);
    assert_ok(iv_weights_find(r->ctx, "resnet18", "", &path, &err));
    assert_string_equal(iv_path_name(path), "resnet18-a.safetensors");
    iv_free(r->ctx, path);
    assert_ok(iv_weights_find(r->ctx, "resnet18", r->user, &path, &err));
    assert_string_equal(iv_path_name(path), "resnet18.safetensors");
    iv_free(r->ctx, path);
    unsetenv("IMGVEC_WEIGHTS");

    assert_ok(iv_backbone_choose(r->ctx, "", &id, &err));
    assert_string_equal(id, "resnet18");
    touch(r->user, "mobilenetv2_035.safetensors");
    assert_ok(iv_backbone_choose(r->ctx, "", &id, &err));
    assert_string_equal(id, "resnet18");
    touch(r->named, "resnet50-x.safetensors");
    assert_ok(iv_backbone_choose(r->ctx, r->named, &id, &err));
    assert_string_equal(id, "resnet50");
}

/* The tiny graph's weights under other names: prefix before each, extra entries. */
static iv_tensors *file_of(imgvec_context *ctx, const iv_graph *graph, const char *prefix)
{
    iv_tensors *plain = every_op_weights(graph), *set = NULL;
    imgvec_error err;
    iv_tensor *t = NULL;
    assert_ok(iv_tensors_new(ctx, &set, &err));
    for (size_t i = plain->count; i-- > 0;) { /* in another order, too */
        char name[256];
        const iv_tensor *from = &plain->items[i];
        snprintf(name, sizeof name, "%s%s", prefix, from->name);
        assert_ok(iv_tensors_add(set, name, from->rank, from->shape, &t, &err));
        memcpy(t->data, from->data, from->count * sizeof *t->data);
    }
    iv_tensors_free(plain);
    return set;
}

static void add_filled(iv_tensors *set, const char *name, int rank, const int64_t *shape)
{
    iv_tensor *t = NULL;
    imgvec_error err;
    assert_ok(iv_tensors_add(set, name, rank, shape, &t, &err));
    memset(t->data, 0, t->count * sizeof *t->data);
}

static void match_takes_prefix_and_classifier(void **state)
{
    imgvec_context *ctx = ((room *)*state)->ctx;
    imgvec_error err;
    iv_graph *graph = NULL;
    int64_t fc[2] = {10, TINY_WIDTH};
    assert_ok(iv_backbone_graph(ctx, &tiny_backbone, &graph, &err));
    iv_tensors *wanted = every_op_weights(graph), *got = NULL;
    iv_tensors *file = file_of(ctx, graph, "module.");
    add_filled(file, "module.fc.weight", 2, fc);
    add_filled(file, "classifier.1.bias", 1, fc);
    add_filled(file, "module.stem_bn.num_batches_tracked", 0, NULL);
    assert_ok(iv_weights_match(&tiny_backbone, graph, "f", file, &got, &err));
    assert_int_equal(got->count, wanted->count);
    for (size_t i = 0; i < got->count; i++) {
        assert_string_equal(got->items[i].name, wanted->items[i].name);
        assert_memory_equal(got->items[i].data, wanted->items[i].data, 4 * got->items[i].count);
    }
    iv_tensors_free(wanted);
    iv_tensors_free(got);
    iv_tensors_free(file);
    iv_graph_free(graph);
}

static void match_names_what_is_wrong(void **state)
{
    imgvec_context *ctx = ((room *)*state)->ctx;
    imgvec_error err;
    iv_graph *graph = NULL;
    iv_tensors *got = NULL, *file = NULL;
    int64_t odd[3] = {4, 3, 2};
    assert_ok(iv_backbone_graph(ctx, &tiny_backbone, &graph, &err));
    assert_ok(iv_tensors_new(ctx, &file, &err));
    add_filled(file, "stem.weight", 3, odd);
    add_filled(file, "stem_bn.weight", 1, odd);
    add_filled(file, "stem_bn.weights", 1, odd);
    add_filled(file, "module.stem_bn.weight", 1, odd); /* the same once more */
    for (int i = 0; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "extra%d.bias", i);
        add_filled(file, name, 1, odd);
    }
    assert_fails(iv_weights_match(&tiny_backbone, graph, "a/file", file, &got, &err),
                 IMGVEC_ERR_DATA, "a/file does not fit backbone tiny; 13 missing: stem_bn.bias, ");
    assert_non_null(strstr(err.text, "stem_bn.running_var, ...; 1 of another shape: stem.weight "
                                     "is [4, 3, 2] instead of [4, 3, 3, 3]; 6 left over: "));
    assert_non_null(strstr(err.text, "stem_bn.weights, module.stem_bn.weight, extra0.bias, ..."));
    assert_null(got);
    iv_tensors_free(file);
    iv_graph_free(graph);
}

static void other_architectures_are_recognised(void **state)
{
    imgvec_context *ctx = ((room *)*state)->ctx;
    imgvec_error err;
    iv_graph *right = NULL, *wrong = NULL;
    iv_tensors *got = NULL;
    const iv_backbone *b35 = iv_backbone_find("mobilenetv2_035");
    assert_ok(iv_backbone_graph(ctx, b35, &right, &err));
    assert_ok(iv_backbone_graph(ctx, iv_backbone_find("resnet18"), &wrong, &err));
    iv_tensors *file = file_of(ctx, right, "");
    assert_fails(iv_weights_match(iv_backbone_find("resnet18"), wrong, "f", file, &got, &err),
                 IMGVEC_ERR_DATA, "f holds weights of mobilenetv2_035, not of resnet18");
    assert_ok(iv_tensors_set_meta(file, "architecture", "resnet50", &err));
    assert_fails(iv_weights_match(iv_backbone_find("resnet18"), wrong, "f", file, &got, &err),
                 IMGVEC_ERR_DATA, "f holds weights of resnet50, not of resnet18");
    iv_tensors_free(file);
    iv_graph_free(right);
    iv_graph_free(wrong);
}

static void random_weights_are_the_same_everywhere(void **state)
{
    imgvec_context *ctx = ((room *)*state)->ctx;
    imgvec_error err;
    iv_graph *graph = NULL;
    iv_tensors *a = NULL, *b = NULL, *c = NULL;
    assert_ok(iv_backbone_graph(ctx, iv_backbone_find("mobilenetv2_035"), &graph, &err));
    assert_ok(iv_weights_random(graph, 7, &a, &err));
    assert_ok(iv_weights_random(graph, 7, &b, &err));
    assert_ok(iv_weights_random(graph, 8, &c, &err));
    const iv_tensor *t = iv_tensors_find(a, "features.18.0.weight");
    const iv_tensor *other = iv_tensors_find(c, "features.18.0.weight");
    assert_memory_equal(t->data, iv_tensors_find(b, "features.18.0.weight")->data, 4 * t->count);
    assert_memory_not_equal(t->data, other->data, 4 * t->count);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < t->count; i++) {
        sum += t->data[i];
        squares += (double)t->data[i] * t->data[i];
    }
    double n = (double)t->count, wanted = 2.0 / 1280; /* He: 2 over the fan out */
    assert_true(sum / n < 1e-3 && sum / n > -1e-3);
    assert_true(squares / n > 0.98 * wanted && squares / n < 1.02 * wanted);
    assert_true(iv_tensors_find(a, "features.18.1.running_var")->data[5] == 1.0f);
    assert_true(iv_tensors_find(a, "features.18.1.bias")->data[5] == 0.0f);
    uint64_t checksum = formula_check_floats(t->data, t->count);
    if (checksum != RANDOM_CHECKSUM)
        fail_msg("checksum of seed 7 is 0x%016llx", (unsigned long long)checksum);
    iv_tensors_free(a);
    iv_tensors_free(b);
    iv_tensors_free(c);
    iv_graph_free(graph);
}

static void input_of(imgvec_context *ctx, const char *const *meta, imgvec_status wanted,
                     iv_input_spec *out)
{
    imgvec_error err;
    iv_tensors *set = NULL;
    assert_ok(iv_tensors_new(ctx, &set, &err));
    for (; *meta; meta += 2)
        assert_ok(iv_tensors_set_meta(set, meta[0], meta[1], &err));
    assert_int_equal(iv_input_read(set, &iv_backbone_find("resnet18")->input, "f", out, &err),
                     wanted);
    iv_tensors_free(set);
}

static void input_comes_from_the_file(void **state)
{
    imgvec_context *ctx = ((room *)*state)->ctx;
    iv_input_spec spec;
    input_of(ctx, (const char *[]){NULL}, IMGVEC_OK, &spec);
    assert_int_equal(spec.resize, 256);
    assert_int_equal(spec.crop, 224);
    assert_true(spec.mean[0] == 0.485f && spec.std[2] == 0.225f);
    input_of(ctx, (const char *[]){"input_size", "160", "mean", "0.5, 0.25,0", NULL}, IMGVEC_OK,
             &spec);
    assert_int_equal(spec.resize, 183); /* 182.86 */
    assert_int_equal(spec.crop, 160);
    assert_true(spec.mean[1] == 0.25f && spec.mean[2] == 0.0f && spec.std[0] == 0.229f);
    input_of(ctx, (const char *[]){"resize", "232", "interpolation", "bicubic", NULL}, IMGVEC_OK,
             &spec);
    assert_int_equal(spec.resize, 232);
    assert_int_equal(spec.bicubic, 1);
    static const char *const wrong[][2] = {
        {"input_size", "0"}, {"input_size", "224x224"}, {"crop", "9999"},
        {"resize", "100"},   {"interpolation", "up"},   {"mean", "0.5,0.5"},
        {"std", "1,1,0"},    {"mean", "1,2,3,4"},       {"std", "nan,1,1"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        input_of(ctx, (const char *[]){wrong[i][0], wrong[i][1], NULL}, IMGVEC_ERR_FORMAT, &spec);
}

static void network_keeps_all_it_needs(void **state)
{
    imgvec_context *ctx = ((room *)*state)->ctx;
    imgvec_error err;
    iv_network *net = NULL, *again = NULL;
    iv_tensors *stored = NULL;
    void *bytes = NULL;
    size_t size = 0;
    float a[2 * TINY_WIDTH], b[2 * TINY_WIDTH], *image = every_op_image(2, 16, 16);
    iv_network_request request = {.backbone = "tiny",
                                  .weights = "random",
                                  .weights_dir = "",
                                  .device = "auto",
                                  .precision = "float32",
                                  .seed = 3};
    iv_backbone_for_tests = &tiny_backbone;
    assert_ok(iv_network_load(ctx, &fake_executor, &request, &net, &err));
    assert_string_equal(iv_network_id(net), "tiny");
    assert_string_equal(iv_network_source(net), "random");
    assert_int_equal(iv_network_width(net), TINY_WIDTH);
    assert_int_equal(iv_network_input(net)->crop, 16);
    assert_ok(iv_network_run(net, image, 2, 1, a, &err));
    assert_ok(iv_safetensors_bytes(ctx, iv_network_tensors(net), &bytes, &size, &err));
    assert_ok(iv_safetensors_parse(ctx, "part", bytes, size, 1 << 20, &stored, &err));
    assert_ok(iv_network_from_tensors(ctx, &fake_executor, stored, "cpu", "float32", &again, &err));
    assert_string_equal(iv_network_source(again), "random");
    assert_memory_equal(iv_network_input(again), iv_network_input(net), sizeof(iv_input_spec));
    assert_ok(iv_network_run(again, image, 2, 1, b, &err));
    assert_memory_equal(a, b, sizeof a);
    iv_network_free(net);
    iv_network_free(again);
    request.device = "cuda";
    assert_fails(iv_network_load(ctx, &fake_executor, &request, &net, &err), IMGVEC_ERR_UNSUPPORTED,
                 "device cuda");
    iv_backbone_for_tests = NULL;
    iv_free(ctx, bytes);
    free(image);
}

/* One network by two definitions: other names, another eps, other images. */
static void build_twice_defined(iv_builder *b)
{
    iv_conv_spec spec = {.channels = 4, .kernel = 3, .stride = 2, .same = b->variant == IV_TIMM};
    b->eps = b->variant == IV_TIMM ? 0.5 : 1e-5;
    iv_builder_end(b, iv_add_conv_bn(b, 0, iv_name(b, "features.0", "conv"),
                                     iv_name(b, "features.1", "bn"), spec, IV_ACT_RELU));
}

static void definition_is_found_and_kept(void **state)
{
    static const iv_input_spec timm_input = {.resize = 20, .crop = 15, .std = {1, 1, 1}};
    static const iv_backbone twice = {
        .id = "twice",
        .build = build_twice_defined,
        .input = {.resize = 18, .crop = 16, .std = {1, 1, 1}},
        .width = 4,
        .definitions = {{IV_TORCHVISION, NULL}, {IV_TIMM, &timm_input}},
        .definition_count = 2};
    imgvec_context *ctx = ((room *)*state)->ctx;
    imgvec_error err;
    for (int i = 0; i < 2; i++) {
        iv_graph *graph = NULL;
        iv_tensors *set = NULL, *stored = NULL;
        iv_network *net = NULL, *again = NULL;
        void *bytes = NULL;
        size_t size = 0;
        float a[4], b[4], wanted[4], *image = every_op_image(1, 16, 16);
        void *handle = NULL;
        iv_backbone_for_tests = &twice;
        assert_ok(iv_backbone_build(ctx, &twice, iv_backbone_definition(&twice, i), &graph, &err));
        set = every_op_weights(graph);
        assert_ok(fake_executor.network_new(graph, set, "cpu", "float64", &handle, &err));
        int32_t side = i ? 15 : 16;
        assert_ok(fake_executor.network_run(handle, image, 1, side, side, 1, wanted, &err));
        fake_executor.network_free(handle);
        assert_ok(iv_tensors_set_meta(set, "architecture", "twice", &err));
        assert_ok(iv_network_from_tensors(ctx, &fake_executor, set, "cpu", "float32", &net, &err));
        const char *variant = iv_tensors_meta(iv_network_tensors(net), "variant");
        assert_string_equal(variant, i ? "timm" : "torchvision");
        assert_int_equal(iv_network_input(net)->crop, side);
        assert_ok(iv_network_run(net, image, 1, 1, a, &err));
        for (int k = 0; k < 4; k++)
            assert_true(wanted[k] - a[k] < 1e-5 && a[k] - wanted[k] < 1e-5);
        assert_ok(iv_safetensors_bytes(ctx, iv_network_tensors(net), &bytes, &size, &err));
        assert_ok(iv_safetensors_parse(ctx, "part", bytes, size, 1 << 20, &stored, &err));
        assert_ok(
            iv_network_from_tensors(ctx, &fake_executor, stored, "cpu", "float32", &again, &err));
        assert_ok(iv_network_run(again, image, 1, 1, b, &err));
        assert_memory_equal(a, b, sizeof a);
        iv_network_free(net);
        iv_network_free(again);
        iv_graph_free(graph);
        iv_free(ctx, bytes);
        free(image);
    }
    iv_backbone_for_tests = NULL;
}

static void real_file_loads(void **state)
{
    imgvec_context *ctx = ((room *)*state)->ctx;
    imgvec_error err;
    iv_network *net = NULL;
    char folder[4096];
    const char *path = test_fixture("weights/mobilenetv2_035.safetensors");
    if (!path)
        skip();
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    iv_network_request request = {.backbone = "mobilenetv2_035",
                                  .weights = "",
                                  .weights_dir = folder,
                                  .device = "cpu",
                                  .precision = "float32"};
    assert_ok(iv_network_load(ctx, &fake_executor, &request, &net, &err));
    assert_string_equal(iv_network_source(net), "mobilenetv2_035.safetensors");
    assert_int_equal(iv_network_input(net)->resize, 256);
    assert_true(iv_network_input(net)->mean[1] == 0.5f);
    iv_network_free(net);
    request.backbone = "mobilenetv2";
    request.weights = path;
    assert_fails(
        iv_network_load(ctx, &fake_executor, &request, &net, &err), IMGVEC_ERR_DATA,
        "mobilenetv2_035.safetensors holds weights of mobilenetv2_035, not of mobilenetv2");
}

static imgvec_status load_job(imgvec_context *ctx, void *user, imgvec_error *err)
{
    iv_network *net = NULL;
    iv_network_request request = {.backbone = "tiny",
                                  .weights = "random",
                                  .weights_dir = "",
                                  .device = "cpu",
                                  .precision = "float32"};
    (void)user;
    imgvec_status status = iv_network_load(ctx, &fake_executor, &request, &net, err);
    iv_network_free(net);
    return status;
}

static void failing_allocations_are_survived(void **state)
{
    (void)state;
    iv_backbone_for_tests = &tiny_backbone;
    long failed = fail_each_allocation(load_job, NULL);
    print_message("%ld allocations failed\n", failed);
    assert_true(failed > 100);
    iv_backbone_for_tests = NULL;
}

/* The same where the definition has to be found, for weights that leave it open. */
static void failing_allocations_while_choosing(void **state)
{
    (void)state;
    const iv_backbone *b = iv_backbone_find("efficientnetb0");
    for (long n = 1;; n += n < 20 ? 1 : 97) {
        test_heap heap = {.fail_at = 0};
        imgvec_context *ctx = test_heap_context(&heap);
        iv_graph *graph = NULL;
        iv_tensors *set = NULL;
        iv_variant variant;
        imgvec_error err = {.code = 0};
        assert_ok(iv_backbone_build(ctx, b, IV_TIMM, &graph, &err));
        assert_ok(iv_weights_random(graph, 1, &set, &err));
        iv_graph_free(graph);
        heap.fail_at = heap.calls + n;
        imgvec_status status = iv_weights_variant(ctx, b, "f", set, &variant, &err);
        iv_tensors_free(set);
        imgvec_context_free(ctx);
        assert_int_equal(heap.live, 0);
        if (status == IMGVEC_ERR_DATA) {
            assert_non_null(strstr(err.text, "timm, timm_tf"));
            assert_true(n > 100);
            break;
        }
        assert_int_equal(status, IMGVEC_ERR_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_in_order_of_folders),
        cmocka_unit_test(match_takes_prefix_and_classifier),
        cmocka_unit_test(match_names_what_is_wrong),
        cmocka_unit_test(other_architectures_are_recognised),
        cmocka_unit_test(random_weights_are_the_same_everywhere),
        cmocka_unit_test(input_comes_from_the_file),
        cmocka_unit_test(network_keeps_all_it_needs),
        cmocka_unit_test(definition_is_found_and_kept),
        cmocka_unit_test(real_file_loads),
        cmocka_unit_test(failing_allocations_are_survived),
        cmocka_unit_test(failing_allocations_while_choosing),
    };
    return cmocka_run_group_tests(tests, room_begin, room_end);
}
