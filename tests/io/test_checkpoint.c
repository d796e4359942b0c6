#include "pth_test.h"

#include <time.h>

#include "io/safetensors.h"
#include "io/zip_writer.h"
#include "make_zip.h"

static void refuses_other_containers(void **state)
{
    (void)state;
    iv_tensors *set;
    pth_bytes p = {0};
    PTH(&p, ONE_TENSOR);
    pth_bytes f = make_pth_zip(&p, &one_storage, 1, "big");
    assert_fails(open_bytes(f.data, f.size, &set), IMGVEC_ERR_UNSUPPORTED, "little-endian");
    free(f.data);
    f = make_pth_legacy(&p, &one_storage, 1);
    unsigned char *little = memchr(f.data, 0x88, f.size);
    *little = 0x89;
    assert_fails(open_bytes(f.data, f.size, &set), IMGVEC_ERR_UNSUPPORTED, "little-endian");
    *little = 0x88;
    f.data[17] = 'K'; /* where the version begins */
    assert_int_equal(open_bytes(f.data, f.size, &set), IMGVEC_ERR_FORMAT);
    f.data[17] = 'M';
    f.data[18]++;
    assert_fails(open_bytes(f.data, f.size, &set), IMGVEC_ERR_FORMAT, "version");
    f.data[18]--;
    assert_int_equal(iv_checkpoint_open(ctx, memory_file(f.data, f.size), f.size, &set, &err),
                     IMGVEC_OK);
    iv_tensors_free(set);
    assert_fails(iv_checkpoint_open(ctx, memory_file(f.data, f.size), 100, &set, &err),
                 IMGVEC_ERR_LIMIT, "100 bytes");
    free(f.data);

    zip_part parts[3] = {{.name = "a/data.pkl", .data = p.data, .size = p.size},
                         {.name = "b/data.pkl", .data = p.data, .size = p.size},
                         {.name = "a/data/0", .data = values, .size = sizeof values}};
    f.data = make_zip(parts, 3, NULL, &f.size);
    assert_fails(open_bytes(f.data, f.size, &set), IMGVEC_ERR_FORMAT, "two folders");
    free(f.data);
    parts[1].name = "a/constants.pkl";
    f.data = make_zip(parts, 3, NULL, &f.size);
    assert_fails(open_bytes(f.data, f.size, &set), IMGVEC_ERR_UNSUPPORTED, "TorchScript");
    free(f.data);
    parts[0].name = "data.pkl";
    f.data = make_zip(parts, 3, NULL, &f.size);
    assert_fails(open_bytes(f.data, f.size, &set), IMGVEC_ERR_FORMAT, "data.pkl");
    free(f.data);
    for (int deflated = 0; deflated < 2; deflated++) { /* a folder of another name, packed */
        parts[0].name = "my model/data.pkl";
        parts[1].name = "my model/x/data.pkl";
        parts[2].name = "my model/data/0";
        parts[0].deflated = parts[2].deflated = deflated;
        parts[0].descriptor = parts[2].zip64 = true;
        f.data = make_zip(parts, 3, NULL, &f.size);
        assert_ok(open_bytes(f.data, f.size, &set));
        assert_memory_equal(set->items[0].data, values, sizeof values);
        iv_tensors_free(set);
        free(f.data);
        parts[2].crc_off = 1;
        f.data = make_zip(parts, 3, NULL, &f.size);
        assert_fails(open_bytes(f.data, f.size, &set), IMGVEC_ERR_FORMAT, "CRC");
        free(f.data);
        parts[2].crc_off = 0;
    }
    assert_fails(iv_checkpoint_open(ctx, memory_file(p.data, p.size), 99, &set, &err),
                 IMGVEC_ERR_FORMAT, "magic number");
    free(p.data);
    char tar[1024] = "sys_info";
    memcpy(tar + 257, "ustar", 5);
    assert_fails(open_bytes(tar, sizeof tar, &set), IMGVEC_ERR_UNSUPPORTED, "torch 0.1");
    assert_int_equal(open_bytes("", 0, &set), IMGVEC_ERR_FORMAT);
    assert_int_equal(iv_checkpoint_open(ctx, "/nonexistent", 0, &set, &err), IMGVEC_ERR_NOT_FOUND);
    assert_int_equal(iv_checkpoint_open(ctx, "/nonexistent", 0, &set, NULL), IMGVEC_ERR_NOT_FOUND);
}

static pth_bytes sample(int legacy)
{
    pth_bytes p = {0};
    const pth_storage two[2] = {one_storage, {"1", values, 12, 3}};
    PTH(&p, HEAD "}(");
    pth_put_text(&p, "conv.weight");
    pth_put_tensor(&p, &(pth_view){"FloatStorage", "0", 8, 0, 2, {4, 2}, {1, 4}, legacy});
    pth_put_text(&p, "conv.bias");
    pth_put_floats(&p, "1", 3, legacy);
    PTH(&p, "u.");
    pth_bytes f = legacy ? make_pth_legacy(&p, two, 2) : make_pth_zip(&p, two, 2, "little");
    free(p.data);
    return f;
}

