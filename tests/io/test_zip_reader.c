#include "io_test.h"

#include <errno.h>

#include "io/zip_reader.h"
#include "make_zip.h"

static imgvec_context *ctx;
static imgvec_error err;

static imgvec_status open_parts(const zip_part *parts, size_t count, const zip_whole *whole,
                                const iv_zip_limits *limits, iv_zip **z)
{
    size_t size;
    unsigned char *bytes = make_zip(parts, count, whole, &size);
    const char *path = write_temporary(bytes, size);
    free(bytes);
    *z = NULL;
    imgvec_status status = iv_zip_open(ctx, path, limits, z, &err);
    unlink(path);
    assert_true((*z != NULL) == (status == IMGVEC_OK));
    return status;
}

static imgvec_status open_part(zip_part part)
{
    iv_zip *z;
    imgvec_status status = open_parts(&part, 1, NULL, NULL, &z);
    iv_zip_close(z);
    return status;
}

static imgvec_status open_named(const char *name, size_t size)
{
    return open_part((zip_part){.name = name, .name_size = (uint16_t)size, .data = "x", .size = 1});
}

#define N(text) open_named(text, sizeof text - 1)

static void assert_member(const iv_zip *z, const char *name, const void *data, size_t size)
{
    void *read;
    size_t got;
    size_t index = iv_zip_find(z, name);
    if (index == SIZE_MAX)
        fail_msg("no member %s", name);
    assert_ok(iv_zip_read(z, index, 0, &read, &got, &err));
    assert_int_equal(got, size);
    assert_memory_equal(read, data, size);
    assert_int_equal(((char *)read)[size], 0);
    iv_free(ctx, read);
}

static void looks(void **state)
{
    (void)state;
    assert_true(iv_zip_looks("PK\3\4", 4));
    assert_true(iv_zip_looks("PK\5\6x", 5));
    assert_false(iv_zip_looks("PK\3", 3));
    assert_false(iv_zip_looks("PK\1\2", 4));
    assert_false(iv_zip_looks("", 0));
}

static char *big_data(size_t size)
{
    char *data = malloc(size);
    uint32_t x = 1;
    for (size_t i = 0; i < size; i++) {
        x = x * 1664525u + 1013904223u;
        data[i] = (char)(i % 700 < 350 ? x >> 24 : 'a');
    }
    return data;
}

