/* The table of published checkpoints: sound in itself, equal to the parity kit's facts, and
 * used for finding, telling apart and preprocessing. */
#include "test.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fixtures.h"
#include "io/json.h"
#include "net/input.h"
#include "net/verify.h"
#include "net/weights.h"
#include "weights_folder.h"

static bool has_definition(const iv_backbone *b, iv_variant variant)
{
    for (int i = 0; i < iv_backbone_definitions(b); i++)
        if (iv_backbone_definition(b, i) == variant)
            return true;
    return false;
}

/* The hash that a name carries is the row's, but for the two that are known to carry another. */
static void check_hash(const iv_published *p)
{
    size_t digits = strlen(p->sha256);
    const char *dash = strrchr(p->file, '-');
    assert_true(digits == 0 || (digits >= 8 && digits <= 64));
    for (size_t i = 0; i < digits; i++)
        assert_true(isdigit((unsigned char)p->sha256[i]) ||
                    (p->sha256[i] >= 'a' && p->sha256[i] <= 'f'));
    if (!digits || strstr(p->file, "_rwightman-"))
        return;
    assert_non_null(dash);
    assert_memory_equal(dash + 1, p->sha256, digits);
    assert_string_equal(dash + 1 + digits, ".pth");
}

static void rows_are_sound(void **state)
{
    (void)state;
    size_t with_rows = 0;
    for (size_t i = 0; i < iv_published_count(); i++) {
        const iv_published *p = iv_published_at(i);
        const iv_backbone *b = iv_backbone_find(p->id);
        assert_non_null(b);
        assert_true(has_definition(b, p->variant));
        assert_true(i == 0 || strcmp(iv_published_at(i - 1)->id, p->id) <= 0);
        with_rows += i == 0 || strcmp(iv_published_at(i - 1)->id, p->id) != 0;
        int rank = -1;
        assert_true(iv_weights_stem(p->file, &rank) > 0);
        assert_ptr_equal(iv_published_find(p->file), p); /* so names are unique, too */
        assert_true(strncmp(p->url, "https://", 8) == 0 || strncmp(p->url, "http://", 7) == 0);
        const char *last = iv_path_name(p->url);
        assert_true(strcmp(last, p->file) == 0 || strcmp(last, "model.safetensors") == 0);
        assert_true(*p->tag && p->bytes >= 0);
        assert_true(p->top1 == 0 || (p->top1 > 50 && p->top1 < 90));
        assert_true(p->input.resize >= p->input.crop && p->input.crop >= 160);
        check_hash(p);
    }
    assert_int_equal(with_rows, iv_backbone_count());
}

static double number(const iv_json *object, const char *name)
{
    double value = 0;
    imgvec_error err;
    if (!iv_json_get(object, name) || iv_json_f64(object, name, &value, &err) != IMGVEC_OK)
        return 0;
    return value;
}

static const char *word(const iv_json *object, const char *name)
{
    const iv_json *v = iv_json_get(object, name);
    return v && v->type == IV_JSON_TEXT ? v->as.text : "";
}

/* torchvision gives its inception_v3 other images than the network itself wants. */
static bool maps_input(const iv_published *p)
{
    return strcmp(p->id, "inception_v3") == 0 && p->variant == IV_TORCHVISION;
}

static void equal_facts(const iv_json *facts, const iv_published *p)
{
    const iv_json *how = iv_json_get(facts, "preprocess"), *mean = iv_json_get(how, "mean");
    double crop = number(how, "crop") > 0 ? number(how, "crop") : number(how, "input_size");
    assert_int_equal(p->input.resize, (int32_t)number(how, "resize_shorter_side"));
    assert_int_equal(p->input.crop, (int32_t)crop);
    assert_string_equal(p->input.bicubic ? "bicubic" : "bilinear", word(how, "interpolation"));
    if (!maps_input(p)) {
        double first = mean->as.first->type == IV_JSON_INT ? (double)mean->as.first->as.integer
                                                           : mean->as.first->as.number;
        assert_true(fabs(first - p->input.mean[0]) < 1e-6);
    }
    if (number(facts, "bytes") > 0)
        assert_int_equal(p->bytes, (int64_t)number(facts, "bytes"));
    if (number(facts, "top1") > 0)
        assert_true(fabs(p->top1 - number(facts, "top1")) < 1e-9);
}

