/* The worst errors, and the images that resemble them. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "model/worst.h"
#include "report/pictures.h"
#include "report/show_number.h"

enum { ERRORS = 24 };

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
    const iv_json *errors = iv_report_index_list(r, "errors");
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
        iv_json_put_text(w, "path", iv_report_path(r, e->row));
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
        iv_report_put_picture(r, g, "row", e->row, "", alt);
        snprintf(alt, sizeof alt, "Where the network looked in row %lld", (long long)e->row);
        iv_report_put_picture(r, g, "gradcam", e->row, "", alt);
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
                        iv_report_short_path(iv_report_path(r, e->row)));
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
    const iv_json *errors = iv_report_index_list(r, "errors");
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
    for (const iv_json *e = iv_report_index_list(r, "errors")->as.first; e; e = e->next) {
        int64_t row = iv_report_count(e, "row");
        const iv_json *nearest = nearest_of(r, row);
        if (!nearest || row < 0)
            continue;
        iv_json_put_object(w, NULL);
        iv_report_put_row(r, w, row);
        iv_json_put_array(w, "nearest");
        for (const iv_json *n = nearest->as.first; n; n = n->next) {
            if (iv_report_count(n, "row") < 0)
                continue;
            iv_json_put_object(w, NULL);
            iv_report_put_row(r, w, iv_report_count(n, "row"));
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
        iv_report_put_picture(r, g, "row", errors[i].row, "", alt);
        iv_text_init(&names, r->ctx);
        for (const iv_json *n = nearest->as.first; n; n = n->next) {
            int64_t row = iv_report_count(n, "row");
            char like[IV_REPORT_TRUTH];
            if (row < 0)
                continue;
            iv_report_truth_of(r, row, like);
            iv_show_fixed(iv_report_number(n, "similarity"), 2, number);
            snprintf(alt, sizeof alt, "Training image of row %lld: %s", (long long)row, like);
            iv_report_put_picture(r, g, "row", row, "", alt);
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
