/* Some images of the training data, and what augmentation makes of them. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "report/pictures.h"

/* ---- samples ---- */

/* The row of the first sample from `s` on that is none of those before it; moves `s` behind it.
 * -1: there is none. */
static int64_t next_sample(const iv_report *r, const iv_json **s)
{
    while (*s) {
        const iv_json *now = *s, *before = iv_report_index_list(r, "samples")->as.first;
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
    return iv_report_index_list(r, "samples") != NULL;
}

static imgvec_status samples_json(const iv_report *r, iv_json_writer *w, imgvec_error *err)
{
    (void)err;
    iv_json_put_array(w, "samples");
    const iv_json *s = iv_report_index_list(r, "samples")->as.first;
    for (int64_t row; (row = next_sample(r, &s)) >= 0;) {
        iv_json_put_object(w, NULL);
        iv_report_put_row(r, w, row);
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
    const iv_json *s = iv_report_index_list(r, "samples")->as.first;
    for (int64_t row; (row = next_sample(r, &s)) >= 0;) {
        if (!iv_report_picture(r, "row", row, ""))
            continue;
        iv_report_truth_of(r, row, truth);
        snprintf(alt, sizeof alt, "Training image of row %lld: %s", (long long)row, truth);
        iv_gallery_tile(g);
        iv_report_put_picture(r, g, "row", row, "", alt);
        iv_gallery_line(g, "%s", truth);
        iv_gallery_line(g, "row %lld \xc2\xb7 %s", (long long)row,
                        iv_report_short_path(iv_report_path(r, row)));
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
    const iv_json *s = iv_report_index_list(r, "samples")->as.first;
    for (int64_t row; (row = next_sample(r, &s)) >= 0;) {
        iv_json_put_object(w, NULL);
        iv_report_put_row(r, w, row);
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
    const iv_json *s = iv_report_index_list(r, "samples")->as.first;
    for (int64_t row; (row = next_sample(r, &s)) >= 0;) {
        if (!iv_report_picture(r, "row", row, "_1"))
            continue;
        iv_report_truth_of(r, row, truth);
        iv_gallery_tile(g);
        snprintf(alt, sizeof alt, "Row %lld as it is: %s", (long long)row, truth);
        iv_report_put_picture(r, g, "row", row, "", alt);
        for (int v = 1; v <= versions_of(r); v++) {
            char suffix[16];
            snprintf(suffix, sizeof suffix, "_%d", v);
            snprintf(alt, sizeof alt, "Row %lld, augmented version %d", (long long)row, v);
            iv_report_put_picture(r, g, "row", row, suffix, alt);
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
