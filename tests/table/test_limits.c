/* Each limit by its option's name: what is just within it is read, what is one past it is an error
 * that names the option, and 0 takes the limit away. */
#include "../image/samples.h"
#include "../io/make_zip.h"
#include "base/option_table.h"
#include "io/zip_reader.h"
#include "table_support.h"

enum { BIG = (16 << 20) + 1 };

/* Data that fits a limit exactly. */
typedef struct data {
    char path[512];
    double fits, over; /* values of the option */
} data;

typedef struct limit {
    const char *option;
    void (*make)(const place *p, data *d);
    bool decoding; /* told of the image when it is decoded; else when the data is opened */
} limit;

static void put_parts(const place *p, data *d, const zip_part *parts, size_t count)
{
    size_t size;
    unsigned char *bytes = make_zip(parts, count, NULL, &size);
    put_file(p, "a.zip", bytes, size);
    free(bytes);
    strcpy(d->path, at(p, "a.zip"));
}

static void put_csv(const place *p, data *d, const char *text)
{
    put_text(p, "t.csv", text);
    strcpy(d->path, at(p, "t.csv"));
}

/* A picture of 5 x 3 pixels. */
static void put_picture(const place *p, data *d)
{
    char text[64] = "P6\n5 3\n255\n";
    memset(text + strlen(text), 'x', 45);
    put_text(p, "a.ppm", text);
    strcpy(d->path, at(p, "a.ppm"));
}

static void entries(const place *p, data *d)
{
    static const zip_part parts[] = {{.name = "c/a.ppm", .data = TINY_IMAGE, .size = 17},
                                     {.name = "c/b.ppm", .data = TINY_IMAGE, .size = 17}};
    put_parts(p, d, parts, 2);
    *d = (data){.fits = 2, .over = 1};
    strcpy(d->path, at(p, "a.zip"));
}

static void folder_entries(const place *p, data *d)
{
    put_image(p, "folder/c/a.ppm");
    put_image(p, "folder/c/b.ppm");
    *d = (data){.fits = 2, .over = 1};
    strcpy(d->path, at(p, "folder"));
}

static void archive_bytes(const place *p, data *d)
{
    entries(p, d);
    d->fits = 34;
    d->over = 33;
}

static void member_bytes(const place *p, data *d)
{
    entries(p, d);
    d->fits = 17;
    d->over = 16;
}

static void member_name(const place *p, data *d)
{
    entries(p, d);
    d->fits = 7;
    d->over = 6;
}

static void ratio(const place *p, data *d)
{
    char *zeros = calloc(BIG, 1);
    const zip_part parts[] = {{.name = "c/a.ppm", .data = zeros, .size = BIG, .deflated = true}};
    iv_zip *zip;
    put_parts(p, d, parts, 1);
    free(zeros);
    assert_int_equal(iv_zip_open(p->ctx, d->path, NULL, &zip, NULL), IMGVEC_OK);
    double packed = (double)iv_zip_entry_at(zip, 0)->packed_size;
    iv_zip_close(zip);
    d->fits = BIG / (packed - 0.5);
    d->over = BIG / (packed + 0.5);
}

static void csv_columns(const place *p, data *d)
{
    put_csv(p, d, "a,b,c\n1,2,3\n4,5,6\n");
    d->fits = 3;
    d->over = 2;
}

static void csv_cell(const place *p, data *d)
{
    put_csv(p, d, "a,b\n1,\"ten\n\"\"chars\"\n2,x\n");
    d->fits = 10;
    d->over = 9;
}

static void csv_line(const place *p, data *d)
{
    put_csv(p, d, "a,b\n1234,567\n2,x\n");
    d->fits = 8;
    d->over = 7;
}

static void image_side(const place *p, data *d)
{
    put_picture(p, d);
    d->fits = 5;
    d->over = 4;
}

static void image_pixels(const place *p, data *d)
{
    put_picture(p, d);
    d->fits = 15;
    d->over = 14;
}

static void image_bytes(const place *p, data *d)
{
    put_picture(p, d);
    d->fits = 56;
    d->over = 55;
}

static void image_memory(const place *p, data *d)
{
    put_picture(p, d);
    d->fits = 45;
    d->over = 44;
}