static void reads_members(void **state)
{
    (void)state;
    size_t big = 700001; /* several pieces of packed data */
    char *data = big_data(big);
    const zip_part parts[] = {
        {.name = "cat/", .data = "", .mode = 0040755},
        {.name = "cat/a.txt", .data = "hello", .size = 5, .mode = 0100644},
        {.name = "cat/packed", .data = data, .size = big, .deflated = true},
        {.name = "later", .data = data, .size = big, .deflated = true, .descriptor = true},
        {.name = "empty", .data = "", .deflated = true},
        {.name = "sub\\dir\\b", .data = "back", .size = 4},
        {.name = "caf\x82", .data = "437", .size = 3},                         /* CP437 */
        {.name = "caf\xC3\xA9!", .data = "utf8", .size = 4},                   /* not flagged */
        {.name = "\xE2\x82\xAC", .data = "flag", .size = 4, .flags = 1 << 11}, /* flagged */
        {.name = "odd", .data = "odd", .size = 3, .method = 12},
    };
    static const zip_whole wholes[] = {
        {0}, {.comment = "a comment"}, {.zip64_end = true}, {.gap = "some bytes between"}};
    const size_t count = sizeof parts / sizeof *parts;
    for (size_t i = 0; i < sizeof wholes / sizeof *wholes; i++) {
        iv_zip *z;
        assert_ok(open_parts(parts, count, &wholes[i], NULL, &z));
        assert_int_equal(iv_zip_count(z), count);
        assert_true(iv_zip_entry_at(z, 0)->is_folder);
        assert_false(iv_zip_entry_at(z, 1)->is_folder);
        assert_string_equal(iv_zip_entry_at(z, 1)->name, "cat/a.txt");
        assert_member(z, "cat/a.txt", "hello", 5);
        assert_member(z, "cat/packed", data, big);
        assert_member(z, "later", data, big);
        assert_member(z, "empty", "", 0);
        assert_member(z, "sub/dir/b", "back", 4);
        assert_member(z, "caf\xC3\xA9", "437", 3);
        assert_member(z, "caf\xC3\xA9!", "utf8", 4);
        assert_member(z, "\xE2\x82\xAC", "flag", 4);
        assert_int_equal(iv_zip_find(z, "nothing"), SIZE_MAX);
        void *read;
        size_t size, odd = iv_zip_find(z, "odd");
        assert_fails(iv_zip_read(z, odd, 0, &read, &size, &err), IMGVEC_ERR_UNSUPPORTED, "odd");
        assert_fails(iv_zip_read(z, 1, 4, &read, &size, &err), IMGVEC_ERR_LIMIT, "cat/a.txt");
        assert_ok(iv_zip_read(z, 1, 5, &read, &size, &err));
        iv_free(ctx, read);
        char raw[5];
        assert_ok(iv_zip_read_raw(z, iv_zip_entry_at(z, 1)->data_offset, raw, 5, &err));
        assert_memory_equal(raw, "hello", 5);
        assert_int_equal(iv_zip_read_raw(z, iv_zip_file_size(z), raw, 1, &err), IMGVEC_ERR_FORMAT);
        iv_zip_close(z);
    }
    free(data);
    iv_zip_close(NULL);
}

static void reads_zip64_fields(void **state)
{
    (void)state;
    const zip_part parts[] = {
        {.name = "a", .data = "hello", .size = 5, .zip64 = true},
        {.name = "b", .data = "hello", .size = 5, .zip64 = true, .deflated = true}};
    iv_zip *z;
    assert_ok(open_parts(parts, 2, &(zip_whole){.zip64_end = true}, NULL, &z));
    assert_member(z, "a", "hello", 5);
    assert_member(z, "b", "hello", 5);
    iv_zip_close(z);
    assert_int_equal(open_part((zip_part){
                         .name = "a", .data = "x", .size = 1, .zip64 = true, .local_size_off = 1}),
                     IMGVEC_ERR_FORMAT);
}

static void an_empty_archive_is_one(void **state)
{
    (void)state;
    iv_zip *z;
    assert_ok(open_parts(NULL, 0, NULL, NULL, &z));
    assert_int_equal(iv_zip_count(z), 0);
    assert_int_equal(iv_zip_find(z, "a"), SIZE_MAX);
    void *data;
    size_t size;
    assert_int_equal(iv_zip_read(z, 0, 0, &data, &size, &err), IMGVEC_ERR_INVALID_ARGUMENT);
    iv_zip_close(z);
}

