/* A contact sheet: what each augmentation does to some of a dataset's images.
 *
 * A block for each augmentation, always applied, then one for the whole list with its
 * probabilities; in a block a row for each image, the original and its versions. */
#include "report/augment_sheet.h"

#include <stdio.h>

#include "base/context.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/options.h"
#include "image/encode.h"
#include "image/mix.h"
#include "image/preprocess.h"
#include "report/canvas.h"

enum {
    WORK = 256, /* longer side of an image when it is augmented: about what networks see */
    TILE = 160,
    GAP = 4,
    LINE = 24 /* of text */
};

#define CANVAS_MAX 100000000 /* pixels */

typedef struct picture {
    iv_image image;
    uint64_t row;
} picture;

typedef struct sheet {
    imgvec_context *ctx;
    iv_watch watch;
    iv_augment list;
    uint64_t seed;
    int32_t images, versions; /* asked for */
    int32_t blocks;
    picture *pictures;
    int32_t count; /* of pictures; one more than is shown where a pair needs it */
    iv_image canvas;
} sheet;

static int32_t shown(const sheet *s)
{
    return s->count < s->images ? s->count : s->images;
}

static bool has_pairs(const iv_augment *a)
{
    for (int32_t i = 0; i < a->count; i++)
        if (!a->steps[i].what->apply)
            return true;
    return false;
}

/* ---- choosing images ---- */

/* The image at its working size. */
static imgvec_status load(sheet *s, const imgvec_dataset *ds, int32_t column, int64_t row,
                          imgvec_error *err)
{
    iv_image decoded;
    int32_t width, height;
    picture *p = &s->pictures[s->count];
    IV_TRY(iv_dataset_image(ds, column, row, &decoded, err));
    iv_canvas_fit(decoded.width, decoded.height, WORK, &width, &height);
    imgvec_status status =
        iv_resize(s->ctx, &decoded, width, height, IV_FILTER_BILINEAR, &p->image, err);
    iv_image_free(s->ctx, &decoded);
    if (status == IMGVEC_OK) {
        p->row = (uint64_t)row;
        s->count++;
    }
    return status;
}

static imgvec_status report_bad(sheet *s, const imgvec_dataset *ds, int32_t column, int64_t row,
                                const imgvec_error *why, imgvec_error *err)
{
    iv_text path;
    iv_text_init(&path, s->ctx);
    iv_dataset_image_path(ds, column, row, &path);
    imgvec_status status = path.failed ? iv_fail_nomem(err) : IMGVEC_OK;
    if (status == IMGVEC_OK)
        iv_watch_problem(&s->watch, row, iv_dataset_column_name(ds, column),
                         path.data ? path.data : "", why);
    iv_text_free(&path);
    return status;
}

/* The first usable ones of the rows in random order. */
static imgvec_status choose(sheet *s, const imgvec_dataset *ds, int32_t column, int64_t *rows,
                            imgvec_error *err)
{
    int64_t total = iv_dataset_rows(ds);
    int32_t wanted = has_pairs(&s->list) && s->images < 2 ? 2 : s->images;
    iv_random random;
    imgvec_error why, first = {0};
    for (int64_t i = 0; i < total; i++)
        rows[i] = i;
    iv_random_seed(&random, s->seed, "augment sheet");
    iv_random_shuffle(&random, rows, (size_t)total);
    IV_TRY(iv_watch_begin(&s->watch, (uint64_t)wanted, err, "reading images of column %s",
                          iv_dataset_column_name(ds, column)));
    for (int64_t i = 0; i < total && s->count < wanted; i++) {
        IV_TRY(iv_watch_step(&s->watch, (uint64_t)s->count, err));
        if (iv_dataset_missing(ds, column, rows[i]))
            continue;
        imgvec_status status = load(s, ds, column, rows[i], &why);
        if (status == IMGVEC_ERR_NO_MEMORY)
            return iv_fail_nomem(err);
        if (status == IMGVEC_OK)
            continue;
        IV_TRY(report_bad(s, ds, column, rows[i], &why, err));
        if (first.code == IMGVEC_OK)
            iv_fail(&first, status, "row %lld: %s", (long long)rows[i], why.text);
    }
    if (s->count == 0)
        return iv_fail(err, IMGVEC_ERR_DATA, "column %s holds no image that can be used%s%s",
                       iv_dataset_column_name(ds, column), first.code ? "; " : "", first.text);
    return iv_watch_end(&s->watch, err);
}