/* Every checkpoint of the parity kit, by the name it is published or kept under. */
static void rows_equal_the_parity_kit(void **state)
{
    imgvec_context *ctx = *state;
    const char *path = test_fixture("parity/backbones.json");
    iv_json_document *doc = NULL;
    imgvec_error err;
    char *text = NULL;
    size_t size = 0;
    int compared = 0, left_out = 0;
    if (!path)
        skip();
    iv_source source;
    assert_ok(iv_source_open(ctx, path, &source, &err));
    size = (size_t)source.size;
    text = iv_alloc(ctx, size);
    assert_ok(iv_source_read(&source, 0, text, size, &err));
    iv_source_close(ctx, &source);
    assert_ok(iv_json_parse(ctx, text, size, 0, 0, &doc, &err));
    const iv_json *all = iv_json_get(iv_json_root(doc), "backbones");
    for (const iv_json *b = all->as.first; b; b = b->next)
        for (const iv_json *c = iv_json_get(b, "checkpoints")->as.first; c; c = c->next) {
            char name[128];
            const char *tag = word(c, "tag"), *file = word(c, "file");
            bool hub = *word(c, "huggingface_repo") != '\0';
            snprintf(name, sizeof name, "%s.safetensors", tag);
            const iv_published *p = iv_published_find(hub ? name : file);
            if (!p) { /* squashed images */
                assert_non_null(strstr(tag, "_384"));
                left_out++;
                continue;
            }
            assert_string_equal(p->id, word(b, "id"));
            /* One file in two collections: the row is of the one that still serves it. */
            if (strcmp(word(c, "source"), "timm") != 0 && strncmp(p->tag, "legacy_", 7) == 0)
                continue;
            equal_facts(c, p);
            compared++;
        }
    assert_int_equal(left_out, 2);
    assert_in_range(compared, 110, 200);
    iv_json_free(doc);
    iv_free(ctx, text);
}