static void refuses_names(void **state)
{
    (void)state;
    char longest[1026];
    memset(longest, 'n', sizeof longest);
    /* As it is stored, and as UTF-8: the byte of CP437 becomes two. */
    for (size_t length = 1024; length <= 1025; length++) {
        const iv_zip_limits limits = {.name_bytes = 1024};
        const zip_part part = {.name = longest, .data = ""};
        for (int k = 0; k < 2; k++) {
            iv_zip *zip;
            longest[0] = k ? '\x81' : 'n';
            longest[length - (size_t)k] = '\0';
            imgvec_status status = open_parts(&part, 1, NULL, &limits, &zip);
            if (length > 1024)
                assert_true(status == IMGVEC_ERR_LIMIT && strstr(err.text, "max_member_name"));
            else
                assert_int_equal(status, IMGVEC_OK);
            if (status == IMGVEC_OK)
                iv_zip_close(zip);
            longest[length - (size_t)k] = 'n';
        }
    }
    longest[0] = 'n';
    assert_int_equal(open_named(longest, sizeof longest), IMGVEC_OK); /* without a limit */
    assert_int_equal(N("a/..b/c.."), IMGVEC_OK);
    assert_int_equal(N("..."), IMGVEC_OK);
    assert_int_equal(N("a:b"), IMGVEC_ERR_FORMAT);
    assert_int_equal(N("ab:c"), IMGVEC_OK);
    static const char *const bad[] = {
        "/etc/passwd", "../a",          "a/../b", "a/..", "..",       ".",         "./a",
        "a/./b",       "a//b",          "//a",    "\\a",  "a\\..\\b", "C:\\a",     "c:/a",
        "/",           "\\\\server\\a", "a\nb",   "a\tb", "a\x7F",    "a\xC2\x85", "a/b//"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (open_named(bad[i], strlen(bad[i])) != IMGVEC_ERR_FORMAT)
            fail_msg("accepted: %s", bad[i]);
        assert_null(strpbrk(err.text, "\n\t\x7F"));
    }
    assert_int_equal(N("a\0b"), IMGVEC_ERR_FORMAT);
    /* Flagged as UTF-8, and none. */
    assert_fails(open_part((zip_part){.name = "a\xFF", .data = "", .flags = 1 << 11}),
                 IMGVEC_ERR_FORMAT, "UTF-8");
    iv_zip *z; /* no name at all */
    size_t size;
    unsigned char *bytes =
        make_zip(&(zip_part){.name = "", .data = "x", .size = 1}, 1, NULL, &size);
    assert_int_equal(iv_zip_open(ctx, write_temporary(bytes, size), NULL, &z, &err),
                     IMGVEC_ERR_FORMAT);
    free(bytes);
}

static void refuses_kinds(void **state)
{
    (void)state;
    const zip_part file = {.name = "a", .data = "x", .size = 1, .mode = 0100644};
    zip_part p = file;
    assert_int_equal(open_part(p), IMGVEC_OK);
    p.mode = 0120777;
    assert_fails(open_part(p), IMGVEC_ERR_FORMAT, "link");
    p.mode = 0010644;
    assert_int_equal(open_part(p), IMGVEC_ERR_FORMAT);
    p = file, p.flags = 1;
    assert_fails(open_part(p), IMGVEC_ERR_UNSUPPORTED, "encrypted");
    p = file, p.name = "a/";
    assert_int_equal(open_part(p), IMGVEC_ERR_FORMAT);
}

static void refuses_contradictions(void **state)
{
    (void)state;
    char zeros[2000] = {0};
    const zip_part file = {.name = "a", .data = zeros, .size = sizeof zeros, .deflated = true};
    zip_part p = file;
    assert_int_equal(open_part(p), IMGVEC_OK);
    p.local_name = "b";
    assert_fails(open_part(p), IMGVEC_ERR_FORMAT, "another name");
    p.local_name = "aa";
    assert_int_equal(open_part(p), IMGVEC_ERR_FORMAT);
    p = file, p.local_crc_off = 1;
    assert_int_equal(open_part(p), IMGVEC_ERR_FORMAT);
    p = file, p.local_size_off = 1;
    assert_int_equal(open_part(p), IMGVEC_ERR_FORMAT);
    p = file, p.local_packed_off = 1;
    assert_int_equal(open_part(p), IMGVEC_ERR_FORMAT);
    p = file, p.local_method_off = 1;
    assert_int_equal(open_part(p), IMGVEC_ERR_FORMAT);
    p = file, p.offset_off = 1;
    assert_int_equal(open_part(p), IMGVEC_ERR_FORMAT);
    p = file, p.offset_off = 100000;
    assert_int_equal(open_part(p), IMGVEC_ERR_FORMAT);
    p = file, p.size_off = 100000000; /* more than the packed bytes can be */
    assert_int_equal(open_part(p), IMGVEC_ERR_FORMAT);
    p = file, p.deflated = false, p.size_off = 1;
    assert_int_equal(open_part(p), IMGVEC_ERR_FORMAT);

    const zip_part twice[] = {{.name = "a/b", .data = "1", .size = 1},
                              {.name = "a\\b", .data = "2", .size = 1}};
    iv_zip *z;
    assert_fails(open_parts(twice, 2, NULL, NULL, &z), IMGVEC_ERR_FORMAT, "a/b");
}