static void jpeg_scans(const place *p, data *d)
{
    int scans = 0;
    for (size_t i = 0; i + 1 < sizeof sample_progressive; i++)
        scans += sample_progressive[i] == 0xff && sample_progressive[i + 1] == 0xda;
    assert_true(scans > 1);
    put_file(p, "a.jpg", sample_progressive, sizeof sample_progressive);
    strcpy(d->path, at(p, "a.jpg"));
    d->fits = scans;
    d->over = scans - 1;
}

static const limit limits[] = {
    {"max_archive_entries", entries, false},     {"max_archive_entries", folder_entries, false},
    {"max_archive_bytes", archive_bytes, false}, {"max_member_bytes", member_bytes, false},
    {"max_member_name", member_name, false},     {"max_archive_ratio", ratio, false},
    {"max_csv_columns", csv_columns, false},     {"max_csv_cell", csv_cell, false},
    {"max_csv_line", csv_line, false},           {"max_image_side", image_side, true},
    {"max_image_pixels", image_pixels, true},    {"max_image_bytes", image_bytes, true},
    {"max_image_memory", image_memory, true},    {"max_jpeg_scans", jpeg_scans, true},
};
enum { LIMITS = sizeof limits / sizeof *limits };

/* Opens the data and decodes its images; the first reason why it cannot be used in err. */
static imgvec_status use(const place *p, const limit *l, const data *d, double value,
                         imgvec_error *err)
{
    char text[64];
    imgvec_dataset *ds = NULL;
    snprintf(text, sizeof text, "%.17g", value);
    imgvec_options *opts = options(p, l->option, text);
    imgvec_status status = iv_dataset_open(p->ctx, d->path, opts, NULL, &ds, err);
    if (status == IMGVEC_OK && l->decoding) {
        iv_image image = {0};
        status = iv_dataset_image(ds, 0, 0, &image, err);
        iv_image_free(p->ctx, &image);
    }
    iv_dataset_free(ds);
    iv_options_free(opts);
    return status;
}

static void both_sides(void **state)
{
    const place *p = *state;
    for (int i = 0; i < LIMITS; i++) {
        const limit *l = &limits[i];
        data d = {0};
        imgvec_error err = {0};
        l->make(p, &d);
        if (use(p, l, &d, d.fits, &err) != IMGVEC_OK)
            fail_msg("%s at %g: %s", l->option, d.fits, err.text);
        if (use(p, l, &d, 0, &err) != IMGVEC_OK)
            fail_msg("%s at 0: %s", l->option, err.text);
        imgvec_status status = use(p, l, &d, d.over, &err);
        if (status != IMGVEC_ERR_LIMIT || !strstr(err.text, l->option))
            fail_msg("%s at %g: status %d, %s", l->option, d.over, (int)status, err.text);
        printf("# %s\n", err.text);
    }
}

/* The ratio is looked at above 16 MiB alone. */
static void small_members_may_have_any_ratio(void **state)
{
    const place *p = *state;
    char *zeros = calloc(BIG, 1);
    for (size_t size = BIG - 1; size <= BIG; size++) {
        const zip_part part = {.name = "c/a.ppm", .data = zeros, .size = size, .deflated = true};
        const limit l = {"max_archive_ratio", NULL, false};
        data d;
        imgvec_error err;
        put_parts(p, &d, &part, 1);
        assert_int_equal(use(p, &l, &d, 200, &err), size < BIG ? IMGVEC_OK : IMGVEC_ERR_LIMIT);
    }
    free(zeros);
}

/* Every option for a limit of data is in the table above, or tested where it belongs. */
static void no_limit_is_left_out(void **state)
{
    (void)state;
    static const char *const elsewhere[] = {
        "max_missing_images", /* a share that decides about a column's type: test_types.c */
        "max_download_bytes", /* needs a server: test_remote.c */
    };
    for (int32_t i = 0; i < iv_options_count; i++) {
        const iv_option *o = &iv_options_table[i];
        bool found = strncmp(o->name, "max_", 4) != 0 || !(o->jobs & IMGVEC_JOB_OPEN);
        for (int k = 0; k < LIMITS; k++)
            found |= strcmp(limits[k].option, o->name) == 0;
        for (size_t k = 0; k < sizeof elsewhere / sizeof *elsewhere; k++)
            found |= strcmp(elsewhere[k], o->name) == 0;
        if (!found)
            fail_msg("no test of both sides of %s", o->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_sides, set_up, tear_down),
        cmocka_unit_test_setup_teardown(small_members_may_have_any_ratio, set_up, tear_down),
        cmocka_unit_test(no_limit_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
