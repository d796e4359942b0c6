/* Transforms of a numeric target: the learner sees z = (T(y) - centre) / scale, and its answer is
 * turned back. The answer is the transform of a middle value of z, not a mean of y: for symmetric
 * errors in z it is the median of y. */
#ifndef IV_LEARN_TRANSFORM_H
#define IV_LEARN_TRANSFORM_H

#include <stddef.h>

#include <imgvec/error.h>

#include "io/json.h"

typedef enum iv_transform_kind {
    IV_NO_TRANSFORM,
    IV_LOG,        /* log(y), or log(1 + y) where a 0 was among the training rows */
    IV_BOX_COX,    /* (y^lambda - 1) / lambda (Box and Cox, 1964); y > 0 */
    IV_YEO_JOHNSON /* the same for every y (Yeo and Johnson, 2000) */
} iv_transform_kind;

enum { IV_TRANSFORMS = 4 };

typedef struct iv_transform {
    iv_transform_kind kind;
    double lambda; /* by maximum likelihood; IV_LOG: what is added to y, 0 or 1 */
    double centre, scale;
    double low, high; /* of z: answers further out than the training rows by half their range are
                       * cut, so that no extrapolation is blown up by the way back */
} iv_transform;

const char *iv_transform_name(iv_transform_kind kind); /* "none", "log"... */
/* 0 on success. */
int iv_transform_from_name(const char *name, iv_transform_kind *out);

/* Whether the kind is defined on all of y. */
int iv_transform_suits(iv_transform_kind kind, const float *y, size_t n);

/* Fits on y, which it must suit. */
void iv_transform_fit(iv_transform_kind kind, const float *y, size_t n, iv_transform *out);
/* NaN where the transform is not defined. */
double iv_transform_apply(const iv_transform *t, double y);
/* z to judge answers by: where the transform is not defined, which is below every value that it was
 * fitted on, the least answer that is given. */
double iv_transform_label(const iv_transform *t, double y);
double iv_transform_invert(const iv_transform *t, double z);
/* Log of the derivative of z by y. */
double iv_transform_log_slope(const iv_transform *t, double y);

/* An object member, and back: FORMAT unless it is sound. */
void iv_transform_write(const iv_transform *t, iv_json_writer *w, const char *name);
imgvec_status iv_transform_read(const iv_json *json, iv_transform *out, imgvec_error *err);

#endif
