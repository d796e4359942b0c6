/** @file
 * Augmentation: random changes of training images that do not change what they show. Names,
 * parameters and defaults are those of Albumentations 1.3.1; docs/augment.md says where the
 * results differ. Option "augment" takes a list of them, applied in order, such as
 * HorizontalFlip(p=0.5),ShiftScaleRotate(rotate_limit=(-15, 30)),Blur. */
#ifndef IMGVEC_AUGMENT_H
#define IMGVEC_AUGMENT_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/dataset.h>
#include <imgvec/error.h>
#include <imgvec/options.h>
#include <imgvec/watch.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a parameter takes. A range is (low, high) or one number x. */
enum {
    IMGVEC_PARAMETER_NUMBER = 1,
    IMGVEC_PARAMETER_INTEGER = 2,
    IMGVEC_PARAMETER_BOOL = 3,          /**< True, False, 1 or 0 */
    IMGVEC_PARAMETER_RANGE = 4,         /**< x stands for (-x, x) */
    IMGVEC_PARAMETER_RANGE_ABOVE = 5,   /**< x stands for (min, x) */
    IMGVEC_PARAMETER_INTEGER_ABOVE = 6, /**< whole numbers; x stands for (min, x) */
    IMGVEC_PARAMETER_RANGE_BOTH = 7,    /**< x stands for (x, x) */
    IMGVEC_PARAMETER_INTEGER_PAIR = 8   /**< (first, second) in any order, or x for (x, x) */
};

/** One augmentation. Texts are BORROWED for ever. */
typedef struct imgvec_augmentation_row {
    size_t size;        /**< set to sizeof before the call */
    const char *name;   /**< "ShiftScaleRotate" */
    const char *help;   /**< one sentence, for people */
    int32_t parameters; /**< their number; the last one is p, the probability */
    int32_t pairs;      /**< 1: it mixes two images of a batch and their labels */
} imgvec_augmentation_row;

/** One parameter of an augmentation. Texts are BORROWED for ever. */
typedef struct imgvec_augmentation_parameter_row {
    size_t size;               /**< set to sizeof before the call */
    const char *name;          /**< "rotate_limit" */
    const char *default_value; /**< as it is typed: "45" or "(10, 50)" */
    const char *help;          /**< one sentence, for people */
    double min;                /**< least of its numbers, inclusive */
    double max;                /**< greatest of its numbers, inclusive */
    int32_t type;              /**< IMGVEC_PARAMETER_* */
    int32_t reserved;          /**< 0 */
} imgvec_augmentation_parameter_row;

/** Number of augmentations. Thread: any thread. Since 1.0. */
IMGVEC_API int32_t imgvec_augmentation_count(void);

/** Describes augmentation `index`, 0 to count - 1.
 * Errors: INVALID_ARGUMENT. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_augmentation_info(int32_t index,
                                                                  imgvec_augmentation_row *out,
                                                                  imgvec_error *err);

/** Describes parameter `parameter`, 0 to row.parameters - 1, of augmentation `index`.
 * Errors: INVALID_ARGUMENT. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_augmentation_parameter(
    int32_t index, int32_t parameter, imgvec_augmentation_parameter_row *out, imgvec_error *err);

/** Writes a contact sheet as a PNG file: what the augmentations of option "augment" do to some
 * images of the dataset's first image column. A block for each augmentation, always applied
 * whatever its p; where the list has several, a last block for all together with their p (not
 * for "all"). In a block, a row for each of "images" images: the original, then "versions"
 * versions. Images are scaled to 256 pixels at the longer side before. Which images, and what
 * becomes of them, is a function of the data, the options and "seed" alone. An image that cannot
 * be used is reported as a problem and another one taken. The file is written whole or not at
 * all.
 * opts: job AUGMENT, or NULL for the defaults. watch: may be NULL.
 * Errors: INVALID_ARGUMENT (the list: the text names the augmentation and the parameter and says
 * what there is), NO_MEMORY, IO, NOT_FOUND, DATA (no usable image), LIMIT (the sheet would be
 * larger than 100 million pixels), CANCELLED. Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_augment_sheet(imgvec_context *ctx,
                                                              const imgvec_dataset *ds,
                                                              const imgvec_options *opts,
                                                              const imgvec_watch *watch,
                                                              const char *path, imgvec_error *err);

#ifdef __cplusplus
}
#endif
#endif
