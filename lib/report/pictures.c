#include "report/pictures.h"

#include <stdio.h>
#include <string.h>

#include "image/image.h"
#include "model/bundle.h"

enum { JPEG_MAX = 1 << 20, GALLERY_BYTES = 4 << 20 };

bool iv_report_put_picture(const iv_report *r, iv_gallery *g, const char *prefix, int64_t row,
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

const char *iv_report_path(const iv_report *r, int64_t row)
{
    return iv_report_text(iv_report_row(r, row), "path");
}

const char *iv_report_short_path(const char *path)
{
    const char *name = strrchr(path, '/');
    return name && name[1] ? name + 1 : path;
}

const iv_json *iv_report_index_list(const iv_report *r, const char *name)
{
    const iv_json *list = r->index ? iv_json_get(r->index, name) : NULL;
    return list && list->type == IV_JSON_ARRAY && list->count ? list : NULL;
}

void iv_report_truth_of(const iv_report *r, int64_t row, char out[IV_REPORT_TRUTH])
{
    iv_report_truth(r, iv_report_number(iv_report_row(r, row), "truth"), out);
}

void iv_report_put_row(const iv_report *r, iv_json_writer *w, int64_t row)
{
    char name[64];
    double truth = iv_report_number(iv_report_row(r, row), "truth");
    iv_json_put_i64(w, "row", row);
    iv_json_put_text(w, "path", iv_report_path(r, row));
    if (r->classes && truth >= 0 && truth < r->class_count)
        iv_json_put_text(w, "truth", r->classes[(int32_t)truth]);
    else
        iv_json_put_f64(w, "truth", truth);
    snprintf(name, sizeof name, "row_%lld.jpg", (long long)row);
    if (iv_report_picture(r, "row", row, ""))
        iv_json_put_text(w, "picture", name);
}
