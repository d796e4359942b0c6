/* Which places of an image speak for an answer: Grad-CAM for whole models. */
#ifndef IV_MODEL_SALIENCY_H
#define IV_MODEL_SALIENCY_H

#include "image/image.h"
#include "model/maps.h"
#include "model/model.h"

typedef struct iv_saliency_request {
    int64_t row;
    const char *column; /* NULL: the model's only image column */
    int32_t image;      /* of the cell, from 0 */
    int32_t output;     /* of the model */
} iv_saliency_request;

/* Where image of a row speaks for an output (values above 0) or against it, on the scale of the
 * margin (learn/contributions.h): the mean over all places is what the column's contribution to
 * the margin is, for a cell of one image. A linear learner's maps are exact: the weighted sum of
 * the last map's channels, which for networks that end in a global pool is Grad-CAM (Selvaraju et
 * al., 2017) without its ReLU, less that of the average training image. For trees each
 * feature's Shapley value is handed on to the places by their share in the feature.
 * picture (NULL: not wanted): NEW, the upright original. out is freed with iv_maps_free also on
 * failure. Errors: as prediction; NOT_FOUND (no such column, no image of that number), the image's
 * own where it cannot be used. */
imgvec_status iv_model_saliency(const imgvec_model *m, const imgvec_dataset *ds,
                                const iv_saliency_request *request, iv_image *picture, iv_maps *out,
                                imgvec_error *err);

#endif
