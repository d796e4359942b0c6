#include "io_test.h"

#include <math.h>

#include "io/safetensors.h"

static imgvec_context *ctx;
static imgvec_error err;

/* A file of this header and data; static. */
static size_t make(const char *header, const void *data, size_t size, unsigned char *out)
{
    uint64_t n = strlen(header);
    memcpy(out, &n, 8);
    memcpy(out + 8, header, n);
    if (size)
        memcpy(out + 8 + n, data, size);
    return 8 + n + size;
}

static imgvec_status parse_exact(const void *data, size_t size, iv_tensors **set)
{
    void *copy = malloc(size ? size : 1);
    memcpy(copy, data, size);
    *set = NULL;
    imgvec_status status = iv_safetensors_parse(ctx, "weights", copy, size, 0, set, &err);
    free(copy);
    assert_true((*set != NULL) == (status == IMGVEC_OK));
    return status;
}

/* From memory and from disk: the same answer, in words too. */
static imgvec_status read_both(const void *data, size_t size, iv_tensors **set)
{
    iv_tensors *from_disk = NULL;
    imgvec_status disk = iv_safetensors_open(ctx, write_temporary(data, size), 0, &from_disk, &err);
    char text[sizeof err.text];
    snprintf(text, sizeof text, "%s", err.text);
    imgvec_status memory = parse_exact(data, size, set);
    assert_int_equal(disk, memory);
    if (disk != IMGVEC_OK)
        assert_string_equal(strstr(text, ": "), strstr(err.text, ": "));
    iv_tensors_free(from_disk);
    return memory;
}