static void refuses_overlap(void **state)
{
    (void)state;
    /* The second entry points to a local header inside the first one's data. */
    unsigned char inner[64];
    size_t size;
    zip_part small = {.name = "b", .data = "x", .size = 1};
    unsigned char *whole = make_zip(&small, 1, NULL, &size);
    memcpy(inner, whole, sizeof inner);
    free(whole);
    const zip_part parts[] = {{.name = "a", .data = inner, .size = sizeof inner},
                              {.name = "b", .data = "x", .size = 1, .offset_off = -64}};
    iv_zip *z;
    assert_fails(open_parts(parts, 2, NULL, NULL, &z), IMGVEC_ERR_FORMAT, "overlap");
    /* The same data under two names. */
    const zip_part same[] = {
        {.name = "a", .data = "x", .size = 1},
        {.name = "b", .local_name = "a", .data = "x", .size = 1, .offset_off = -32}};
    assert_int_equal(open_parts(same, 2, NULL, NULL, &z), IMGVEC_ERR_FORMAT);
}

static void refuses_ends(void **state)
{
    (void)state;
    const zip_part parts[] = {{.name = "a", .data = "1", .size = 1},
                              {.name = "b", .data = "2", .size = 1}};
    static const zip_whole bad[] = {{.count_off = 1},
                                    {.count_off = -1},
                                    {.count_off = 1000},
                                    {.count_off = -1, .zip64_end = true},
                                    {.count_off = 1 << 30, .zip64_end = true},
                                    {.directory_size_off = 1},
                                    {.directory_size_off = -1},
                                    {.directory_size_off = -47, .count_off = -1},
                                    {.directory_offset_off = 1},
                                    {.directory_offset_off = -1},
                                    {.directory_size_off = 1 << 30, .zip64_end = true},
                                    {.directory_offset_off = -1, .zip64_end = true},
                                    {.after = "x"},
                                    {.comment = "comment", .after = "x"},
                                    {.before = "#!/bin/sh\n", .directory_offset_off = -10}};
    iv_zip *z;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (open_parts(parts, 2, &bad[i], NULL, &z) != IMGVEC_ERR_FORMAT)
            fail_msg("accepted: %zu", i);
}

/* Cut anywhere, an archive is refused. */
static void refuses_every_cut(void **state)
{
    (void)state;
    const zip_part parts[] = {{.name = "a", .data = "hello", .size = 5, .zip64 = true},
                              {.name = "b", .data = "hello", .size = 5, .deflated = true}};
    for (int is64 = 0; is64 < 2; is64++) {
        size_t size;
        unsigned char *bytes =
            make_zip(parts, 2, &(zip_whole){.zip64_end = is64, .comment = "c"}, &size);
        for (size_t n = 0; n < size; n++) {
            iv_zip *z;
            const char *path = write_temporary(bytes, n);
            if (iv_zip_open(ctx, path, NULL, &z, &err) != IMGVEC_ERR_FORMAT)
                fail_msg("accepted %zu of %zu bytes", n, size);
            assert_non_null(strstr(err.text, path));
        }
        free(bytes);
    }
    iv_zip *z;
    assert_int_equal(iv_zip_open(ctx, "/nonexistent/a.zip", NULL, &z, &err), IMGVEC_ERR_NOT_FOUND);
    assert_int_equal(iv_zip_open(ctx, "/tmp", NULL, &z, &err), IMGVEC_ERR_IO);
}

