/* What becomes of damaged images in a training: every one is counted and listed, none is silently
 * lost, and past the limit the first ones are named before anything is learned. */
#include "model_support.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

#include "io/zip_writer.h"

enum { ROWS = 2000, WAYS = 13, SIDE = 8, PNG_MAX = 512 };

static char folder[] = "/tmp/imgvec-test-XXXXXX";

static void put32(unsigned char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(v >> (24 - 8 * i));
}

static size_t put_chunk(unsigned char *to, const char *type, const void *data, size_t size)
{
    put32(to, (uint32_t)size);
    memcpy(to + 4, type, 4);
    if (size)
        memcpy(to + 8, data, size);
    put32(to + 8 + size, (uint32_t)crc32(0, to + 4, (uInt)(size + 4)));
    return size + 12;
}

/* An RGB image with one colour and its row's number in it, so that no two are equal. */
static size_t make_png(int row, uint32_t width, uint32_t height, unsigned char *to)
{
    unsigned char header[13] = {0}, raw[SIDE * (1 + SIDE * 3)], packed[PNG_MAX];
    uLongf size = sizeof packed;
    put32(header, width);
    put32(header + 4, height);
    header[8] = 8;
    header[9] = 2;
    for (int i = 0; i < (int)sizeof raw; i++)
        raw[i] = i % (1 + SIDE * 3) ? (unsigned char)(row * 200 / ROWS + 20) : 0;
    for (int bit = 0; bit < 11; bit++)
        raw[2 + 3 * bit] ^= row >> bit & 1 ? 8 : 0;
    assert_int_equal(compress(packed, &size, raw, sizeof raw), Z_OK);
    memcpy(to, "\x89PNG\r\n\x1a\n", 8);
    size_t n = 8;
    n += put_chunk(to + n, "IHDR", header, sizeof header);
    n += put_chunk(to + n, "IDAT", packed, size);
    return n + put_chunk(to + n, "IEND", NULL, 0);
}

/* Damages the file in the given way; *size may change. */
static void damage(int way, int row, unsigned char *png, size_t *size)
{
    static const char page[] = "<!DOCTYPE html><html>404</html>",
                      pdf[] = "%PDF-1.4\n%\xE2\xE3\xCF\xD3\n",
                      pointer[] = "version https://git-lfs.github.com/spec/v1\noid sha256:0\n";
    const char *instead = NULL;
    switch (way) {
    case 0: /* cut in the middle */
        *size /= 2;
        break;
    case 1: /* a bit of the signature */
        png[1] ^= 1;
        break;
    case 2: /* a bit of the header */
        png[24] ^= 4;
        break;
    case 3: /* a wrong checksum */
        png[*size - 14] ^= 0x10;
        break;
    case 4:
        *size = 0;
        break;
    case 5:
        instead = page;
        break;
    case 6: /* no pixels */
        *size = make_png(row, 0, SIDE, png);
        break;
    case 7: /* more than the bytes can hold */
        *size = make_png(row, 60000, 60000, png);
        break;
    case 8: /* without its end */
        *size -= 12;
        break;
    case 9: /* something else under an image's name */
        instead = pdf;
        break;
    case 10:
        instead = pointer;
        break;
    default: /* 11: no such file; 12: a damaged member of an archive */
        break;
    }
    if (instead) {
        *size = strlen(instead);
        memcpy(png, instead, *size);
    }
}

static imgvec_status to_file(void *user, const void *data, size_t size, imgvec_error *err)
{
    (void)err;
    return fwrite(data, 1, size, user) == size ? IMGVEC_OK : IMGVEC_ERR_IO;
}

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    fclose(f);
}

