/* The sheet of a dataset in memory: its layout, what is on it, and what goes wrong. */
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

#include <imgvec/augment.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"

enum { TILE = 160, STEP = 164, LINE = 24, GAP = 4, ROWS = 5 };

static char path[64];

/* Images whose left half is darker than their right one, each of another level. */
static imgvec_dataset *make(imgvec_context *ctx, int damaged)
{
    imgvec_dataset *ds;
    imgvec_error err;
    if (imgvec_dataset_new(ctx, &ds, &err) != IMGVEC_OK)
        return NULL;
    bool ok = imgvec_dataset_add_column(ds, "photo", IMGVEC_COLUMN_IMAGE, &err) == IMGVEC_OK;
    for (int i = 0; ok && i < ROWS; i++) {
        uint8_t pixels[32 * 32 * 3];
        for (int k = 0; k < 32 * 32; k++)
            memset(pixels + 3 * k, k % 32 < 16 ? 20 + 10 * i : 140 + 20 * i, 3);
        if (i < damaged)
            ok = imgvec_dataset_append_bytes(ds, "photo", "no image", 8, &err) == IMGVEC_OK;
        else
            ok = imgvec_dataset_append_pixels(ds, "photo", pixels, 32, 32, 0, IMGVEC_PIXELS_RGB,
                                              &err) == IMGVEC_OK;
    }
    if (ok)
        return ds;
    imgvec_dataset_free(ds);
    return NULL;
}

static imgvec_status sheet(imgvec_context *ctx, int damaged, const char *options,
                           const imgvec_watch *watch, imgvec_error *err)
{
    imgvec_options *opts = NULL;
    imgvec_dataset *ds = make(ctx, damaged);
    imgvec_status status =
        ds ? imgvec_options_new(ctx, IMGVEC_JOB_AUGMENT, &opts, err) : IMGVEC_ERR_NO_MEMORY;
    if (status == IMGVEC_OK)
        status = imgvec_options_set_json(opts, options, err);
    if (status == IMGVEC_OK)
        status = imgvec_augment_sheet(ctx, ds, opts, watch, path, err);
    imgvec_options_free(opts);
    imgvec_dataset_free(ds);
    return status;
}

static iv_image read_sheet(imgvec_context *ctx)
{
    char *data;
    size_t size;
    iv_image image;
    imgvec_error err;
    assert_ok(iv_file_read(ctx, path, 0, &data, &size, &err));
    assert_string_equal(iv_image_format(data, size), "PNG");
    assert_ok(iv_image_decode(ctx, data, size, NULL, IV_IMAGE_UPRIGHT, &image, &err));
    iv_free(ctx, data);
    return image;
}

/* A point of the tile in column `column` of image row `row` of block `block`. */
static int level(const iv_image *image, int images, int block, int row, int column, int x, int y)
{
    int top = LINE + block * (LINE + images * STEP) + LINE + row * STEP;
    return image->pixels[3 * ((top + y) * image->width + GAP + column * STEP + x)];
}

static void test_layout(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    assert_ok(sheet(ctx, 0,
                    "{\"augment\": \"HorizontalFlip(p=0.01),RandomBrightnessContrast("
                    "brightness_limit=(0.2, 0.2), contrast_limit=0, p=0)\", \"images\": 3, "
                    "\"versions\": 2}",
                    NULL, &err));
    iv_image image = read_sheet(ctx);
    assert_int_equal(image.width, GAP + 3 * STEP);
    assert_int_equal(image.height, LINE + 3 * (LINE + 3 * STEP));
    for (int row = 0; row < 3; row++) {
        int left = level(&image, 3, 0, row, 0, 20, 80),
            right = level(&image, 3, 0, row, 0, 140, 80);
        assert_true(left < right);
        assert_true(row == 0 || left != level(&image, 3, 0, row - 1, 0, 20, 80));
        for (int version = 1; version <= 2; version++) {
            /* Always applied, whatever p. */
            assert_int_equal(level(&image, 3, 0, row, version, 20, 80), right);
            assert_int_equal(level(&image, 3, 1, row, version, 20, 80), left + 51);
            /* Together with p: neither, this time. */
            assert_int_equal(level(&image, 3, 2, row, version, 20, 80), left);
        }
    }
    iv_image_free(ctx, &image);
    imgvec_context_free(ctx);
}