/* One bit wrong anywhere: refused, or all members that can be read are what they were. */
static void survives_every_flipped_bit(void **state)
{
    (void)state;
    const zip_part parts[] = {
        {.name = "dir/", .data = ""},
        {.name = "dir/a", .data = "hello", .size = 5, .zip64 = true},
        {.name = "b", .data = "hellohellohello", .size = 15, .deflated = true},
        {.name = "c", .data = "hello", .size = 5, .descriptor = true}};
    size_t size;
    int opened = 0;
    unsigned char *bytes = make_zip(parts, 4, &(zip_whole){.zip64_end = true}, &size);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        iv_zip *z;
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (iv_zip_open(ctx, write_temporary(bytes, size), NULL, &z, &err) == IMGVEC_OK) {
            opened++;
            for (size_t i = 0; i < iv_zip_count(z); i++) {
                void *data;
                size_t n;
                if (iv_zip_read(z, i, 0, &data, &n, &err) != IMGVEC_OK)
                    continue;
                assert_int_equal(n, parts[i].size);
                assert_memory_equal(data, parts[i].data, n);
                iv_free(ctx, data);
            }
            iv_zip_close(z);
        }
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    free(bytes);
    assert_true(opened > 0); /* times, versions and data itself are not for opening */
}

static void reports_damaged_members(void **state)
{
    (void)state;
    char data[5000];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (char)(i * i >> 3);
    const zip_part good = {.name = "m", .data = data, .size = sizeof data, .deflated = true};
    zip_part parts[] = {good, good, good, good, good};
    parts[0].name = "crc", parts[0].crc_off = 1;
    parts[1].name = "short", parts[1].size_off = 1;
    parts[2].name = "long", parts[2].size_off = -1;
    parts[3].name = "tail", parts[3].extra_packed = "xx";
    parts[4].name = "stored", parts[4].deflated = false, parts[4].crc_off = 1;
    iv_zip *z;
    assert_ok(open_parts(parts, 5, NULL, NULL, &z));
    for (size_t i = 0; i < 5; i++) {
        void *read;
        size_t size;
        assert_fails(iv_zip_read(z, i, 0, &read, &size, &err), IMGVEC_ERR_FORMAT, parts[i].name);
        if (i == 0)
            assert_non_null(strstr(err.text, "CRC"));
    }
    iv_zip_close(z);
    /* A deflated member without its end. */
    size_t size;
    unsigned char *bytes = make_zip(&good, 1, NULL, &size);
    memset(bytes + 31 + 100, 0xFF, 50);
    assert_ok(iv_zip_open(ctx, write_temporary(bytes, size), NULL, &z, &err));
    void *read;
    assert_int_equal(iv_zip_read(z, 0, 0, &read, &size, &err), IMGVEC_ERR_FORMAT);
    iv_zip_close(z);
    free(bytes);
}

static void limits_hold_on_both_sides(void **state)
{
    (void)state;
    size_t big = ((size_t)16 << 20) + 1;
    char *zeros = calloc(big, 1);
    const zip_part parts[] = {{.name = "a", .data = "12345", .size = 5},
                              {.name = "b", .data = "123", .size = 3}};
    const zip_part bomb = {.name = "bomb", .data = zeros, .size = big, .deflated = true};
    zip_part below = bomb;
    below.size--;
    static const struct {
        iv_zip_limits fits, over;
    } cases[] = {{{.entries = 2}, {.entries = 1}},
                 {{.member_bytes = 5}, {.member_bytes = 4}},
                 {{.total_bytes = 8}, {.total_bytes = 7}}};
    iv_zip *z;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(open_parts(parts, 2, NULL, &cases[i].fits, &z));
        iv_zip_close(z);
        assert_int_equal(open_parts(parts, 2, NULL, &cases[i].over, &z), IMGVEC_ERR_LIMIT);
    }
    const iv_zip_limits ratio = {.ratio = 200};
    assert_fails(open_parts(&bomb, 1, NULL, &ratio, &z), IMGVEC_ERR_LIMIT, "bomb");
    assert_ok(open_parts(&below, 1, NULL, &ratio, &z));
    iv_zip_close(z);
    assert_ok(open_parts(&bomb, 1, NULL, NULL, &z));
    assert_member(z, "bomb", zeros, big);
    iv_zip_close(z);
    free(zeros);
}