static imgvec_status pictures(sheet *s, const imgvec_dataset *ds, imgvec_error *err)
{
    int32_t column = 0;
    while (column < iv_dataset_columns(ds) &&
           iv_dataset_column_type(ds, column) != IMGVEC_COLUMN_IMAGE)
        column++;
    if (column == iv_dataset_columns(ds))
        return iv_fail(err, IMGVEC_ERR_DATA,
                       "no column holds images; option type names one, as in type photo=image");
    int64_t *rows = iv_alloc_n(s->ctx, (size_t)iv_dataset_rows(ds), sizeof *rows);
    if (!rows)
        return iv_fail_nomem(err);
    imgvec_status status = choose(s, ds, column, rows, err);
    iv_free(s->ctx, rows);
    return status;
}

/* ---- augmenting ---- */

static void to_floats(const iv_image *image, float *out)
{
    size_t plane = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < plane; i++)
        for (size_t c = 0; c < 3; c++)
            out[c * plane + i] = image->pixels[3 * i + c];
}

static void from_floats(const float *in, iv_image *image)
{
    size_t plane = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < plane; i++)
        for (size_t c = 0; c < 3; c++)
            image->pixels[3 * i + c] = (uint8_t)(in[c * plane + i] + 0.5f);
}

/* Mixes the next picture, scaled to the same size, into *image. */
static imgvec_status mix(sheet *s, const iv_augment *a, int32_t index, int32_t version,
                         iv_image *image, imgvec_error *err)
{
    const picture *other = &s->pictures[(index + 1) % s->count];
    iv_mix drawn;
    iv_image partner = {0}, scaled = {0};
    float *first = NULL, *second = NULL;
    imgvec_status status;
    iv_mix_draw(a, image->width, image->height, s->seed, (uint64_t)version, s->pictures[index].row,
                &drawn);
    IV_DO(iv_augment_apply(s->ctx, a, &other->image, s->seed, (uint64_t)version, other->row,
                           &partner, err));
    IV_DO(
        iv_resize(s->ctx, &partner, image->width, image->height, IV_FILTER_BILINEAR, &scaled, err));
    size_t values = (size_t)image->width * (size_t)image->height * 3;
    first = iv_alloc_n(s->ctx, values, sizeof *first);
    second = iv_alloc_n(s->ctx, values, sizeof *second);
    if (!first || !second) {
        status = iv_fail_nomem(err);
        goto done;
    }
    to_floats(image, first);
    to_floats(&scaled, second);
    iv_mix_images(&drawn, 3, image->width, image->height, first, second);
    from_floats(first, image);
done:
    iv_free(s->ctx, first);
    iv_free(s->ctx, second);
    iv_image_free(s->ctx, &partner);
    iv_image_free(s->ctx, &scaled);
    return status;
}

static imgvec_status version_of(sheet *s, const iv_augment *a, int32_t index, int32_t version,
                                int32_t x, int32_t y, imgvec_error *err)
{
    const picture *p = &s->pictures[index];
    iv_image image;
    IV_TRY(iv_augment_apply(s->ctx, a, &p->image, s->seed, (uint64_t)version, p->row, &image, err));
    imgvec_status status = IMGVEC_OK;
    if (has_pairs(a))
        status = mix(s, a, index, version, &image, err);
    if (status == IMGVEC_OK)
        status = iv_canvas_picture(s->ctx, &s->canvas, x, y, TILE, &image, err);
    iv_image_free(s->ctx, &image);
    return status;
}

static imgvec_status block(sheet *s, const iv_augment *a, const char *title, int32_t y,
                           uint64_t done, imgvec_error *err)
{
    iv_canvas_text(&s->canvas, GAP, y + GAP, title);
    y += LINE;
    for (int32_t i = 0; i < shown(s); i++, y += TILE + GAP) {
        IV_TRY(iv_canvas_picture(s->ctx, &s->canvas, GAP, y, TILE, &s->pictures[i].image, err));
        for (int32_t v = 1; v <= s->versions; v++) {
            IV_TRY(version_of(s, a, i, v, GAP + v * (TILE + GAP), y, err));
            IV_TRY(iv_watch_step(&s->watch, ++done, err));
        }
    }
    return IMGVEC_OK;
}

static imgvec_status titled_block(sheet *s, int32_t index, int32_t y, uint64_t done,
                                  imgvec_error *err)
{
    iv_augment one = {.count = 1, .steps = {s->list.steps[index]}};
    iv_text title;
    iv_augment_always(&one.steps[0]);
    iv_text_init(&title, s->ctx);
    iv_augment_write(&one.steps[0], false, &title);
    imgvec_status status =
        title.failed ? iv_fail_nomem(err) : block(s, &one, title.data, y, done, err);
    iv_text_free(&title);
    return status;
}

