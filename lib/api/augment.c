#include <imgvec/augment.h>

#include <string.h>

#include "api/check.h"
#include "image/augment.h"
#include "report/augment_sheet.h"

/* The public numbers follow the private ones. */
_Static_assert(IMGVEC_PARAMETER_NUMBER == IV_AUGMENT_NUMBER + 1, "kinds of parameters");
_Static_assert(IMGVEC_PARAMETER_RANGE == IV_AUGMENT_RANGE + 1, "kinds of parameters");
_Static_assert(IMGVEC_PARAMETER_INTEGER_PAIR == IV_AUGMENT_WHOLE_PAIR + 1, "kinds of parameters");

int32_t imgvec_augmentation_count(void)
{
    return iv_augmentations_count;
}

imgvec_status imgvec_augmentation_info(int32_t index, imgvec_augmentation_row *out,
                                       imgvec_error *err)
{
    NEED(out);
    if (out->size < sizeof out->size)
        return iv_fail_argument(err, __func__, "out->size is not set");
    if (index < 0 || index >= iv_augmentations_count)
        return iv_fail_argument(err, __func__, "index is not below imgvec_augmentation_count()");
    const iv_augmentation *a = &iv_augmentations[index];
    imgvec_augmentation_row row = {.size = out->size,
                                   .name = a->name,
                                   .help = a->help,
                                   .parameters = a->count,
                                   .pairs = a->apply == NULL};
    memcpy(out, &row, out->size < sizeof row ? out->size : sizeof row);
    return IMGVEC_OK;
}

imgvec_status imgvec_augmentation_parameter(int32_t index, int32_t parameter,
                                            imgvec_augmentation_parameter_row *out,
                                            imgvec_error *err)
{
    NEED(out);
    if (out->size < sizeof out->size)
        return iv_fail_argument(err, __func__, "out->size is not set");
    if (index < 0 || index >= iv_augmentations_count)
        return iv_fail_argument(err, __func__, "index is not below imgvec_augmentation_count()");
    if (parameter < 0 || parameter >= iv_augmentations[index].count)
        return iv_fail_argument(err, __func__, "parameter is not below the row's parameters");
    const iv_augment_param *p = &iv_augmentations[index].params[parameter];
    imgvec_augmentation_parameter_row row = {.size = out->size,
                                             .name = p->name,
                                             .default_value = p->fallback,
                                             .help = p->help,
                                             .min = p->min,
                                             .max = p->max,
                                             .type = (int32_t)p->kind + 1};
    memcpy(out, &row, out->size < sizeof row ? out->size : sizeof row);
    return IMGVEC_OK;
}

imgvec_status imgvec_augment_sheet(imgvec_context *ctx, const imgvec_dataset *ds,
                                   const imgvec_options *opts, const imgvec_watch *watch,
                                   const char *path, imgvec_error *err)
{
    NEED(ctx);
    NEED(ds);
    NEED(path);
    return iv_augment_sheet(ctx, ds, opts, watch, path, err);
}
