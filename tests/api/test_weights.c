/* What the public functions say of weights: a folder made for it, no network needed. */
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include <imgvec/imgvec.h>

#include "base/context.h"
#include "base/file.h"
#include "fake_executor.h"
#include "io/json.h"
#include "net/backbones.h"
#include "tiny_backbone.h"

/* A text whose SHA-256 begins with the eight digits that this published name carries. */
#define SMALL_FILE "tf_efficientnet_b0_ns-c0e6a31c.pth"
#define SMALL_TEXT "imgvec test 66406779\n"

typedef struct room {
    imgvec_context *ctx;
    char folder[64];
} room;

static void put(const room *r, const char *name, const char *content)
{
    char path[160];
    imgvec_error err;
    snprintf(path, sizeof path, "%s/%s", r->folder, name);
    assert_ok(iv_file_write(r->ctx, path, content, strlen(content), &err));
}

static int begin(void **state)
{
    room *r = calloc(1, sizeof *r);
    r->ctx = test_context();
    strcpy(r->folder, "/tmp/imgvec-test-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    setenv("XDG_DATA_HOME", "/nowhere", 1);
    unsetenv("IMGVEC_WEIGHTS");
    put(r, "resnet50-0676ba61.pth", "five!");
    put(r, "resnet50_a1_0-14fe96d1.pth", "anything");
    put(r, SMALL_FILE, SMALL_TEXT);
    put(r, "resnet18-mine.pth", "");
    *state = r;
    return 0;
}

static int finish(void **state)
{
    room *r = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", r->folder);
    int failed = system(command);
    imgvec_context_free(r->ctx);
    free(r);
    return failed;
}

static const iv_json *parse(const room *r, const char *text, iv_json_document **doc)
{
    imgvec_error err;
    assert_ok(iv_json_parse(r->ctx, text, strlen(text), 0, 0, doc, &err));
    return iv_json_root(*doc);
}

static const char *word(const iv_json *object, const char *name)
{
    const iv_json *v = iv_json_get(object, name);
    assert_non_null(v);
    return v->type == IV_JSON_TEXT ? v->as.text : "";
}

static bool ends(const char *text, const char *with)
{
    size_t n = strlen(text), m = strlen(with);
    return n >= m && strcmp(text + n - m, with) == 0;
}

static void list_tells_known_and_present(void **state)
{
    const room *r = *state;
    imgvec_error err;
    char *text = NULL;
    iv_json_document *doc;
    assert_ok(imgvec_weights_list(r->ctx, r->folder, &text, &err));
    const iv_json *root = parse(r, text, &doc), *row;
    assert_string_equal(word(root, "kind"), "weights");
    assert_string_equal(word(iv_json_get(root, "folders")->as.first, "path"), r->folder);
    assert_int_equal(iv_json_get(root, "published")->count, imgvec_weights_count());
    assert_int_equal(iv_json_get(root, "present")->count, 4);
    int chosen = 0;
    for (row = iv_json_get(root, "present")->as.first; row; row = row->next)
        chosen += iv_json_get(row, "chosen")->as.boolean;
    assert_int_equal(chosen, 3);
    for (row = iv_json_get(root, "published")->as.first; row; row = row->next) {
        bool here = *word(row, "path") != '\0';
        if (strcmp(word(row, "file"), "resnet50-0676ba61.pth") == 0) {
            assert_true(here && ends(word(row, "path"), "/resnet50-0676ba61.pth"));
            assert_int_equal(iv_json_get(row, "bytes")->as.integer, 102530333);
            assert_string_equal(word(row, "interpolation"), "bilinear");
        } else if (strcmp(word(row, "file"), "resnet50-11ad3fa6.pth") == 0) {
            assert_false(here);
            assert_int_equal(iv_json_get(row, "resize")->as.integer, 232);
        }
    }
    iv_json_free(doc);
    imgvec_text_free(text);
}

static void verify_tells_each_file(void **state)
{
    const room *r = *state;
    imgvec_error err;
    char *text = NULL;
    iv_json_document *doc;
    assert_ok(imgvec_weights_verify(r->ctx, NULL, r->folder, NULL, &text, &err));
    const iv_json *root = parse(r, text, &doc), *file;
    assert_int_equal(iv_json_get(root, "ok")->as.integer, 1);
    assert_int_equal(iv_json_get(root, "damaged")->as.integer, 2);
    assert_int_equal(iv_json_get(root, "unknown")->as.integer, 1);
    for (file = iv_json_get(root, "files")->as.first; file; file = file->next) {
        const char *path = word(file, "path"), *status = word(file, "status");
        if (ends(path, "/resnet50-0676ba61.pth") || ends(path, "/resnet50_a1_0-14fe96d1.pth"))
            assert_string_equal(status, "damaged");
        else if (ends(path, "/" SMALL_FILE))
            assert_string_equal(status, "ok");
        else
            assert_string_equal(status, "unknown");
    }
    iv_json_free(doc);
    imgvec_text_free(text);
}

/* Under another name a file is known by its digest. */
static void verify_knows_a_renamed_file(void **state)
{
    const room *r = *state;
    imgvec_error err;
    char path[160], *text = NULL;
    put(r, "copy.bin", SMALL_TEXT);
    snprintf(path, sizeof path, "%s/copy.bin", r->folder);
    assert_ok(imgvec_weights_verify(r->ctx, path, NULL, NULL, &text, &err));
    assert_non_null(strstr(text, "\"status\": \"ok\""));
    assert_non_null(strstr(text, "by its SHA-256 it is " SMALL_FILE));
    imgvec_text_free(text);
    assert_int_equal(unlink(path), 0);
}

static int32_t stop(void *user, const imgvec_progress *now)
{
    (void)now;
    return ++*(int *)user;
}

static void both_can_be_stopped(void **state)
{
    const room *r = *state;
    imgvec_error err;
    char *text = NULL;
    double speed = 0;
    int calls = 0;
    const imgvec_watch watch = {.size = sizeof watch, .user = &calls, .progress = stop};
    assert_fails(imgvec_weights_verify(r->ctx, NULL, r->folder, &watch, &text, &err),
                 IMGVEC_ERR_CANCELLED, "checking");
    assert_null(text);
    atomic_store(&r->ctx->executor, &fake_executor);
    iv_backbone_for_tests = &tiny_backbone;
    assert_fails(imgvec_backbone_measure(r->ctx, "tiny", NULL, &watch, &speed, &err),
                 IMGVEC_ERR_CANCELLED, "measuring tiny");
    assert_int_equal(calls, 2);
    iv_backbone_for_tests = NULL;
}

static int32_t note(void *user, const imgvec_progress *now)
{
    *(imgvec_progress *)user = *now;
    return 0;
}

static void measures(void **state)
{
    const room *r = *state;
    imgvec_error err;
    imgvec_options *opts = NULL;
    imgvec_progress last = {0};
    double speed = 0;
    const imgvec_watch watch = {.size = sizeof watch, .user = &last, .progress = note};
    atomic_store(&r->ctx->executor, &fake_executor);
    iv_backbone_for_tests = &tiny_backbone;
    assert_ok(imgvec_options_new(r->ctx, IMGVEC_JOB_EMBED, &opts, &err));
    assert_ok(imgvec_options_set_i64(opts, IMGVEC_OPT_THREADS, 2, &err));
    assert_ok(imgvec_backbone_measure(r->ctx, "tiny", opts, &watch, &speed, &err));
    assert_true(speed > 10 && speed < 1e9);
    assert_int_equal(last.finished, 1);
    assert_int_equal(last.done, last.total);
    assert_ok(imgvec_options_set_text(opts, IMGVEC_OPT_DEVICE, "abacus", &err));
    assert_fails(imgvec_backbone_measure(r->ctx, "tiny", opts, NULL, &speed, &err),
                 IMGVEC_ERR_UNSUPPORTED, "abacus");
    imgvec_options_free(opts);
    iv_backbone_for_tests = NULL;
}

/* Any allocation may fail: NO_MEMORY, nothing left behind, and the next call works. */
static void survives_lack_of_memory(void **state)
{
    const room *r = *state;
    for (int verify = 0; verify < 2; verify++)
        for (long k = 1;; k++) {
            test_heap heap = {.fail_at = 0};
            imgvec_error err;
            char *text = NULL;
            imgvec_context *ctx = test_heap_context(&heap);
            heap.fail_at = atomic_load(&heap.calls) + k;
            imgvec_status status =
                verify ? imgvec_weights_verify(ctx, NULL, r->folder, NULL, &text, &err)
                       : imgvec_weights_list(ctx, r->folder, &text, &err);
            if (status != IMGVEC_OK) {
                assert_int_equal(status, IMGVEC_ERR_NO_MEMORY);
                assert_null(text);
            }
            imgvec_text_free(text);
            imgvec_context_free(ctx);
            assert_int_equal(atomic_load(&heap.live), 0);
            if (status == IMGVEC_OK)
                break;
            assert_true(k < 200);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_tells_known_and_present),
        cmocka_unit_test(verify_tells_each_file),
        cmocka_unit_test(verify_knows_a_renamed_file),
        cmocka_unit_test(both_can_be_stopped),
        cmocka_unit_test(measures),
        cmocka_unit_test(survives_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, begin, finish);
}