static void found_by_names(void **state)
{
    imgvec_context *ctx = *state;
    const iv_published *p = NULL, *q;
    imgvec_error err;
    assert_string_equal(iv_published_find("resnet50-11ad3fa6.pth")->tag, "IMAGENET1K_V2");
    assert_string_equal(iv_published_find("resnet50-11ad3fa6.safetensors")->tag, "IMAGENET1K_V2");
    q = iv_published_find("resnet50_a1_0-14fe96d1.pth");
    assert_ptr_equal(iv_published_find("resnet50.a1_in1k.safetensors"), q);
    assert_ptr_equal(iv_published_find("resnet50.a1_in1k.bin"), q);
    assert_null(iv_published_find("resnet50.a1_in1k"));
    assert_null(iv_published_find("resnet50-11ad3fa6.zip"));
    assert_null(iv_published_find("imagenet.pth")); /* a tag that is no name */
    assert_null(iv_published_find(".pth"));
    assert_null(iv_published_find(""));

    assert_ok(iv_published_need(ctx, "resnet50", &p, &err));
    assert_string_equal(p->file, "resnet50-11ad3fa6.pth");
    assert_ok(iv_published_need(ctx, "resnet50.d_in1k", &p, &err));
    assert_string_equal(p->file, "resnet50_d-f39db8af.pth");
    assert_ok(iv_published_need(ctx, "se_resnet50-ce0d4300.pth", &p, &err));
    assert_string_equal(p->id, "seresnet50");
    assert_fails(iv_published_need(ctx, "IMAGENET1K_V2", &p, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "mobilenet_v2-7ebf99e0.pth, mobilenet_v3_large-5c1a4163.pth");
    assert_fails(iv_published_need(ctx, "resnet51", &p, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "\"resnet51\" is neither");
}

static void takes(const folder *f, const char *id, const char *name)
{
    imgvec_error err;
    char *path = NULL;
    assert_ok(iv_weights_find(f->ctx, id, f->path, &path, &err));
    assert_string_equal(iv_path_name(path), name);
    iv_free(f->ctx, path);
}

static void published_names_are_looked_up(void **state)
{
    folder f;
    iv_weights_files files;
    imgvec_error err;
    char nested[96];
    folder_begin(&f, *state);
    put(&f, "efficientnet_b0_rwightman-7f5810bc.pth", "");
    put(&f, "mobilenet_v2-b0353104.pth", "");
    put(&f, "mobilenet_v2-7ebf99e0.pth", "");
    put(&f, "xception-43020ad28.pth", "");
    put(&f, "se_resnet50-ce0d4300.pth", "");
    put(&f, "densenet121-a639ec97.pth", "");
    put(&f, "regnety_016.tv2_in1k.safetensors", "");
    put(&f, "notes.pth", "");
    put(&f, "resnet18-f37072fd.pth.part", "");
    snprintf(nested, sizeof nested, "%s/resnet34.pth", f.path);
    assert_int_equal(mkdir(nested, 0700), 0); /* a folder is no file */
    takes(&f, "efficientnetb0", "efficientnet_b0_rwightman-7f5810bc.pth");
    takes(&f, "mobilenetv2", "mobilenet_v2-7ebf99e0.pth"); /* the better one goes first */
    takes(&f, "xception", "xception-43020ad28.pth");
    takes(&f, "seresnet50", "se_resnet50-ce0d4300.pth");
    takes(&f, "densenet121", "densenet121-a639ec97.pth");
    takes(&f, "regnety_016", "regnety_016.tv2_in1k.safetensors");
    put(&f, "mobilenetv2-mine.safetensors", "");
    takes(&f, "mobilenetv2", "mobilenet_v2-7ebf99e0.pth");
    put(&f, "mobilenetv2.pth", "");
    takes(&f, "mobilenetv2", "mobilenetv2.pth");
    assert_ok(iv_weights_scan(f.ctx, f.path, &files, &err));
    assert_int_equal(files.count, 9);
    for (size_t i = 1; i < files.count; i++)
        assert_true(strcmp(files.items[i - 1].backbone->id, files.items[i].backbone->id) <= 0);
    iv_weights_files_free(&files);
    folder_end(&f);
}

/* One set of tensors under different names is different checkpoints. */
static void name_decides_variant_and_input(void **state)
{
    folder f;
    iv_network *net = NULL;
    imgvec_error err;
    folder_begin(&f, *state);
    save(&f, "resnet18", IV_TORCHVISION, "resnet18-f37072fd.safetensors", NULL, NULL);
    save(&f, "resnet18", IV_TORCHVISION, "resnet18_a3_0-40c531c8.safetensors", NULL, NULL);
    save(&f, "resnet18", IV_TORCHVISION, "resnet18.a1_in1k.safetensors", "resize", "300");
    loads_as(&f, "resnet18", "resnet18-f37072fd.safetensors", "", 256, 224, 0, 0.485f);
    loads_as(&f, "resnet18", "resnet18_a3_0-40c531c8.safetensors", "", 168, 160, 1, 0.485f);
    loads_as(&f, "resnet18", "resnet18.a1_in1k.safetensors", "", 300, 224, 1, 0.485f);

    save(&f, "efficientnetb0", IV_TIMM, "tf_efficientnet_b0_ns-c0e6a31c.safetensors", NULL, NULL);
    save(&f, "efficientnetb0", IV_TIMM, "efficientnet_b0_ra-3dd342df.safetensors", NULL, NULL);
    save(&f, "efficientnetb0", IV_TIMM, "tf_efficientnet_b0.ap_in1k.safetensors", NULL, NULL);
    save(&f, "efficientnetb0", IV_TIMM, "mine.safetensors", NULL, NULL);
    save(&f, "efficientnetb0", IV_TIMM, "efficientnet_b0.ra_in1k.safetensors", "variant",
         "timm_tf");
    loads_as(&f, "efficientnetb0", "tf_efficientnet_b0_ns-c0e6a31c.safetensors", "timm_tf", 256,
             224, 1, 0.485f);
    loads_as(&f, "efficientnetb0", "efficientnet_b0_ra-3dd342df.safetensors", "timm", 256, 224, 1,
             0.485f);
    loads_as(&f, "efficientnetb0", "tf_efficientnet_b0.ap_in1k.safetensors", "timm_tf", 256, 224, 1,
             0.5f);
    loads_as(&f, "efficientnetb0", "efficientnet_b0.ra_in1k.safetensors", "timm_tf", 256, 224, 1,
             0.485f); /* what the file says itself comes first */
    assert_fails(load(&f, "efficientnetb0", "mine.safetensors", &net, &err), IMGVEC_ERR_DATA,
                 "timm, timm_tf");

    /* The tensors' names tell another definition than the file's: they are right. */
    save(&f, "efficientnetb0", IV_TORCHVISION, "tf_efficientnet_b0_aa-827b6e33.safetensors", NULL,
         NULL);
    loads_as(&f, "efficientnetb0", "tf_efficientnet_b0_aa-827b6e33.safetensors", "torchvision", 256,
             224, 1, 0.485f);
    folder_end(&f);
}

static void facts_of_timms_tf_networks(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        int resize, crop, bicubic;
        float mean;
    } known[] = {{"tf_efficientnet_b1_ns-99dd0c41.pth", 272, 240, 1, 0.485f},
                 {"tf_efficientnet_b3_ap-aad25bdd.pth", 331, 300, 1, 0.5f},
                 {"tf_mobilenetv3_large_100-427764d5.pth", 256, 224, 0, 0.5f}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const iv_published *p = iv_published_find(known[i].file);
        assert_non_null(p);
        assert_int_equal(p->variant, IV_TIMM_TF);
        assert_int_equal(p->input.resize, known[i].resize);
        assert_int_equal(p->input.crop, known[i].crop);
        assert_int_equal(p->input.bicubic, known[i].bicubic);
        assert_float_equal(p->input.mean[0], known[i].mean, 1e-6);
        /* What stands for the definition where a file's name tells nothing. */
        const iv_input_spec *usual = iv_backbone_input(iv_backbone_find(p->id), IV_TIMM_TF);
        assert_int_equal(usual->resize, known[i].resize);
        assert_int_equal(usual->bicubic, known[i].bicubic);
    }
}

static void sha256_of_known_texts(void **state)
{
    (void)state;
    char hex[IV_SHA256_HEX];
    iv_sha256 h;
    iv_sha256_begin(&h);
    iv_sha256_end(&h, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    iv_sha256_begin(&h);
    iv_sha256_add(&h, "a", 1);
    iv_sha256_add(&h, "bc", 2);
    iv_sha256_end(&h, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void verified(const folder *f, const char *name, iv_verdict verdict, const char *reason)
{
    char path[256];
    imgvec_error err;
    iv_verified is;
    iv_watch watch;
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    assert_ok(iv_watch_init(&watch, NULL, &err));
    assert_ok(iv_weights_verify(f->ctx, path, &watch, &is, &err));
    assert_int_equal(is.verdict, verdict);
    assert_non_null(strstr(is.reason, reason));
    assert_int_equal(strlen(is.sha256), 64);
}

static void damage_is_told(void **state)
{
    folder f;
    imgvec_error err;
    iv_verified is;
    iv_watch watch;
    folder_begin(&f, *state);
    put(&f, "resnet50-11ad3fa6.pth", "short");
    put(&f, "xception-43020ad28.pth", "anything");
    put(&f, "resnet50.tv_in1k.safetensors", "anything");
    put(&f, "resnet50-11ad3fa6.safetensors", "anything");
    put(&f, "mine.pth", "");
    verified(&f, "resnet50-11ad3fa6.pth", IV_VERDICT_DAMAGED, "it has 5 bytes, the published");
    verified(&f, "xception-43020ad28.pth", IV_VERDICT_DAMAGED, "does not begin with 43020ad28");
    verified(&f, "resnet50.tv_in1k.safetensors", IV_VERDICT_UNKNOWN, "no hash of it is known");
    verified(&f, "resnet50-11ad3fa6.safetensors", IV_VERDICT_UNKNOWN, "another format");
    verified(&f, "mine.pth", IV_VERDICT_UNKNOWN, "no published checkpoint");
    assert_ok(iv_watch_init(&watch, NULL, &err));
    assert_fails(iv_weights_verify(f.ctx, "/nowhere/x.pth", &watch, &is, &err),
                 IMGVEC_ERR_NOT_FOUND, "/nowhere/x.pth");
    /* Digests match by their first digits; a row without any matches none. */
    const iv_published *p = iv_published_find("resnet18-f37072fd.pth");
    assert_true(
        iv_published_has_hash(p, "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c"));
    assert_false(iv_published_has_hash(p, "f37072fe"));
    assert_false(iv_published_has_hash(iv_published_find("resnet50.tv_in1k.bin"), ""));
    folder_end(&f);
}

static void scan_survives_lack_of_memory(void **state)
{
    folder f;
    folder_begin(&f, *state);
    put(&f, "resnet18-f37072fd.pth", "");
    put(&f, "resnet50.pth", "");
    for (long k = 1;; k++) {
        test_heap heap = {.fail_at = 0};
        imgvec_error err;
        char *path = NULL;
        imgvec_context *ctx = test_heap_context(&heap);
        heap.fail_at = atomic_load(&heap.calls) + k;
        imgvec_status status = iv_weights_find(ctx, "resnet50", f.path, &path, &err);
        if (status != IMGVEC_OK)
            assert_int_equal(status, IMGVEC_ERR_NO_MEMORY);
        iv_free(ctx, path);
        imgvec_context_free(ctx);
        assert_int_equal(atomic_load(&heap.live), 0);
        if (status == IMGVEC_OK)
            break;
        assert_true(k < 100);
    }
    folder_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sound),
        cmocka_unit_test(rows_equal_the_parity_kit),
        cmocka_unit_test(found_by_names),
        cmocka_unit_test(published_names_are_looked_up),
        cmocka_unit_test(name_decides_variant_and_input),
        cmocka_unit_test(facts_of_timms_tf_networks),
        cmocka_unit_test(sha256_of_known_texts),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(scan_survives_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, test_context_begin, test_context_end);
}
