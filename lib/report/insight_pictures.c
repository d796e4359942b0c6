/* Images of the training data: samples, what augmentation makes of them, the worst errors and the
 * images that resemble them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "image/image.h"
#include "model/worst.h"
#include "report/report.h"
#include "report/show_number.h"

enum { ERRORS = 24, JPEG_MAX = 1 << 20, GALLERY_BYTES = 4 << 20 };

/* Adds a picture that is in the file to the last tile, where it is one. */
static bool put_picture(const iv_report *r, iv_gallery *g, const char *prefix, int64_t row,
                        const char *suffix, const char *alt)
{
    const iv_part *part = iv_report_picture(r, prefix, row, suffix);
    const iv_json *entry = iv_report_row(r, row);
    double width = iv_report_number(entry, "width"), height = iv_report_number(entry, "height");
    const char *format = part ? iv_image_format(part->data, part->size) : NULL;
    if (!format || strcmp(format, "JPEG") != 0 || part->size > JPEG_MAX ||
        g->bytes + part->size > GALLERY_BYTES || !(width >= 1) || !(height >= 1) || width > 4096 ||
        height > 4096)
        return false;
    iv_gallery_picture(g, part->data, part->size, (int32_t)width, (int32_t)height, "%s", alt);
    return true;
}

static const char *path_of(const iv_report *r, int64_t row)
{
    return iv_report_text(iv_report_row(r, row), "path");
}

/* The end of a path, which tells images apart best. */
static const char *short_path(const char *path)
{
    const char *name = strrchr(path, '/');
    return name && name[1] ? name + 1 : path;
}

static const iv_json *list_of(const iv_report *r, const char *name)
{
    const iv_json *list = r->index ? iv_json_get(r->index, name) : NULL;
    return list && list->type == IV_JSON_ARRAY && list->count ? list : NULL;
}

static void truth_of(const iv_report *r, int64_t row, char out[IV_REPORT_TRUTH])
{
    iv_report_truth(r, iv_report_number(iv_report_row(r, row), "truth"), out);
}

static void put_row(const iv_report *r, iv_json_writer *w, int64_t row)
{
    char name[64];
    double truth = iv_report_number(iv_report_row(r, row), "truth");
    iv_json_put_i64(w, "row", row);
    iv_json_put_text(w, "path", path_of(r, row));
    if (r->classes && truth >= 0 && truth < r->class_count)
        iv_json_put_text(w, "truth", r->classes[(int32_t)truth]);
    else
        iv_json_put_f64(w, "truth", truth);
    snprintf(name, sizeof name, "row_%lld.jpg", (long long)row);
    if (iv_report_picture(r, "row", row, ""))
        iv_json_put_text(w, "picture", name);
}

/* ---- samples ---- */

/* The row of the first sample from `s` on that is none of those before it; moves `s` behind it.
 * -1: there is none. */
static int64_t next_sample(const iv_report *r, const iv_json **s)
{
    while (*s) {
        const iv_json *now = *s, *before = list_of(r, "samples")->as.first;
        *s = now->next;
        if (now->type != IV_JSON_INT || now->as.integer < 0)
            continue;
        while (before != now &&
               (before->type != IV_JSON_INT || before->as.integer != now->as.integer))
            before = before->next;
        if (before == now)
            return now->as.integer;
    }
    return -1;
}

static bool samples_there(const iv_report *r)
{
    return list_of(r, "samples") != NULL;
}

static imgvec_status samples_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    (void)err;
    iv_json_put_array(w, "samples");
    const iv_json *s = list_of(r, "samples")->as.first;
    for (int64_t row; (row = next_sample(r, &s)) >= 0;) {
        iv_json_put_object(w, NULL);
        put_row(r, w, row);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
    return IMGVEC_OK;
}

static bool samples_gallery(const iv_report *r, int index, iv_gallery *g)
{
    char truth[IV_REPORT_TRUTH], alt[IV_REPORT_TRUTH + 60];
    if (index > 0)
        return false;
    iv_gallery_init(g, r->ctx, "Some training images");
    const iv_json *s = list_of(r, "samples")->as.first;
    for (int64_t row; (row = next_sample(r, &s)) >= 0;) {
        if (!iv_report_picture(r, "row", row, ""))
            continue;
        truth_of(r, row, truth);
        snprintf(alt, sizeof alt, "Training image of row %lld: %s", (long long)row, truth);
        iv_gallery_tile(g);
        put_picture(r, g, "row", row, "", alt);
        iv_gallery_line(g, "%s", truth);
        iv_gallery_line(g, "row %lld \xc2\xb7 %s", (long long)row, short_path(path_of(r, row)));
    }
    return true;
}