/* Cut anywhere: refused. Any one bit changed: refused or read, and never more than that. */
static void survives_damage(void **state)
{
    (void)state;
    for (int legacy = 0; legacy < 2; legacy++) {
        int read = 0;
        iv_tensors *set;
        pth_bytes f = sample(legacy);
        assert_ok(open_bytes(f.data, f.size, &set));
        assert_int_equal(set->count, 2);
        iv_tensors_free(set);
        for (size_t n = 0; n < f.size; n++)
            if (open_bytes(f.data, n, &set) == IMGVEC_OK)
                fail_msg("%zu of %zu bytes were accepted", n, f.size);
        for (size_t bit = 0; bit < 8 * f.size; bit++) {
            f.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
            read += open_bytes(f.data, f.size, &set) == IMGVEC_OK;
            iv_tensors_free(set);
            f.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        printf("# %s: %zu bytes, %d of %zu flipped bits are seen by nobody\n",
               legacy ? "legacy" : "zip", f.size, read, 8 * f.size);
        free(f.data);
    }
}

static imgvec_status open_job(imgvec_context *c, void *user, imgvec_error *e)
{
    iv_tensors *set = NULL;
    imgvec_status status = iv_checkpoint_open(c, user, 0, &set, e);
    assert_true((set != NULL) == (status == IMGVEC_OK));
    iv_tensors_free(set);
    return status;
}

static void allocation_failures(void **state)
{
    (void)state;
    for (int legacy = 0; legacy < 2; legacy++) {
        pth_bytes f = sample(legacy);
        const char *path = memory_file(f.data, f.size);
        free(f.data);
        printf("# %ld allocations failed\n",
               fail_each_allocation(open_job, (void *)(uintptr_t)path));
    }
}

static void check_fixture(imgvec_context *c, const char *name, const char *path, int accept,
                          const char *note)
{
    iv_tensors *set = NULL;
    imgvec_status status = iv_checkpoint_open(c, path, 0, &set, &err);
    if ((status == IMGVEC_OK) != accept)
        fail_msg("%s (%s): %s", name, note, status == IMGVEC_OK ? "accepted" : err.text);
    printf("# %s: %s\n", name, status == IMGVEC_OK ? "read" : err.text);
    if (!accept && strstr(name, "callable"))
        assert_non_null(strstr(err.text, "builtins.print"));
    if (!accept && strstr(name, "crc"))
        assert_non_null(strstr(err.text, "CRC"));
    if (!accept && strstr(name, "nan"))
        assert_non_null(strstr(err.text, "tensor fc.weight"));
    if (accept)
        compare_weights(c, name, set);
    iv_tensors_free(set);
}

static void fixtures(void **state)
{
    (void)state;
    printf("# %d checkpoints\n", each_fixture(ctx, "weights", "", check_fixture));
}

static imgvec_status to_file(void *user, const void *data, size_t size, imgvec_error *e)
{
    (void)e;
    return fwrite(data, 1, size, user) == size ? IMGVEC_OK : IMGVEC_ERR_IO;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Best of three, so that one slow moment of the machine does not count. */
static void measure(const char *what, const char *path)
{
    double reading = 1e9, loading = 1e9;
    for (int i = 0; i < 3; i++) {
        char *data;
        size_t size;
        iv_tensors *set;
        double begin = seconds();
        assert_ok(iv_file_read(ctx, path, 0, &data, &size, &err));
        double middle = seconds();
        iv_free(ctx, data);
        double again = seconds();
        assert_ok(iv_checkpoint_open(ctx, path, 0, &set, &err));
        double end = seconds();
        assert_int_equal(set->count, 50);
        iv_tensors_free(set);
        reading = middle - begin < reading ? middle - begin : reading;
        loading = end - again < loading ? end - again : loading;
    }
    printf("# 100 MB as %s: read in %.0f ms, loaded in %.0f ms: %.2f times\n", what, 1e3 * reading,
           1e3 * loading, loading / reading);
    assert_true(loading < 10 * reading + 1);
}

static void loads_as_fast_as_the_file_is_read(void **state)
{
    (void)state;
    enum { TENSORS = 50, EACH = 524288 };
    float *data = malloc(EACH * sizeof *data);
    for (int i = 0; i < EACH; i++)
        data[i] = (float)i / EACH;
    char path[64], key[20];
    snprintf(path, sizeof path, "%s", write_temporary("", 0));
    FILE *f = fopen(path, "wb");
    iv_zip_writer *w;
    pth_bytes p = {0};
    PTH(&p, HEAD "}(");
    for (int i = 0; i < TENSORS; i++) {
        snprintf(key, sizeof key, "%d", i);
        pth_put_text(&p, key);
        pth_put_floats(&p, key, EACH, 0);
    }
    PTH(&p, "u.");
    assert_ok(iv_zip_writer_new(ctx, to_file, f, &w, &err));
    assert_ok(iv_zip_writer_add(w, "m/data.pkl", p.data, p.size, &err));
    for (int i = 0; i < TENSORS; i++) {
        snprintf(key, sizeof key, "m/data/%d", i);
        assert_ok(iv_zip_writer_add(w, key, data, EACH * sizeof *data, &err));
    }
    assert_ok(iv_zip_writer_finish(w, &err));
    iv_zip_writer_free(w);
    assert_int_equal(fclose(f), 0);
    measure(".pth", path);

    iv_tensors *set;
    iv_tensor *t;
    void *bytes;
    size_t size;
    assert_ok(iv_tensors_new(ctx, &set, &err));
    for (int i = 0; i < TENSORS; i++) {
        snprintf(key, sizeof key, "%d", i);
        assert_ok(iv_tensors_add(set, key, 1, (int64_t[]){EACH}, &t, &err));
        memcpy(t->data, data, EACH * sizeof *data);
    }
    assert_ok(iv_safetensors_bytes(ctx, set, &bytes, &size, &err));
    iv_tensors_free(set);
    write_temporary(bytes, size);
    iv_free(ctx, bytes);
    measure(".safetensors", path);
    write_temporary("", 0);
    free(p.data);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_other_containers),
        cmocka_unit_test(survives_damage),
        cmocka_unit_test(allocation_failures),
        cmocka_unit_test(fixtures),
        cmocka_unit_test(loads_as_fast_as_the_file_is_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