static imgvec_status draw(sheet *s, imgvec_error *err)
{
    int32_t height = LINE + shown(s) * (TILE + GAP), y = LINE;
    uint64_t each = (uint64_t)shown(s) * (uint64_t)s->versions;
    iv_canvas_text(&s->canvas, GAP, GAP, "original");
    for (int32_t v = 1; v <= s->versions; v++) {
        char number[16];
        snprintf(number, sizeof number, "%d", (int)v);
        iv_canvas_text(&s->canvas, GAP + v * (TILE + GAP), GAP, number);
    }
    IV_TRY(iv_watch_begin(&s->watch, (uint64_t)s->blocks * each, err, "augmenting"));
    for (int32_t i = 0; i < s->list.count; i++, y += height)
        IV_TRY(titled_block(s, i, y, (uint64_t)i * each, err));
    if (s->blocks > s->list.count)
        IV_TRY(block(s, &s->list, "all together, each with its p", y,
                     (uint64_t)s->list.count * each, err));
    return iv_watch_end(&s->watch, err);
}

static int64_t height_of(const sheet *s, int32_t rows)
{
    return LINE + s->blocks * (LINE + (int64_t)rows * (TILE + GAP));
}

/* Of the sheet that is asked for: there may be fewer images. */
static imgvec_status check_size(const sheet *s, imgvec_error *err)
{
    int64_t width = GAP + ((int64_t)s->versions + 1) * (TILE + GAP);
    int64_t height = height_of(s, s->images);
    if (width * height <= CANVAS_MAX)
        return IMGVEC_OK;
    return iv_fail(err, IMGVEC_ERR_LIMIT,
                   "a sheet of %lld x %lld pixels is too large: ask for fewer images, versions or "
                   "augmentations",
                   (long long)width, (long long)height);
}

static imgvec_status write_sheet(sheet *s, const char *path, imgvec_error *err)
{
    iv_encoded png;
    IV_TRY(iv_encode_png(s->ctx, &s->canvas, &png, err));
    imgvec_status status = iv_file_write(s->ctx, path, png.data, png.size, err);
    iv_free(s->ctx, png.data);
    return status;
}

imgvec_status iv_augment_sheet(imgvec_context *ctx, const imgvec_dataset *ds,
                               const imgvec_options *opts, const imgvec_watch *watch,
                               const char *path, imgvec_error *err)
{
    sheet *s = iv_zalloc(ctx, sizeof *s);
    if (!s)
        return iv_fail_nomem(err);
    imgvec_status status;
    s->ctx = ctx;
    IV_DO(iv_watch_init(&s->watch, watch, err));
    IV_DO(iv_augment_parse(iv_option_text(opts, IMGVEC_OPT_AUGMENT), &s->list, err));
    s->seed = (uint64_t)iv_option_i64(opts, IMGVEC_OPT_SEED);
    s->images = (int32_t)iv_option_i64(opts, IMGVEC_OPT_IMAGES);
    s->versions = (int32_t)iv_option_i64(opts, IMGVEC_OPT_VERSIONS);
    if (s->list.count == 0) {
        status = iv_fail(err, IMGVEC_ERR_INVALID_ARGUMENT,
                         "option augment names no augmentation: there is nothing to show");
        goto done;
    }
    s->blocks = s->list.count;
    if (s->list.count > 1 && !iv_option_is(opts, IMGVEC_OPT_AUGMENT, "all"))
        s->blocks++;
    IV_DO(check_size(s, err));
    IV_DO(iv_dataset_check(ds, err));
    s->pictures = iv_calloc(ctx, (size_t)s->images + 1, sizeof *s->pictures);
    if (!s->pictures) {
        status = iv_fail_nomem(err);
        goto done;
    }
    IV_DO(pictures(s, ds, err));
    IV_DO(iv_canvas_new(ctx, GAP + (s->versions + 1) * (TILE + GAP),
                        (int32_t)height_of(s, shown(s)), &s->canvas, err));
    IV_DO(draw(s, err));
    IV_DO(write_sheet(s, path, err));
done:
    for (int32_t i = 0; s->pictures && i < s->count; i++)
        iv_image_free(ctx, &s->pictures[i].image);
    iv_free(ctx, s->pictures);
    iv_image_free(ctx, &s->canvas);
    iv_free(ctx, s);
    return status;
}
