/* Weights files under names of their own: known by their digest, or said to be unknown. */
#include "allocations.h"

#include "net/recognise.h"
#include "net/verify.h"
#include "tiny_backbone.h"
#include "weights_folder.h"

typedef struct lines {
    int count;
    char last[2048];
} lines;

static void keep_line(void *user, int32_t level, const char *text)
{
    lines *l = user;
    assert_int_equal(level, IMGVEC_LOG_NOTICE);
    snprintf(l->last, sizeof l->last, "%s", text);
    l->count++;
}

/* As loads_as, with the notices of it. */
static lines heard(const folder *f, const char *id, const char *name, const char *variant,
                   int resize, int crop, int bicubic, float mean)
{
    lines l = {.count = 0};
    imgvec_error err;
    assert_ok(imgvec_context_set_log(f->ctx, IMGVEC_LOG_NOTICE, keep_line, &l, &err));
    loads_as(f, id, name, variant, resize, crop, bicubic, mean);
    assert_ok(imgvec_context_set_log(f->ctx, IMGVEC_LOG_NONE, NULL, NULL, &err));
    return l;
}

/* A bare name tells nothing, and neither does the digest of these random weights. */
static void unknown_file_is_told(void **state)
{
    folder f;
    folder_begin(&f, *state);
    save(&f, "mobilenetv2", IV_TORCHVISION, "mobilenetv2.safetensors", NULL, NULL);
    lines l =
        heard(&f, "mobilenetv2", "mobilenetv2.safetensors", "torchvision", 256, 224, 0, 0.485f);
    assert_int_equal(l.count, 1);
    assert_string_equal(
        l.last,
        "mobilenetv2.safetensors is no published checkpoint by its name or SHA-256 and does not "
        "say how its images are prepared: taken as usual for mobilenetv2, 256 > 224, bilinear, "
        "mean 0.485/0.456/0.406, std 0.229/0.224/0.225; published weights of mobilenetv2 also "
        "want: 232 > 224, bilinear (mobilenet_v2-7ebf99e0.pth); 256 > 224, bicubic "
        "(mobilenetv2_100_ra-b33bc2c4.pth); if it is one of them, give it that name");

    /* Statistics are named where they are others; a file of another backbone's name is none. */
    save(&f, "efficientnetb0", IV_TIMM_TF, "efficientnetb0-timm_tf.safetensors", NULL, NULL);
    l = heard(&f, "efficientnetb0", "efficientnetb0-timm_tf.safetensors", "timm_tf", 256, 224, 1,
              0.485f);
    assert_int_equal(l.count, 1);
    assert_non_null(strstr(l.last, "; published weights of efficientnetb0 also want: 248 > 224, "
                                   "bicubic, mean 0.5, std 0.5 (efficientnet_b0.ra4_e3600_"
                                   "r224_in1k.safetensors); 256 > 224, bicubic, mean 0.5, std 0.5 "
                                   "(tf_efficientnet_b0_ap-f262efe1.pth); if it is"));
    save(&f, "resnet18", IV_TORCHVISION, "resnet34-b627a593.safetensors", NULL, NULL);
    l = heard(&f, "resnet18", "resnet34-b627a593.safetensors", "", 256, 224, 0, 0.485f);
    assert_int_equal(l.count, 1);
    folder_end(&f);
}

static void known_file_is_not(void **state)
{
    folder f;
    folder_begin(&f, *state);
    save(&f, "resnet18", IV_TORCHVISION, "resnet18_a3_0-40c531c8.safetensors", NULL, NULL);
    save(&f, "resnet18", IV_TORCHVISION, "resnet18.safetensors", "interpolation", "bicubic");
    assert_int_equal(
        heard(&f, "resnet18", "resnet18_a3_0-40c531c8.safetensors", "", 168, 160, 1, 0.485f).count,
        0); /* its name tells */
    assert_int_equal(heard(&f, "resnet18", "resnet18.safetensors", "", 256, 224, 1, 0.485f).count,
                     0); /* it tells itself */
    folder_end(&f);
}