/* An archive of one image whose bytes do not fit their checksum. */
static void put_archive(imgvec_context *ctx, int row, const char *path)
{
    unsigned char png[PNG_MAX];
    size_t size = make_png(row, SIDE, SIDE, png);
    iv_zip_writer *w;
    FILE *f = fopen(path, "w+b");
    assert_non_null(f);
    assert_int_equal(iv_zip_writer_new(ctx, to_file, f, &w, NULL), IMGVEC_OK);
    assert_int_equal(iv_zip_writer_add(w, "i.png", png, size, NULL), IMGVEC_OK);
    assert_int_equal(iv_zip_writer_finish(w, NULL), IMGVEC_OK);
    iv_zip_writer_free(w);
    long at = ftell(f);
    char *all = malloc((size_t)at);
    rewind(f);
    assert_int_equal(fread(all, 1, (size_t)at, f), at);
    char *data = memmem(all, (size_t)at, "IDAT", 4);
    assert_non_null(data);
    fseek(f, data - all, SEEK_SET);
    fputc('X', f);
    fclose(f);
    free(all);
}

/* Way of each row, -1 for a sound one: `bad` of them spread over the rows. */
static int way_of(int row, int bad)
{
    int before = (int)((int64_t)row * bad / ROWS), with = (int)((int64_t)(row + 1) * bad / ROWS);
    return with > before ? before % WAYS : -1;
}

/* ROWS small images in a folder and the table that names them. */
static imgvec_dataset *make_files(imgvec_context *ctx, int bad)
{
    char path[128], *table = malloc(ROWS * 64);
    unsigned char png[PNG_MAX];
    imgvec_dataset *ds;
    imgvec_error err;
    int n = sprintf(table, "image,y\n");
    for (int row = 0; row < ROWS; row++) {
        size_t size = make_png(row, SIDE, SIDE, png);
        int way = way_of(row, bad);
        damage(way, row, png, &size);
        n += sprintf(table + n, way == 12 ? "%d.zip!/i.png,%d\n" : "%d.png,%d\n", row,
                     row * 200 / ROWS);
        sprintf(path, way == 12 ? "%s/%d.zip" : "%s/%d.png", folder, row);
        unlink(path);
        if (way == 12)
            put_archive(ctx, row, path);
        else if (way != 11)
            write_file(path, png, size);
    }
    sprintf(path, "%s/t.csv", folder);
    write_file(path, table, (size_t)n);
    free(table);
    assert_ok(imgvec_dataset_open(ctx, path, NULL, NULL, &ds, &err));
    return ds;
}

typedef struct heard {
    int count;
    int64_t rows[ROWS];
    char reasons[ROWS][96];
} heard;

static void on_problem(void *user, const imgvec_problem *p)
{
    heard *h = user;
    char path[128];
    assert_true(h->count < ROWS);
    snprintf(path, sizeof path, "/%d.", (int)p->row);
    assert_non_null(strstr(p->path, path));
    assert_string_equal(p->column, "image");
    h->rows[h->count] = p->row;
    snprintf(h->reasons[h->count++], sizeof h->reasons[0], "%s", p->reason);
}

static imgvec_options *train_options(imgvec_context *ctx, const char *threads)
{
    return make_options(ctx, IMGVEC_JOB_TRAIN, "target", "y", "backbone", tiny_backbone.id,
                        "weights", "random", "dim", "3", "folds", "2", "rounds", "5", "threads",
                        threads, NULL);
}

