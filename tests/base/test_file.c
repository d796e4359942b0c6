#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int files_in_folder(void)
{
    int n = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.' || strlen(e->d_name) > 2;
    closedir(d);
    return n;
}

static int setup(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/imgvec-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    unlink(in_folder("a.bin"));
    return rmdir(folder);
}

static void test_write_and_read(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    char *data;
    size_t size;
    assert_ok(iv_file_write(ctx, in_folder("a.bin"), "one\0two", 7, &err));
    assert_ok(iv_file_read(ctx, in_folder("a.bin"), 0, &data, &size, &err));
    assert_int_equal(size, 7);
    assert_memory_equal(data, "one\0two", 8);
    iv_free(ctx, data);
    assert_fails(iv_file_read(ctx, in_folder("a.bin"), 6, &data, &size, &err), IMGVEC_ERR_LIMIT,
                 "7 bytes");
    assert_fails(iv_file_read(ctx, in_folder("none"), 0, &data, &size, &err), IMGVEC_ERR_NOT_FOUND,
                 "none: No such file");
    assert_fails(iv_file_read(ctx, folder, 0, &data, &size, &err), IMGVEC_ERR_IO, "directory");
    imgvec_context_free(ctx);
}

/* Before commit the old file stands; after abort nothing of the new one is left. */
static void test_atomic(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_writer *w;
    char *data;
    size_t size;
    assert_ok(iv_file_write(ctx, in_folder("a.bin"), "old", 3, &err));
    assert_ok(iv_writer_open(ctx, in_folder("a.bin"), &w, &err));
    assert_ok(iv_writer_add(w, "new one", 7, &err));
    assert_int_equal(iv_writer_position(w), 7);
    assert_ok(iv_file_read(ctx, in_folder("a.bin"), 0, &data, &size, &err));
    assert_string_equal(data, "old");
    iv_free(ctx, data);
    iv_writer_abort(w);
    assert_int_equal(files_in_folder(), 1);
    assert_ok(iv_writer_open(ctx, in_folder("a.bin"), &w, &err));
    assert_ok(iv_writer_add(w, "new one", 7, &err));
    assert_ok(iv_writer_commit(w, &err));
    assert_int_equal(files_in_folder(), 1);
    assert_ok(iv_file_read(ctx, in_folder("a.bin"), 0, &data, &size, &err));
    assert_string_equal(data, "new one");
    iv_free(ctx, data);
    assert_fails(iv_writer_open(ctx, "/no/such/folder/a", &w, &err), IMGVEC_ERR_NOT_FOUND,
                 "/no/such/folder");
    assert_fails(iv_writer_open(ctx, "/dev/full", &w, &err), IMGVEC_ERR_IO, "not a regular file");
    imgvec_context_free(ctx);
}

/* A disk that is full at some point: the failure is kept and the old file untouched. */
static void test_full_disk(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_writer *w;
    char *data, block[4096] = {0};
    size_t size;
    struct rlimit before, small = {8192, 8192};
    assert_ok(iv_file_write(ctx, in_folder("a.bin"), "old", 3, &err));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_ok(iv_writer_open(ctx, in_folder("a.bin"), &w, &err));
    assert_ok(iv_writer_add(w, block, sizeof block, &err));
    assert_ok(iv_writer_add(w, block, sizeof block, &err));
    assert_fails(iv_writer_add(w, block, sizeof block, &err), IMGVEC_ERR_IO, "a.bin");
    assert_int_equal(err.detail, EFBIG);
    assert_int_equal(iv_writer_add(w, block, 0, &err), IMGVEC_ERR_IO); /* kept */
    assert_fails(iv_writer_commit(w, &err), IMGVEC_ERR_IO, "a.bin");
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    assert_ok(iv_file_read(ctx, in_folder("a.bin"), 0, &data, &size, &err));
    assert_string_equal(data, "old");
    iv_free(ctx, data);
    assert_int_equal(files_in_folder(), 1);
    imgvec_context_free(ctx);
}

/* A file cut while it is open is an error, not a signal. */
static void test_becomes_shorter(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    imgvec_error err;
    iv_source s;
    char bytes[7];
    assert_ok(iv_file_write(ctx, in_folder("a.bin"), "one two", 7, &err));
    assert_ok(iv_source_open(ctx, in_folder("a.bin"), &s, &err));
    assert_ok(iv_source_read(&s, 4, bytes, 3, &err));
    assert_memory_equal(bytes, "two", 3);
    assert_fails(iv_source_read(&s, 5, bytes, 3, &err), IMGVEC_ERR_FORMAT, "wanted at byte 5 of 7");
    assert_int_equal(truncate(in_folder("a.bin"), 3), 0);
    assert_fails(iv_source_read(&s, 0, bytes, 7, &err), IMGVEC_ERR_FORMAT, "became shorter");
    iv_source_close(ctx, &s);
    imgvec_context_free(ctx);
}

static void check_join(imgvec_context *ctx, const char *a, const char *b, const char *expected)
{
    char *path = iv_path_join(ctx, a, b);
    assert_string_equal(path, expected);
    iv_free(ctx, path);
}

static void test_paths(void **state)
{
    (void)state;
    imgvec_context *ctx = test_context();
    check_join(ctx, "a", "b.c", "a/b.c");
    check_join(ctx, "a/", "b", "a/b");
    check_join(ctx, "a", "/b", "/b");
    char *path = iv_path_folder(ctx, "a/b/c");
    assert_string_equal(path, "a/b");
    iv_free(ctx, path);
    path = iv_path_folder(ctx, "c");
    assert_string_equal(path, ".");
    iv_free(ctx, path);
    assert_string_equal(iv_path_name("a/b.c"), "b.c");
    assert_string_equal(iv_path_ending("a.x/b.tar.gz"), "gz");
    assert_string_equal(iv_path_ending("a.x/.hidden"), "");
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_write_and_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_atomic, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_becomes_shorter, setup, teardown),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