const iv_insight iv_insight_samples = {
    .name = "samples",
    .title = "Training images",
    .words = "Taken at random, the classes by turns.",
    .there = samples_there,
    .json = samples_json,
    .gallery = samples_gallery,
};

/* ---- augmented ---- */

static int versions_of(const iv_report *r)
{
    double versions = iv_report_number(r->index, "augmented");
    return versions >= 1 ? (int)fmin(versions, IV_TILE_PICTURES_MAX - 1) : 0;
}

static bool augmented_there(const iv_report *r)
{
    return samples_there(r) && versions_of(r) > 0;
}

static imgvec_status augmented_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    (void)err;
    iv_json_put_text(w, "augment", iv_report_text(r->index, "augment"));
    iv_json_put_array(w, "samples");
    const iv_json *s = list_of(r, "samples")->as.first;
    for (int64_t row; (row = next_sample(r, &s)) >= 0;) {
        iv_json_put_object(w, NULL);
        put_row(r, w, row);
        iv_json_put_array(w, "versions");
        for (int v = 1; v <= versions_of(r); v++) {
            char name[64];
            snprintf(name, sizeof name, "row_%lld_%d.jpg", (long long)row, v);
            iv_json_put_text(w, NULL, name);
        }
        iv_json_put_end(w, ']');
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
    return IMGVEC_OK;
}

static bool augmented_gallery(const iv_report *r, int index, iv_gallery *g)
{
    char truth[IV_REPORT_TRUTH], alt[IV_REPORT_TRUTH + 60];
    if (index > 0)
        return false;
    iv_gallery_init(g, r->ctx, "Original, and random versions of it");
    const iv_json *s = list_of(r, "samples")->as.first;
    for (int64_t row; (row = next_sample(r, &s)) >= 0;) {
        if (!iv_report_picture(r, "row", row, "_1"))
            continue;
        truth_of(r, row, truth);
        iv_gallery_tile(g);
        snprintf(alt, sizeof alt, "Row %lld as it is: %s", (long long)row, truth);
        put_picture(r, g, "row", row, "", alt);
        for (int v = 1; v <= versions_of(r); v++) {
            char suffix[16];
            snprintf(suffix, sizeof suffix, "_%d", v);
            snprintf(alt, sizeof alt, "Row %lld, augmented version %d", (long long)row, v);
            put_picture(r, g, "row", row, suffix, alt);
        }
        iv_gallery_line(g, "%s", truth);
        iv_gallery_line(g, "row %lld", (long long)row);
    }
    return true;
}

static void augmented_note(const iv_report *r, iv_text *out)
{
    iv_text_addf(out, "Augmentation: %s.", iv_report_text(r->index, "augment"));
}

const iv_insight iv_insight_augmented = {
    .name = "augmented",
    .title = "Augmented images",
    .words = "What fine-tuning sees: each time that an image comes up it is changed anew.",
    .there = augmented_there,
    .json = augmented_json,
    .gallery = augmented_gallery,
    .note = augmented_note,
};

/* ---- errors ---- */

static bool errors_there(const iv_report *r)
{
    size_t one;
    return r->oof && iv_worst(r->task, r->oof->count, r->oof->outputs, r->oof->truth,
                              r->oof->predictions, 1, &one) > 0;
}

typedef struct error_row {
    int64_t row;
    double truth, said, p_said, p_truth; /* said: class or number */
} error_row;

static size_t find_errors(const iv_report *r, size_t most, error_row *out)
{
    size_t worst[ERRORS];
    const iv_oof *o = r->oof;
    size_t count = iv_worst(r->task, o->count, o->outputs, o->truth, o->predictions, most, worst);
    for (size_t i = 0; i < count; i++) {
        const float *p = o->predictions + worst[i] * (size_t)o->outputs;
        double truth = (double)o->truth[worst[i]];
        int32_t said = iv_likeliest(p, o->outputs);
        bool numbers = iv_report_is_regression(r);
        out[i] = (error_row){.row = o->row[worst[i]],
                             .truth = truth,
                             .said = numbers ? (double)p[0] : said,
                             .p_said = numbers ? NAN : (double)p[said],
                             .p_truth = numbers ? NAN : (double)p[(int32_t)truth]};
    }
    return count;
}

