#include "net/input.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define SIDE_MAX 4096

bool iv_input_said(const iv_tensors *set)
{
    static const char *const names[] = {"input_size",    "crop", "resize",
                                        "interpolation", "mean", "std"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (iv_tensors_meta(set, names[i]))
            return true;
    return false;
}

static imgvec_status bad(const char *label, const char *name, const char *value, imgvec_error *err)
{
    return iv_fail(err, IMGVEC_ERR_FORMAT, "%s: metadata %s=%.64s makes no sense", label, name,
                   value);
}

/* A number of pixels; *found false and *out untouched when the entry is not there. */
static imgvec_status read_side(const iv_tensors *set, const char *name, const char *label,
                               int32_t *out, bool *found, imgvec_error *err)
{
    const char *text = iv_tensors_meta(set, name);
    int64_t value = 0;
    *found = text != NULL;
    if (!text)
        return IMGVEC_OK;
    if (!iv_parse_i64(text, strlen(text), &value) || value < 1 || value > SIDE_MAX)
        return bad(label, name, text, err);
    *out = (int32_t)value;
    return IMGVEC_OK;
}

static imgvec_status read_three(const iv_tensors *set, const char *name, const char *label,
                                double low, double high, float out[3], imgvec_error *err)
{
    const char *text = iv_tensors_meta(set, name), *list = text, *item;
    size_t length;
    int count = 0;
    if (!text)
        return IMGVEC_OK;
    while (iv_list_next(&list, &item, &length)) {
        double value;
        if (count == 3 || !iv_parse_f64(item, length, &value) || !(value >= low && value <= high))
            return bad(label, name, text, err);
        out[count++] = (float)value;
    }
    return count == 3 ? IMGVEC_OK : bad(label, name, text, err);
}

imgvec_status iv_input_read(const iv_tensors *set, const iv_input_spec *fallback, const char *label,
                            iv_input_spec *out, imgvec_error *err)
{
    iv_input_spec spec = *fallback;
    bool has_size, has_crop, has_resize;
    IV_TRY(read_side(set, "input_size", label, &spec.crop, &has_size, err));
    IV_TRY(read_side(set, "crop", label, &spec.crop, &has_crop, err));
    IV_TRY(read_side(set, "resize", label, &spec.resize, &has_resize, err));
    if ((has_size || has_crop) && !has_resize)
        spec.resize = (spec.crop * 256 + 112) / 224;
    if (spec.resize < spec.crop) /* the crop would reach outside the picture */
        return iv_fail(err, IMGVEC_ERR_FORMAT, "%s: metadata resize=%d is smaller than crop %d",
                       label, (int)spec.resize, (int)spec.crop);
    const char *how = iv_tensors_meta(set, "interpolation");
    if (how) {
        spec.bicubic = strcmp(how, "bicubic") == 0;
        if (!spec.bicubic && strcmp(how, "bilinear") != 0)
            return bad(label, "interpolation", how, err);
    }
    IV_TRY(read_three(set, "mean", label, -256, 256, spec.mean, err));
    IV_TRY(read_three(set, "std", label, 1e-6, 256, spec.std, err));
    *out = spec;
    return IMGVEC_OK;
}

static imgvec_status write_three(iv_tensors *set, const char *name, const float values[3],
                                 imgvec_error *err)
{
    char text[3 * IV_NUMBER_MAX + 3], number[3][IV_NUMBER_MAX];
    for (int i = 0; i < 3; i++)
        iv_format_f32(values[i], number[i]);
    snprintf(text, sizeof text, "%s,%s,%s", number[0], number[1], number[2]);
    return iv_tensors_set_meta(set, name, text, err);
}

imgvec_status iv_input_write(iv_tensors *set, const iv_input_spec *spec, imgvec_error *err)
{
    char crop[16], resize[16];
    snprintf(crop, sizeof crop, "%d", (int)spec->crop);
    snprintf(resize, sizeof resize, "%d", (int)spec->resize);
    IV_TRY(iv_tensors_set_meta(set, "input_size", crop, err));
    IV_TRY(iv_tensors_set_meta(set, "crop", crop, err));
    IV_TRY(iv_tensors_set_meta(set, "resize", resize, err));
    IV_TRY(iv_tensors_set_meta(set, "interpolation", spec->bicubic ? "bicubic" : "bilinear", err));
    IV_TRY(write_three(set, "mean", spec->mean, err));
    return write_three(set, "std", spec->std, err);
}
