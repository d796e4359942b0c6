/* Augmentation: random changes of training images that do not change what they show.
 *
 * Names, parameters, defaults and distributions are those of Albumentations 1.3.1, a release
 * that has all of the names (https://albumentations.ai/docs, class reference); what differs is
 * said where it differs and in docs/augment.md. MixUp: Zhang et al. 2018, arXiv:1710.09412;
 * CutMix: Yun et al. 2019, arXiv:1905.04899. */
#ifndef IV_IMAGE_AUGMENT_H
#define IV_IMAGE_AUGMENT_H

#include "base/random.h"
#include "base/text.h"
#include "image/image.h"

typedef enum iv_augment_kind {
    IV_AUGMENT_NUMBER,
    IV_AUGMENT_WHOLE,
    IV_AUGMENT_BOOL,
    IV_AUGMENT_RANGE,       /* (low, high), or one number x for (-x, x) */
    IV_AUGMENT_RANGE_ABOVE, /* (low, high), or one number x for (the least allowed, x) */
    IV_AUGMENT_WHOLE_ABOVE, /* the same of whole numbers */
    IV_AUGMENT_RANGE_BOTH,  /* (low, high), or one number for both */
    IV_AUGMENT_WHOLE_PAIR   /* (first, second) in any order, or one number for both */
} iv_augment_kind;

typedef struct iv_augment_param {
    const char *name;
    iv_augment_kind kind;
    const char *fallback; /* as it would be typed */
    double min, max;
    const char *help;
} iv_augment_param;

/* A value: both are the same where the kind is one number. */
typedef struct iv_augment_value {
    double low, high;
} iv_augment_value;

enum { IV_AUGMENT_PARAMS_MAX = 10, IV_AUGMENT_STEPS_MAX = 64 };

/* One application to one image. */
typedef struct iv_augment_call {
    imgvec_context *ctx;
    const iv_augment_value *values; /* in the order of the table's params, without p */
    iv_random random;
} iv_augment_call;

/* Changes *image in place or replaces it; on failure it is still an image to be freed. */
typedef imgvec_status iv_augment_function(iv_augment_call *call, iv_image *image,
                                          imgvec_error *err);

typedef struct iv_augmentation {
    const char *name, *help;
    iv_augment_function *apply; /* NULL: for pairs of a batch (mix.h) */
    int32_t count;              /* of params; the last one is p, the probability */
    iv_augment_param params[IV_AUGMENT_PARAMS_MAX];
} iv_augmentation;

extern const iv_augmentation iv_augmentations[];
extern const int32_t iv_augmentations_count;

typedef struct iv_augment_step {
    const iv_augmentation *what;
    iv_augment_value values[IV_AUGMENT_PARAMS_MAX];
} iv_augment_step;

/* A list of steps, applied in order. It owns nothing; any number of threads may use it. */
typedef struct iv_augment {
    int32_t count;
    iv_augment_step steps[IV_AUGMENT_STEPS_MAX];
} iv_augment;

/* Reads "HorizontalFlip(p=0.5),ShiftScaleRotate(rotate_limit=(-15, 30)),Blur". "all" is every
 * augmentation once, "none" or "" no step. Names are read without regard to case.
 * INVALID_ARGUMENT names the augmentation and the parameter, and says what there is. */
imgvec_status iv_augment_parse(const char *text, iv_augment *out, imgvec_error *err);

/* Probability of a step, and a step that is always taken. */
double iv_augment_p(const iv_augment_step *step);
void iv_augment_always(iv_augment_step *step);

/* A step as it would be typed, with the values that are not the defaults; p is left out where
 * with_p is false. */
void iv_augment_write(const iv_augment_step *step, bool with_p, iv_text *out);

/* Applies the steps to a copy of `in`; *out is NEW pixels, of another size where a step turns
 * or crops. Steps for pairs are passed over. The result is a function of the image, the steps,
 * seed, epoch and row alone. Safe from many threads. Errors: NO_MEMORY, UNSUPPORTED (an image
 * too large for JPEG). */
imgvec_status iv_augment_apply(imgvec_context *ctx, const iv_augment *a, const iv_image *in,
                               uint64_t seed, uint64_t epoch, uint64_t row, iv_image *out,
                               imgvec_error *err);

/* The stream that step number `step` draws from; its first draw decides whether it is taken. */
void iv_augment_stream(const iv_augment *a, int32_t step, uint64_t seed, uint64_t epoch,
                       uint64_t row, iv_random *out);

#endif