static const iv_json *nearest_of(const iv_report *r, int64_t row)
{
    const iv_json *errors = list_of(r, "errors");
    for (const iv_json *e = errors ? errors->as.first : NULL; e; e = e->next)
        if (row >= 0 && iv_report_count(e, "row") == row) {
            const iv_json *nearest = iv_json_get(e, "nearest");
            return nearest && nearest->type == IV_JSON_ARRAY && nearest->count ? nearest : NULL;
        }
    return NULL;
}

static imgvec_status errors_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    error_row errors[ERRORS];
    size_t count = find_errors(r, ERRORS, errors);
    (void)err;
    iv_json_put_array(w, "errors");
    for (size_t i = 0; i < count; i++) {
        const error_row *e = &errors[i];
        char name[64];
        iv_json_put_object(w, NULL);
        iv_json_put_i64(w, "row", e->row);
        iv_json_put_text(w, "path", path_of(r, e->row));
        if (r->classes) {
            iv_json_put_text(w, "truth", r->classes[(int32_t)e->truth]);
            iv_json_put_text(w, "prediction", r->classes[(int32_t)e->said]);
            iv_json_put_f64(w, "probability", e->p_said);
            iv_json_put_f64(w, "probability_of_truth", e->p_truth);
        } else {
            iv_json_put_f64(w, "truth", e->truth);
            iv_json_put_f64(w, "prediction", e->said);
        }
        snprintf(name, sizeof name, "row_%lld.jpg", (long long)e->row);
        if (iv_report_picture(r, "row", e->row, ""))
            iv_json_put_text(w, "picture", name);
        snprintf(name, sizeof name, "gradcam_%lld.jpg", (long long)e->row);
        if (iv_report_picture(r, "gradcam", e->row, ""))
            iv_json_put_text(w, "overlay", name);
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
    return IMGVEC_OK;
}

static void describe(const iv_report *r, const error_row *e, char truth[IV_REPORT_TRUTH],
                     char said[IV_REPORT_TRUTH])
{
    iv_report_truth(r, e->truth, truth);
    iv_report_truth(r, e->said, said);
}

static bool errors_gallery(const iv_report *r, int index, iv_gallery *g)
{
    error_row errors[ERRORS];
    char truth[IV_REPORT_TRUTH], said[IV_REPORT_TRUTH], alt[2 * IV_REPORT_TRUTH + 60];
    char number[IV_NUMBER_MAX], other[IV_NUMBER_MAX];
    if (index > 0)
        return false;
    size_t count = find_errors(r, ERRORS, errors);
    iv_gallery_init(g, r->ctx, "Worst errors first");
    for (size_t i = 0; i < count; i++) {
        const error_row *e = &errors[i];
        if (!iv_report_picture(r, "row", e->row, ""))
            continue;
        describe(r, e, truth, said);
        iv_gallery_tile(g);
        snprintf(alt, sizeof alt, "Row %lld: %s, predicted %s", (long long)e->row, truth, said);
        put_picture(r, g, "row", e->row, "", alt);
        snprintf(alt, sizeof alt, "Where the network looked in row %lld", (long long)e->row);
        put_picture(r, g, "gradcam", e->row, "", alt);
        if (r->classes) {
            iv_show_percent(e->p_said, number);
            iv_show_percent(e->p_truth, other);
            iv_gallery_line(g, "Predicted %s, %s", said, number);
            iv_gallery_line(g, "is %s, %s", truth, other);
        } else {
            iv_show_number(e->said - e->truth, number);
            iv_gallery_line(g, "Predicted %s", said);
            iv_gallery_line(g, "is %s, off by %s", truth, number);
        }
        iv_gallery_line(g, "row %lld \xc2\xb7 %s", (long long)e->row,
                        short_path(path_of(r, e->row)));
    }
    return true;
}

/* Rows in a table where there are no pictures. */
static bool errors_grid(const iv_report *r, int index, iv_grid *g)
{
    static const char *const heads[] = {"Row", "Truth", "Predicted", "Probability", "Of the truth"};
    error_row errors[ERRORS];
    char truth[IV_REPORT_TRUTH], said[IV_REPORT_TRUTH], number[IV_NUMBER_MAX];
    size_t count = find_errors(r, ERRORS, errors);
    bool numbers = iv_report_is_regression(r);
    for (size_t i = 0; i < count; i++)
        if (iv_report_picture(r, "row", errors[i].row, ""))
            return false;
    if (index > 0)
        return false;
    iv_grid_init(g, r->ctx, "Worst errors first", numbers ? 4 : 5);
    for (int c = 0; c < g->columns; c++) {
        g->heads[c] = heads[c];
        g->numbers[c] = numbers || c == 0 || c > 2;
    }
    if (numbers)
        g->heads[3] = "Off by";
    for (size_t i = 0; i < count; i++) {
        describe(r, &errors[i], truth, said);
        iv_grid_count(g, errors[i].row);
        iv_grid_cell(g, truth);
        iv_grid_cell(g, said);
        if (numbers) {
            iv_grid_number(g, errors[i].said - errors[i].truth);
            continue;
        }
        iv_show_percent(errors[i].p_said, number);
        iv_grid_cell(g, number);
        iv_show_percent(errors[i].p_truth, number);
        iv_grid_cell(g, number);
    }
    return true;
}