static void reads_every_dtype(void **state)
{
    (void)state;
    static const struct {
        const char *dtype;
        size_t size;
        unsigned char bytes[16];
        float values[2];
    } cases[] = {
        {"F32", 8, {0, 0, 0x80, 0x3E, 0, 0, 0, 0x41}, {0.25f, 8}},
        {"F16", 4, {0x01, 0x00, 0xFF, 0xFB}, {0x1p-24f, -65504}},
        {"BF16", 4, {0x80, 0x3F, 0x7F, 0xFF}, {1, -0x1.FEp127f}},
        {"F64",
         16,
         {0x9A, 0x99, 0x99, 0x99, 0x99, 0x99, 0xB9, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0},
         {0.1f, -2}},
        {"I64", 16, {0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 1}, {-1099511627776.0f, 1}},
        {"I32", 8, {0x90, 0xEE, 0xFE, 0xFF, 3}, {-70000, 3}},
        {"I16", 4, {0xD4, 0xFE, 5, 0}, {-300, 5}},
        {"I8", 2, {0xF9, 7}, {-7, 7}},
        {"U8", 2, {7, 255}, {7, 255}},
        {"BOOL", 2, {1, 0}, {1, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[200];
        unsigned char file[300];
        snprintf(header, sizeof header,
                 "{\"t\":{\"dtype\":\"%s\",\"shape\":[2],\"data_offsets\":[0,%zu]}}",
                 cases[i].dtype, cases[i].size);
        iv_tensors *set;
        assert_ok(read_both(file, make(header, cases[i].bytes, cases[i].size, file), &set));
        const iv_tensor *t = iv_tensors_find(set, "t");
        assert_non_null(t);
        assert_string_equal(t->dtype, cases[i].dtype);
        assert_int_equal(t->count, 2);
        assert_memory_equal(t->data, cases[i].values, sizeof cases[i].values);
        iv_tensors_free(set);
    }
}

/* Every half float against its definition. */
static void halves_are_exact(void **state)
{
    (void)state;
    size_t finite = 0;
    unsigned char *file = malloc(65536 * 2 + 300);
    uint16_t *halves = malloc(65536 * 2);
    for (unsigned h = 0; h < 65536; h++)
        if ((h & 0x7C00) != 0x7C00)
            halves[finite++] = (uint16_t)h;
    char header[200];
    snprintf(header, sizeof header,
             "{\"h\":{\"dtype\":\"F16\",\"shape\":[%zu],\"data_offsets\":[0,%zu]}}", finite,
             2 * finite);
    iv_tensors *set;
    assert_ok(read_both(file, make(header, halves, 2 * finite, file), &set));
    for (size_t i = 0; i < finite; i++) {
        unsigned h = halves[i], e = h >> 10 & 31, f = h & 1023;
        float value = e ? ldexpf((float)(1024 + f), (int)e - 25) : ldexpf((float)f, -24);
        assert_true(set->items[0].data[i] == (h & 0x8000 ? -value : value));
        assert_int_equal(signbit(set->items[0].data[i]) != 0, h >> 15);
    }
    iv_tensors_free(set);
    free(halves);
    free(file);
}

static void reads_shapes_and_metadata(void **state)
{
    (void)state;
    static const float data[] = {1, 2, 3, 4, 5, 6, 7};
    unsigned char file[600];
    /* In another order than in the file, a scalar, an empty tensor and padding behind. */
    size_t n = make("{\"m\":{\"data_offsets\":[4,28],\"dtype\":\"F32\",\"shape\":[2,3]},"
                    "\"none\":{\"dtype\":\"F32\",\"shape\":[4,0],\"data_offsets\":[4,4]},"
                    "\"__metadata__\":{\"format\":\"pt\",\"\":\"x\"},"
                    "\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}   ",
                    data, sizeof data, file);
    iv_tensors *set;
    assert_ok(read_both(file, n, &set));
    assert_int_equal(set->count, 3);
    const iv_tensor *m = iv_tensors_find(set, "m"), *s = iv_tensors_find(set, "s");
    char shape[64];
    iv_shape_text(m->rank, m->shape, shape, sizeof shape);
    assert_string_equal(shape, "[2, 3]");
    assert_memory_equal(m->data, data + 1, 24);
    assert_true(s->rank == 0 && s->count == 1 && s->data[0] == 1);
    assert_int_equal(iv_tensors_find(set, "none")->count, 0);
    assert_null(iv_tensors_find(set, "__metadata__"));
    assert_string_equal(iv_tensors_meta(set, "format"), "pt");
    assert_string_equal(iv_tensors_meta(set, ""), "x");
    assert_null(iv_tensors_meta(set, "absent"));
    iv_tensors_free(set);
    iv_tensors_free(NULL);
}

#define T(dtype, shape, offsets)                                                                   \
    "{\"t\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static void refuses_headers(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "[]",
        "{",
        " {}",
        "null",
        "{\"t\":1}",
        "{\"t\":{}}",
        "{\"t\":[]}",
        T("F33", "[2]", "[0,8]"),
        T("", "[2]", "[0,8]"),
        T("f32", "[2]", "[0,8]"),
        T("F32", "[3]", "[0,8]"),
        T("F32", "[1]", "[0,8]"),
        T("F32", "[2]", "[0,4]"),
        T("F32", "[2.0]", "[0,8]"),
        T("F32", "[-2]", "[0,8]"),
        T("F32", "[-1,-2]", "[0,8]"),
        T("F32", "2", "[0,8]"),
        T("F32", "[\"2\"]", "[0,8]"),
        T("F32", "[2]", "[8,0]"),
        T("F32", "[2]", "[-8,0]"),
        T("F32", "[2]", "[0]"),
        T("F32", "[2]", "[0,8,8]"),
        T("F32", "[2]", "[0,8.0]"),
        T("F32", "[2]", "8"),
        T("F32", "[2]", "[1,9]"),
        T("F32", "[2]", "[8,16]"),
        T("F32", "[4294967296,4294967296]", "[0,8]"),
        T("F32", "[9223372036854775807,3]", "[0,8]"),
        T("F32", "[9007199254740993]", "[0,8]"),
        T("F32", "[18446744073709551618]", "[0,8]"),
        T("F32", "[2]", "[0,18446744073709551624]"),
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2]}}",
        "{\"t\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}",
        "{\"t\":{\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":32,\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
        "\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]},"
        "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
        "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
        "{\"__metadata__\":{\"a\":1},\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"
        "}",
        "{\"__metadata__\":[],\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        T("F32", "[2]", "[0,8]") "x",
    };
    unsigned char file[600];
    static const float data[2] = {1, 2};
    iv_tensors *set;
    assert_ok(read_both(file, make(T("F32", "[2]", "[0,8]"), data, 8, file), &set));
    iv_tensors_free(set);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (read_both(file, make(bad[i], data, 8, file), &set) != IMGVEC_ERR_FORMAT)
            fail_msg("%s: %s", bad[i], set ? "accepted" : err.text);
    assert_int_equal(read_both(file, make("{}", data, 8, file), &set), IMGVEC_ERR_FORMAT);
    assert_int_equal(
        read_both(file, make(T("U8", "[1,1,1,1,1,1,1,1,8]", "[0,8]"), data, 8, file), &set),
        IMGVEC_ERR_LIMIT);
}