static imgvec_status read_job(imgvec_context *c, void *user, imgvec_error *e)
{
    iv_zip *z = NULL;
    imgvec_status status = iv_zip_open(c, user, NULL, &z, e);
    assert_true((z != NULL) == (status == IMGVEC_OK));
    for (size_t i = 0; status == IMGVEC_OK && i < iv_zip_count(z); i++) {
        void *data = NULL;
        size_t size;
        status = iv_zip_read(z, i, 0, &data, &size, e);
        iv_free(c, data);
    }
    iv_zip_close(z);
    return status;
}

static void allocation_failures(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    static char names[COUNT][16];
    zip_part parts[COUNT];
    memset(parts, 0, sizeof parts);
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "f/%zu", i);
        parts[i] = (zip_part){.name = names[i], .data = "hello", .size = 5, .deflated = i % 2};
    }
    size_t size;
    unsigned char *bytes = make_zip(parts, COUNT, NULL, &size);
    const char *path = write_temporary(bytes, size);
    free(bytes);
    printf("# %ld allocations failed\n", fail_each_allocation(read_job, (void *)(uintptr_t)path));
}

static void check_fixture(imgvec_context *c, const char *name, const char *path, int accept,
                          const char *note)
{
    iv_zip *z = NULL;
    int wrong_crc = 0;
    /* Two tables are sound at this level: the data set is what needs a choice. */
    accept = accept || strcmp(name, "bad_two_csv.zip") == 0;
    const iv_zip_limits limits = {.name_bytes = 1024};
    imgvec_status status = iv_zip_open(c, path, &limits, &z, &err);
    if ((status == IMGVEC_OK) != accept)
        fail_msg("%s (%s): %s", name, note, status == IMGVEC_OK ? "accepted" : err.text);
    printf("# %s: %s\n", name, status == IMGVEC_OK ? "opened" : err.text);
    if (strcmp(name, "bad_is_html.zip") == 0)
        assert_non_null(strstr(err.text, "not a zip archive"));
    for (size_t i = 0; status == IMGVEC_OK && i < iv_zip_count(z); i++) {
        void *data;
        size_t size;
        imgvec_status read = iv_zip_read(z, i, 0, &data, &size, &err);
        if (read == IMGVEC_OK)
            iv_free(c, data);
        else
            wrong_crc++;
    }
    assert_int_equal(wrong_crc, strcmp(name, "ok_one_image_crc.zip") == 0);
    iv_zip_close(z);
}

static void fixtures(void **state)
{
    (void)state;
    printf("# %d archives\n", each_fixture(ctx, "archives", "", check_fixture));
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
        cmocka_unit_test(looks),
        cmocka_unit_test(reads_members),
        cmocka_unit_test(reads_zip64_fields),
        cmocka_unit_test(an_empty_archive_is_one),
        cmocka_unit_test(refuses_names),
        cmocka_unit_test(refuses_kinds),
        cmocka_unit_test(refuses_contradictions),
        cmocka_unit_test(refuses_overlap),
        cmocka_unit_test(refuses_ends),
        cmocka_unit_test(refuses_every_cut),
        cmocka_unit_test(survives_every_flipped_bit),
        cmocka_unit_test(reports_damaged_members),
        cmocka_unit_test(limits_hold_on_both_sides),
        cmocka_unit_test(allocation_failures),
        cmocka_unit_test(fixtures),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