/* The row whose digest a file has, beside the table; at most `digits` of it. */
static iv_published row_of(const folder *f, const char *name, int digits, char sha256[65])
{
    imgvec_error err;
    iv_verified is;
    iv_watch watch;
    char path[256];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    assert_ok(iv_watch_init(&watch, NULL, &err));
    assert_ok(iv_weights_verify(f->ctx, path, &watch, &is, &err));
    snprintf(sha256, 65, "%.*s", digits, is.sha256);
    return (iv_published){.id = "tiny",
                          .variant = IV_TORCHVISION,
                          .tag = "tiny.one",
                          .file = "tiny-one.pth",
                          .sha256 = sha256,
                          .bytes = is.bytes,
                          .input = {.resize = 20,
                                    .crop = 16,
                                    .bicubic = 1,
                                    .mean = {0.25f, 0.25f, 0.25f},
                                    .std = {1, 1, 1}}};
}

static void renamed_file_is_known_by_its_digest(void **state)
{
    folder f;
    char sha256[65];
    folder_begin(&f, *state);
    iv_backbone_for_tests = &tiny_backbone;
    save(&f, "tiny", IV_TORCHVISION, "tiny.safetensors", NULL, NULL);
    for (int digits = 8; digits <= 64; digits += 56) {
        iv_published row = row_of(&f, "tiny.safetensors", digits, sha256);
        iv_published_for_tests = &row;
        lines l = heard(&f, "tiny", "tiny.safetensors", "", 20, 16, 1, 0.25f);
        assert_int_equal(l.count, 0);
        row.bytes = 0; /* not published */
        l = heard(&f, "tiny", "tiny.safetensors", "", 20, 16, 1, 0.25f);
        assert_int_equal(l.count, 0);

        /* Other bytes, another size, another backbone. */
        sha256[7] = sha256[7] == '0' ? '1' : '0';
        l = heard(&f, "tiny", "tiny.safetensors", "", 18, 16, 0, 0.5f);
        assert_string_equal(
            l.last, "tiny.safetensors is no published checkpoint by its name or SHA-256 and does "
                    "not say how its images are prepared: taken as usual for tiny, 18 > 16, "
                    "bilinear, mean 0.5, std 0.25");
        row = row_of(&f, "tiny.safetensors", digits, sha256);
        row.bytes++;
        l = heard(&f, "tiny", "tiny.safetensors", "", 18, 16, 0, 0.5f);
        assert_int_equal(l.count, 1);
        row = row_of(&f, "tiny.safetensors", digits, sha256);
        row.id = "resnet18";
        l = heard(&f, "tiny", "tiny.safetensors", "", 18, 16, 0, 0.5f);
        assert_int_equal(l.count, 1);
        iv_published_for_tests = NULL; /* before the row's scope ends */
    }

    /* What a file says itself comes first. */
    save(&f, "tiny", IV_TORCHVISION, "tiny-own.safetensors", "resize", "30");
    iv_published row = row_of(&f, "tiny-own.safetensors", 8, sha256);
    iv_published_for_tests = &row;
    lines l = heard(&f, "tiny", "tiny-own.safetensors", "", 30, 16, 0, 0.5f);
    assert_int_equal(l.count, 0);
    iv_published_for_tests = NULL;
    iv_backbone_for_tests = NULL;
    folder_end(&f);
}

static imgvec_status load_file(imgvec_context *ctx, void *user, imgvec_error *err)
{
    folder f = *(const folder *)user;
    iv_network *net = NULL;
    f.ctx = ctx;
    imgvec_status status = load(&f, "tiny", "tiny.safetensors", &net, err);
    iv_network_free(net);
    return status;
}

static void failing_allocations_are_survived(void **state)
{
    folder f;
    char sha256[65];
    folder_begin(&f, *state);
    iv_backbone_for_tests = &tiny_backbone;
    save(&f, "tiny", IV_TORCHVISION, "tiny.safetensors", NULL, NULL);
    iv_published row = row_of(&f, "tiny.safetensors", 8, sha256);
    iv_published_for_tests = &row;
    assert_true(fail_each_allocation(load_file, &f) > 100);
    sha256[0] = 'x'; /* and with a notice */
    assert_true(fail_each_allocation(load_file, &f) > 100);
    iv_published_for_tests = NULL;
    iv_backbone_for_tests = NULL;
    folder_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_file_is_told),
        cmocka_unit_test(known_file_is_not),
        cmocka_unit_test(renamed_file_is_known_by_its_digest),
        cmocka_unit_test(failing_allocations_are_survived),
    };
    return cmocka_run_group_tests(tests, test_context_begin, test_context_end);
}