const iv_insight iv_insight_errors = {
    .name = "errors",
    .title = "Worst errors",
    .words = "Rows that were predicted most wrongly by a model that had not seen them: wrong "
             "labels, bad images and what the model cannot tell yet are found here first.",
    .there = errors_there,
    .json = errors_json,
    .gallery = errors_gallery,
    .grid = errors_grid,
};

/* ---- nearest ---- */

static bool nearest_there(const iv_report *r)
{
    const iv_json *errors = list_of(r, "errors");
    for (const iv_json *e = errors ? errors->as.first : NULL; e; e = e->next) {
        const iv_json *nearest = iv_json_get(e, "nearest");
        if (nearest && nearest->type == IV_JSON_ARRAY && nearest->count)
            return errors_there(r);
    }
    return false;
}

static imgvec_status nearest_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    (void)err;
    iv_json_put_array(w, "errors");
    for (const iv_json *e = list_of(r, "errors")->as.first; e; e = e->next) {
        int64_t row = iv_report_count(e, "row");
        const iv_json *nearest = nearest_of(r, row);
        if (!nearest || row < 0)
            continue;
        iv_json_put_object(w, NULL);
        put_row(r, w, row);
        iv_json_put_array(w, "nearest");
        for (const iv_json *n = nearest->as.first; n; n = n->next) {
            if (iv_report_count(n, "row") < 0)
                continue;
            iv_json_put_object(w, NULL);
            put_row(r, w, iv_report_count(n, "row"));
            iv_json_put_f64(w, "similarity", iv_report_number(n, "similarity"));
            iv_json_put_end(w, '}');
        }
        iv_json_put_end(w, ']');
        iv_json_put_end(w, '}');
    }
    iv_json_put_end(w, ']');
    return IMGVEC_OK;
}

static bool nearest_gallery(const iv_report *r, int index, iv_gallery *g)
{
    error_row errors[ERRORS];
    char truth[IV_REPORT_TRUTH], said[IV_REPORT_TRUTH], alt[2 * IV_REPORT_TRUTH + 60];
    char number[IV_NUMBER_MAX];
    if (index > 0)
        return false;
    size_t count = find_errors(r, ERRORS, errors);
    iv_gallery_init(g, r->ctx, "The error, and what it resembles most");
    for (size_t i = 0; i < count; i++) {
        const iv_json *nearest = nearest_of(r, errors[i].row);
        iv_text names;
        if (!nearest || !iv_report_picture(r, "row", errors[i].row, ""))
            continue;
        describe(r, &errors[i], truth, said);
        iv_gallery_tile(g);
        snprintf(alt, sizeof alt, "Row %lld: %s, predicted %s", (long long)errors[i].row, truth,
                 said);
        put_picture(r, g, "row", errors[i].row, "", alt);
        iv_text_init(&names, r->ctx);
        for (const iv_json *n = nearest->as.first; n; n = n->next) {
            int64_t row = iv_report_count(n, "row");
            char like[IV_REPORT_TRUTH];
            if (row < 0)
                continue;
            truth_of(r, row, like);
            iv_show_fixed(iv_report_number(n, "similarity"), 2, number);
            snprintf(alt, sizeof alt, "Training image of row %lld: %s", (long long)row, like);
            put_picture(r, g, "row", row, "", alt);
            iv_text_addf(&names, "%s%s (%s)", names.length ? ", " : "like ", like, number);
        }
        iv_gallery_line(g, "%s, predicted %s", truth, said);
        iv_gallery_line(g, "%s", names.data ? names.data : "");
        g->failed = g->failed || names.failed;
        iv_text_free(&names);
    }
    return true;
}

const iv_insight iv_insight_nearest = {
    .name = "nearest",
    .title = "Nearest training images",
    .words = "Each error beside the images that training knew and that resemble it most, by the "
             "cosine of their features. Neighbours of another class hint at why it was mistaken.",
    .there = nearest_there,
    .json = nearest_json,
    .gallery = nearest_gallery,
};