static void test_seven_percent(void **state)
{
    (void)state;
    enum { BAD = ROWS * 7 / 100 };
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_files(ctx, BAD);
    imgvec_options *o = train_options(ctx, "2");
    static heard h;
    imgvec_watch watch = {.size = sizeof watch, .user = &h, .problem = on_problem};
    imgvec_model *m;
    imgvec_error err;
    char text[64], *described;
    h.count = 0;
    assert_ok(imgvec_model_train(ctx, ds, o, &watch, &m, &err));
    const char *info = imgvec_model_info(m);
    assert_int_equal(h.count, BAD);
    sprintf(text, "\"bad_images\": %d", BAD);
    assert_non_null(strstr(info, text));
    assert_true(info_number(info, "rows", "used") == ROWS - BAD);
    assert_true(info_number(info, "rows", "dropped_bad_images") == BAD);
    static const char *const words[WAYS] = {
        "cut short", "no known image", "PNG", "the CRC of", "empty",        "web page", "0 pixels",
        "60000",     "IEND",           "PDF", "git LFS",    "no such file", "its CRC"};
    /* Each damaged row, in order, and no other, with what is wrong with it. */
    for (int row = 0, at = 0; row < ROWS; row++) {
        int way = way_of(row, BAD);
        if (way < 0)
            continue;
        assert_int_equal(h.rows[at], row);
        sprintf(text, "\"row\": %d,", row);
        assert_non_null(strstr(info, text));
        if (!strstr(h.reasons[at], words[way]))
            fail_msg("way %d: %s", way, h.reasons[at]);
        at++;
    }

    /* Inspecting the data says the same of the same rows. */
    static heard again;
    watch.user = &again;
    assert_ok(imgvec_dataset_describe(ds, NULL, &watch, &described, &err));
    assert_memory_equal(&again, &h, sizeof h);
    sprintf(text, "\"unusable\": %d", BAD);
    assert_non_null(strstr(described, text));
    imgvec_text_free(described);
    imgvec_model_free(m);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

/* The error names the first ten, and what is listed does not depend on threads. */
static void test_fifteen_percent(void **state)
{
    (void)state;
    enum { BAD = ROWS * 15 / 100, LISTED = ROWS / 10 + 1 };
    static const char *const threads[] = {"1", "2", "5", "8"};
    static heard first, h;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds = make_files(ctx, BAD);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        imgvec_options *o = train_options(ctx, threads[i]);
        imgvec_watch watch = {.size = sizeof watch, .user = &h, .problem = on_problem};
        imgvec_model *m = NULL;
        imgvec_error err;
        memset(&h, 0, sizeof h);
        assert_fails(imgvec_model_train(ctx, ds, o, &watch, &m, &err), IMGVEC_ERR_DATA,
                     "max_bad_fraction");
        assert_null(m);
        assert_int_equal(h.count, LISTED);
        for (int row = 0, named = 0; named < 10; row++) {
            char text[32];
            if (way_of(row, BAD) < 0)
                continue;
            sprintf(text, "row %d ", row);
            if (!strstr(err.text, text))
                fail_msg("row %d is not named: %s", row, err.text);
            named++;
        }
        if (i == 0)
            first = h;
        assert_memory_equal(&first, &h, sizeof h);
        imgvec_options_free(o);
    }
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

/* Cells of several images: the mean of those that can be used. */
static void test_pooled(void **state)
{
    (void)state;
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds;
    imgvec_error err;
    char cell[400];
    for (int i = 0; i < 3; i++) {
        unsigned char png[PNG_MAX];
        char path[128];
        size_t size = make_png(i * 700, SIDE, SIDE, png);
        sprintf(path, "%s/p%d.png", folder, i);
        write_file(path, png, size);
    }
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    assert_ok(imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &err));
    const char *const forms[] = {"%s/p0.png",
                                 "%s/p1.png",
                                 "%s/p2.png",
                                 "%s/p0.png;%s/p1.png",
                                 "%s/p2.png;%s/no.png",
                                 "%s/no.png;%s/no.png",
                                 "%s/p0.png;%s/p1.png;%s/p2.png;%s/p0.png;%s/p1.png;%s/p2.png"};
    enum { N = sizeof forms / sizeof *forms + 1 };
    for (size_t i = 0; i + 1 < N; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        sprintf(cell, forms[i], folder, folder, folder, folder, folder, folder);
#pragma GCC diagnostic pop
        assert_ok(imgvec_dataset_append_text(ds, "image", cell, &err));
    }
    assert_ok(imgvec_dataset_append_text(ds, "image", NULL, &err));
    imgvec_options *o = make_options(ctx, IMGVEC_JOB_EMBED, "backbone", tiny_backbone.id, "weights",
                                     "random", NULL);
    imgvec_vectorizer *vz;
    assert_ok(imgvec_vectorizer_fit(ctx, ds, o, NULL, &vz, &err));
    size_t width = (size_t)imgvec_vectorizer_width(vz), written;
    float *x = malloc(N * width * sizeof *x);
    int32_t status[N];
    assert_ok(imgvec_vectorizer_run(vz, ds, NULL, x, N * width, &written, status, &err));
    for (size_t v = 0; v < width; v++) {
        float a = x[v], b = x[width + v], c = x[2 * width + v];
        assert_true(fabsf(x[3 * width + v] - (a + b) / 2) < 1e-5f);
        assert_true(x[4 * width + v] == c);
        assert_true(isnan(x[5 * width + v]) && isnan(x[7 * width + v]));
        assert_true(fabsf(x[6 * width + v] - (a + b + c) / 3) < 1e-5f);
    }
    const int32_t expected[N] = {0, 0, 0, 0, 0, IMGVEC_ERR_NOT_FOUND, 0, IMGVEC_ERR_NOT_FOUND};
    assert_memory_equal(status, expected, sizeof expected);
    free(x);
    imgvec_vectorizer_free(vz);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

/* Whether there is an image may tell more than any image: the indicator carries it. Empty cells
 * are missing values, not bad images. */
static void test_missing_images(void **state)
{
    (void)state;
    enum { N = 120 };
    imgvec_context *ctx = fake_context();
    imgvec_dataset *ds;
    imgvec_error err;
    iv_random r;
    uint8_t pixels[16 * 16 * 3];
    const int colour[3] = {90, 90, 90};
    iv_random_seed(&r, 3, "missing");
    assert_ok(imgvec_dataset_new(ctx, &ds, &err));
    assert_ok(imgvec_dataset_add_column(ds, "image", IMGVEC_COLUMN_IMAGE, &err));
    assert_ok(imgvec_dataset_add_column(ds, "x", IMGVEC_COLUMN_NUMERIC, &err));
    assert_ok(imgvec_dataset_add_column(ds, "y", IMGVEC_COLUMN_NUMERIC, &err));
    for (int i = 0; i < N; i++) {
        bool missing = iv_random_below(&r, 2) == 0;
        draw(&r, colour, pixels);
        if (missing)
            assert_ok(imgvec_dataset_append_text(ds, "image", NULL, &err));
        else
            assert_ok(imgvec_dataset_append_pixels(ds, "image", pixels, 16, 16, 0,
                                                   IMGVEC_PIXELS_RGB, &err));
        assert_ok(imgvec_dataset_append_number(ds, "x", iv_random_normal(&r), &err));
        assert_ok(imgvec_dataset_append_number(ds, "y", 10 * missing + iv_random_normal(&r), &err));
    }
    imgvec_options *o = train_options(ctx, "1");
    assert_ok(imgvec_options_set_named(o, "rounds", "60", &err));
    imgvec_model *m;
    assert_ok(imgvec_model_train(ctx, ds, o, NULL, &m, &err));
    const char *info = imgvec_model_info(m);
    assert_non_null(strstr(info, "\"bad_images\": 0"));
    assert_non_null(strstr(info, "\"missing_indicator\": true"));
    assert_true(info_number(info, "rows", "used") == N);
    assert_true(info_number(info, "metrics", "r2") > 0.8);
    imgvec_model_free(m);
    imgvec_options_free(o);
    imgvec_dataset_free(ds);
    imgvec_context_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seven_percent),
        cmocka_unit_test(test_fifteen_percent),
        cmocka_unit_test(test_pooled),
        cmocka_unit_test(test_missing_images),
    };
    assert_non_null(mkdtemp(folder));
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0 ? 1 : failed;
}