static void test_same_seed_same_file(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    char *data[3];
    size_t size[3];
    static const char *const options[] = {
        "{\"augment\": \"all\", \"images\": 1, \"versions\": 2, \"seed\": 1}",
        "{\"augment\": \"all\", \"images\": 1, \"versions\": 2, \"seed\": 1}",
        "{\"augment\": \"all\", \"images\": 1, \"versions\": 2, \"seed\": 2}",
    };
    for (int i = 0; i < 3; i++) {
        assert_ok(sheet(ctx, 0, options[i], NULL, &err));
        assert_ok(iv_file_read(ctx, path, 0, &data[i], &size[i], &err));
    }
    assert_true(size[0] == size[1] && memcmp(data[0], data[1], size[0]) == 0);
    assert_true(size[0] != size[2] || memcmp(data[0], data[2], size[0]) != 0);
    for (int i = 0; i < 3; i++)
        iv_free(ctx, data[i]);
    imgvec_context_free(ctx);
}

static void count_problem(void *user, const imgvec_problem *problem)
{
    assert_string_equal(problem->column, "photo");
    assert_true(problem->row < 3 && problem->reason[0]);
    ++*(int *)user;
}

static void test_bad_images(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    int problems = 0;
    imgvec_watch watch = {.size = sizeof watch, .user = &problems, .problem = count_problem};
    assert_ok(sheet(ctx, 3, "{\"images\": 4, \"versions\": 1}", &watch, &err));
    assert_int_equal(problems, 3);
    iv_image image = read_sheet(ctx);
    assert_int_equal(image.height, LINE + LINE + 2 * STEP); /* the two that there are */
    iv_image_free(ctx, &image);
    unlink(path);
    assert_fails(sheet(ctx, ROWS, "{}", NULL, &err), IMGVEC_ERR_DATA, "photo");
    assert_int_equal(access(path, F_OK), -1);
    imgvec_context_free(ctx);
}

static int32_t stop_now(void *user, const imgvec_progress *now)
{
    (void)user;
    (void)now;
    return 1;
}

static void test_refusals(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    imgvec_watch watch = {.size = sizeof watch, .progress = stop_now};
    assert_fails(sheet(ctx, 0, "{\"augment\": \"Blurr\"}", NULL, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "Blurr");
    assert_fails(sheet(ctx, 0, "{\"augment\": \"none\"}", NULL, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "nothing to show");
    assert_fails(sheet(ctx, 0, "{\"images\": 0}", NULL, &err), IMGVEC_ERR_INVALID_ARGUMENT,
                 "images");
    assert_fails(sheet(ctx, 0, "{\"images\": 1000, \"versions\": 100}", NULL, &err),
                 IMGVEC_ERR_LIMIT, "too large");
    assert_fails(sheet(ctx, 0, "{}", &watch, &err), IMGVEC_ERR_CANCELLED, "");
    imgvec_dataset *ds;
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    assert_ok(imgvec_dataset_add_column(ds, "n", IMGVEC_COLUMN_NUMERIC, &err));
    assert_ok(imgvec_dataset_append_number(ds, "n", 1, &err));
    assert_fails(imgvec_augment_sheet(ctx, ds, NULL, NULL, path, &err), IMGVEC_ERR_DATA,
                 "no column holds images");
    imgvec_dataset_free(ds);
    ds = make(ctx, 0);
    assert_fails(imgvec_augment_sheet(ctx, ds, NULL, NULL, "/nowhere/at/all.png", &err),
                 IMGVEC_ERR_NOT_FOUND, "/nowhere/at/all.png");
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

static void test_memory_fails(void **state)
{
    (void)state;
    test_heap heap = {0};
    imgvec_error err;
    /* Encoding makes thousands of calls, which test_encode.c fails one by one: here every
     * call up to the drawing, then one in 997. */
    bool done = false;
    for (long k = 1; !done; k += k < 300 ? 1 : 997) {
        heap.fail_at = 0;
        imgvec_context *ctx = test_heap_context(&heap);
        atomic_store(&heap.calls, 0);
        heap.fail_at = k;
        imgvec_status status = sheet(
            ctx, 1, "{\"augment\": \"Blur,MixUp\", \"images\": 1, \"versions\": 1}", NULL, &err);
        done = atomic_load(&heap.calls) < k;
        heap.fail_at = 0;
        if (done)
            assert_ok(status);
        else
            assert_int_equal(status, IMGVEC_ERR_NO_MEMORY);
        imgvec_context_free(ctx);
        assert_int_equal(atomic_load(&heap.live), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),       cmocka_unit_test(test_same_seed_same_file),
        cmocka_unit_test(test_bad_images),   cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_memory_fails),
    };
    snprintf(path, sizeof path, "/tmp/imgvec-sheet-%ld.png", (long)getpid());
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