static void refuses_values_that_are_no_weights(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        unsigned char bytes[8];
    } bad[] = {{T("F32", "[2]", "[0,8]"), {0, 0, 0, 0, 0, 0, 0xC0, 0x7F}},
               {T("F32", "[2]", "[0,8]"), {0, 0, 0x80, 0xFF, 0, 0, 0, 0}},
               {T("F16", "[4]", "[0,8]"), {0, 0, 0, 0x7C}},
               {T("BF16", "[4]", "[0,8]"), {0, 0, 0, 0, 0, 0, 0x80, 0x7F}},
               {T("F64", "[1]", "[0,8]"), {0, 0, 0, 0, 0, 0, 0xF8, 0x7F}},
               {T("F64", "[1]", "[0,8]"), {0, 0, 0, 0, 0, 0, 0xE0, 0x7F}}}; /* 2^1023 */
    unsigned char file[300];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        iv_tensors *set;
        assert_fails(read_both(file, make(bad[i].header, bad[i].bytes, 8, file), &set),
                     IMGVEC_ERR_FORMAT, "tensor t");
    }
}

static void refuses_lengths(void **state)
{
    (void)state;
    unsigned char file[300];
    static const float data[2] = {1, 2};
    size_t n = make(T("F32", "[2]", "[0,8]"), data, 8, file);
    iv_tensors *set;
    for (size_t k = 0; k < n; k++) /* cut anywhere */
        assert_int_equal(read_both(file, k, &set), IMGVEC_ERR_FORMAT);
    file[n] = 0; /* one byte more */
    assert_int_equal(read_both(file, n + 1, &set), IMGVEC_ERR_FORMAT);
    static const uint64_t lengths[] = {0,         1,         UINT64_MAX, UINT64_MAX - 7,
                                       INT64_MAX, 100000001, 100000000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memcpy(file, &lengths[i], 8);
        assert_int_equal(read_both(file, n, &set), IMGVEC_ERR_FORMAT);
    }
    n = make(T("F32", "[2]", "[0,8]"), data, 8, file);
    uint64_t header = n - 16;
    assert_ok(iv_safetensors_parse(ctx, "w", file, n, header, &set, &err));
    iv_tensors_free(set);
    assert_int_equal(iv_safetensors_parse(ctx, "w", file, n, header - 1, &set, &err),
                     IMGVEC_ERR_LIMIT);
    assert_int_equal(iv_safetensors_open(ctx, "/nonexistent", 0, &set, &err), IMGVEC_ERR_NOT_FOUND);
}

static iv_tensors *sample(imgvec_context *c)
{
    iv_tensors *set;
    iv_tensor *t;
    assert_ok(iv_tensors_new(c, &set, &err));
    assert_ok(iv_tensors_add(set, "b.weight", 2, (int64_t[]){2, 3}, &t, &err));
    for (int i = 0; i < 6; i++)
        t->data[i] = (float)i / 7;
    assert_ok(iv_tensors_add(set, "a", 0, NULL, &t, &err));
    t->data[0] = -0.0f;
    assert_ok(iv_tensors_add(set, "empty", 1, (int64_t[]){0}, &t, &err));
    assert_ok(iv_tensors_set_meta(set, "z", "1", &err));
    assert_ok(iv_tensors_set_meta(set, "a\"", "\xC3\xA9\n", &err));
    assert_ok(iv_tensors_set_meta(set, "z", "2", &err));
    return set;
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    iv_tensors *set = sample(ctx), *back;
    void *data, *again;
    size_t size, again_size;
    assert_ok(iv_safetensors_bytes(ctx, set, &data, &size, &err));
    uint64_t header;
    memcpy(&header, data, 8);
    assert_int_equal((8 + header) % 64, 0);
    assert_int_equal(size, 8 + header + 7 * 4);
    assert_ok(read_both(data, size, &back));
    assert_int_equal(back->count, 3);
    for (size_t i = 0; i < 3; i++) {
        const iv_tensor *a = &set->items[i], *b = iv_tensors_find(back, a->name);
        assert_int_equal(b->rank, a->rank);
        assert_memory_equal(b->shape, a->shape, sizeof a->shape);
        assert_memory_equal(b->data, a->data, a->count * sizeof(float));
    }
    assert_string_equal(iv_tensors_meta(back, "z"), "2");
    assert_string_equal(iv_tensors_meta(back, "a\""), "\xC3\xA9\n");
    const char *first = memchr(data, 'a', size), *last = memchr(data, 'z', size);
    assert_true(first < last); /* metadata by name */
    assert_ok(iv_safetensors_bytes(ctx, set, &again, &again_size, &err));
    assert_int_equal(again_size, size);
    assert_memory_equal(again, data, size);
    iv_free(ctx, data);
    iv_free(ctx, again);
    iv_tensors_free(set);
    iv_tensors_free(back);
}

static void tensor_sets_check_what_is_added(void **state)
{
    (void)state;
    iv_tensors *set;
    iv_tensor *t;
    assert_ok(iv_tensors_new(ctx, &set, &err));
    assert_null(iv_tensors_find(set, "a"));
    char name[32];
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "layer.%d", i);
        assert_ok(iv_tensors_add(set, name, 1, (int64_t[]){i}, &t, &err));
    }
    assert_fails(iv_tensors_add(set, "layer.77", 0, NULL, &t, &err), IMGVEC_ERR_FORMAT, "layer.77");
    assert_int_equal(iv_tensors_find(set, "layer.77")->count, 77);
    assert_int_equal(iv_tensors_add(set, "x", 1, (int64_t[]){-1}, &t, &err), IMGVEC_ERR_FORMAT);
    assert_int_equal(iv_tensors_add(set, "x", 2, (int64_t[]){INT64_MAX, 4}, &t, &err),
                     IMGVEC_ERR_FORMAT);
    assert_int_equal(iv_tensors_add(set, "x", 1, (int64_t[]){INT64_MAX}, &t, &err),
                     IMGVEC_ERR_NO_MEMORY);
    assert_int_equal(iv_tensors_add(set, "x", 9, (int64_t[9]){0}, &t, &err), IMGVEC_ERR_LIMIT);
    assert_int_equal(set->count, 500);
    char shape[8];
    iv_shape_text(3, (int64_t[]){100, 200, 300}, shape, sizeof shape);
    assert_true(strlen(shape) < sizeof shape);
    iv_shape_text(0, NULL, shape, sizeof shape);
    assert_string_equal(shape, "[]");
    iv_tensors_free(set);
}

static imgvec_status open_job(imgvec_context *c, void *user, imgvec_error *e)
{
    iv_tensors *set = NULL;
    void *data = NULL;
    size_t size;
    imgvec_status status = iv_safetensors_open(c, user, 0, &set, e);
    assert_true((set != NULL) == (status == IMGVEC_OK));
    if (status == IMGVEC_OK)
        status = iv_safetensors_bytes(c, set, &data, &size, e);
    iv_free(c, data);
    iv_tensors_free(set);
    return status;
}

static void allocation_failures(void **state)
{
    (void)state;
    iv_tensors *set = sample(ctx);
    iv_tensor *t;
    char name[16];
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "t%d", i);
        assert_ok(iv_tensors_add(set, name, 1, (int64_t[]){1}, &t, &err));
        t->data[0] = 1;
    }
    void *data;
    size_t size;
    assert_ok(iv_safetensors_bytes(ctx, set, &data, &size, &err));
    const char *path = write_temporary(data, size);
    iv_free(ctx, data);
    iv_tensors_free(set);
    printf("# %ld allocations failed\n", fail_each_allocation(open_job, (void *)(uintptr_t)path));
}

static void check_fixture(imgvec_context *c, const char *name, const char *path, int accept,
                          const char *note)
{
    iv_tensors *set = NULL;
    char *data;
    size_t size;
    imgvec_status status = iv_safetensors_open(c, path, 0, &set, &err);
    if ((status == IMGVEC_OK) != accept)
        fail_msg("%s (%s): %s", name, note, status == IMGVEC_OK ? "accepted" : err.text);
    printf("# %s: %s\n", name, status == IMGVEC_OK ? "read" : err.text);
    iv_tensors_free(set);
    assert_ok(iv_file_read(c, path, 0, &data, &size, &err));
    assert_int_equal(parse_exact(data, size, &set), status);
    iv_free(c, data);
    if (accept)
        compare_weights(ctx, name, set);
    iv_tensors_free(set);
}

static void fixtures(void **state)
{
    (void)state;
    printf("# %d safetensors files\n", each_fixture(ctx, "weights", "st_", check_fixture));
}

static int setup(void **state)
{
    (void)state;
    ctx = test_context();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(write_temporary("", 0));
    imgvec_context_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_dtype),
        cmocka_unit_test(halves_are_exact),
        cmocka_unit_test(reads_shapes_and_metadata),
        cmocka_unit_test(refuses_headers),
        cmocka_unit_test(refuses_values_that_are_no_weights),
        cmocka_unit_test(refuses_lengths),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(tensor_sets_check_what_is_added),
        cmocka_unit_test(allocation_failures),
        cmocka_unit_test(fixtures),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
