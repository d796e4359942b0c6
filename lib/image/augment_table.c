/* The augmentations, their parameters and defaults. */
#include <stddef.h>

#include "image/augment_op.h"

#define NUMBER(name, fallback, min, max, help)                                                     \
    {                                                                                              \
        name, IV_AUGMENT_NUMBER, fallback, min, max, help                                          \
    }
#define WHOLE(name, fallback, min, max, help)                                                      \
    {                                                                                              \
        name, IV_AUGMENT_WHOLE, fallback, min, max, help                                           \
    }
#define BOOL(name, fallback, help)                                                                 \
    {                                                                                              \
        name, IV_AUGMENT_BOOL, fallback, 0, 1, help                                                \
    }
#define RANGE(name, fallback, min, max, help)                                                      \
    {                                                                                              \
        name, IV_AUGMENT_RANGE, fallback, min, max, help                                           \
    }
#define ABOVE(name, fallback, min, max, help)                                                      \
    {                                                                                              \
        name, IV_AUGMENT_RANGE_ABOVE, fallback, min, max, help                                     \
    }
#define BOTH(name, fallback, min, max, help)                                                       \
    {                                                                                              \
        name, IV_AUGMENT_RANGE_BOTH, fallback, min, max, help                                      \
    }
#define P(fallback) NUMBER("p", fallback, 0, 1, "Probability that it is applied to an image.")
#define FILL WHOLE("fill_value", "0", 0, 255, "Gray level of what is dropped.")

#define SIDE 65535

/* clang-format off */
const iv_augmentation iv_augmentations[] = {
    {"HorizontalFlip", "Mirrors left and right.", iv_augment_horizontal_flip, 1, {P("0.5")}},
    {"VerticalFlip", "Mirrors top and bottom.", iv_augment_vertical_flip, 1, {P("0.5")}},
    {"RandomRotate90", "Turns by 0, 90, 180 or 270 degrees.", iv_augment_rotate90, 1, {P("0.5")}},
    {"ShiftScaleRotate", "Shifts, scales and rotates about the centre; what comes in from outside "
     "is the mirrored image.", iv_augment_shift_scale_rotate, 4, {
        RANGE("shift_limit", "0.0625", -1, 1, "Shift as a share of each side."),
        RANGE("scale_limit", "0.1", -0.9, 9, "Change of the scale: 0.1 is a tenth larger."),
        RANGE("rotate_limit", "45", -360, 360, "Angle in degrees, counter-clockwise."),
        P("0.5")}},
    {"Blur", "Blurs with a box of random odd side.", iv_augment_blur, 2, {
        {"blur_limit", IV_AUGMENT_WHOLE_ABOVE, "7", 3, 99, "Side of the box in pixels."},
        P("0.5")}},
    {"CLAHE", "Equalises the histogram of each tile, with limited contrast.", iv_augment_clahe, 3, {
        ABOVE("clip_limit", "4", 1, 256, "Largest share of a level in a tile's histogram, in "
              "multiples of an even share."),
        {"tile_grid_size", IV_AUGMENT_WHOLE_PAIR, "8", 1, 64, "Tiles across and down."},
        P("0.5")}},
    {"Downscale", "Makes the image smaller and scales it back.", iv_augment_downscale, 3, {
        NUMBER("scale_min", "0.25", 0.01, 1, "Least scale on the way."),
        NUMBER("scale_max", "0.25", 0.01, 1, "Largest scale on the way."),
        P("0.5")}},
    {"GaussNoise", "Adds Gaussian noise.", iv_augment_noise, 4, {
        {"var_limit", IV_AUGMENT_RANGE_ABOVE, "(10, 50)", 0, 10000, "Variance, in gray levels "
         "squared."},
        NUMBER("mean", "0", -255, 255, "Mean of the noise."),
        BOOL("per_channel", "1", "Whether the channels have noise of their own."),
        P("0.5")}},
    {"GridDropout", "Drops out squares of a regular grid.", iv_augment_grid_dropout, 10, {
        NUMBER("ratio", "0.5", 0.01, 1, "Side of a hole as a share of its grid unit."),
        WHOLE("unit_size_min", "0", 0, SIDE, "Least side of a grid unit in pixels; 0: a tenth of "
              "the width."),
        WHOLE("unit_size_max", "0", 0, SIDE, "Largest side of a grid unit; 0: as unit_size_min."),
        WHOLE("holes_number_x", "0", 0, SIDE, "Grid units across, where no unit size is given."),
        WHOLE("holes_number_y", "0", 0, SIDE, "Grid units down, where no unit size is given."),
        WHOLE("shift_x", "0", 0, SIDE, "First hole's distance from the left."),
        WHOLE("shift_y", "0", 0, SIDE, "First hole's distance from the top."),
        BOOL("random_offset", "0", "Whether the distances are random instead."),
        FILL, P("0.5")}},
    {"HueSaturationValue", "Shifts hue, saturation and value.", iv_augment_hsv, 4, {
        RANGE("hue_shift_limit", "20", -180, 180, "Shift of the hue in steps of two degrees."),
        RANGE("sat_shift_limit", "30", -255, 255, "Shift of the saturation, of 255."),
        RANGE("val_shift_limit", "20", -255, 255, "Shift of the value, of 255."),
        P("0.5")}},
    {"ImageCompression", "Encodes as JPEG and decodes again.", iv_augment_compression, 3, {
        WHOLE("quality_lower", "99", 1, 100, "Least JPEG quality."),
        WHOLE("quality_upper", "100", 1, 100, "Largest JPEG quality."),
        P("0.5")}},
    {"OpticalDistortion", "Bends the image like a lens, barrel or pincushion.", iv_augment_optical,
     3, {
        RANGE("distort_limit", "0.05", -1, 1, "Coefficient of the radial distortion."),
        RANGE("shift_limit", "0.05", -0.5, 0.5, "Shift of the lens' centre as a share of each side."),
        P("0.5")}},
    {"RandomBrightnessContrast", "Changes brightness and contrast.", iv_augment_brightness, 4, {
        RANGE("brightness_limit", "0.2", -1, 1, "Change of the brightness."),
        RANGE("contrast_limit", "0.2", -1, 10, "Change of the contrast: 0.2 multiplies by 1.2."),
        BOOL("brightness_by_max", "1", "Whether the brightness is a share of 255 rather than of "
             "the image's mean."),
        P("0.5")}},
    {"CenterCrop", "Cuts out the middle.", iv_augment_center_crop, 3, {
        WHOLE("height", "0", 0, SIDE, "Height in pixels, at most the image's; 0: seven eighths of "
              "it."),
        WHOLE("width", "0", 0, SIDE, "Width in pixels, at most the image's; 0: seven eighths of "
              "it."),
        P("1")}},
    {"Cutout", "Drops out rectangles at random places.", iv_augment_cutout, 5, {
        WHOLE("num_holes", "8", 1, 1000, "Number of rectangles."),
        WHOLE("max_h_size", "8", 1, SIDE, "Their height in pixels, less where the edge cuts."),
        WHOLE("max_w_size", "8", 1, SIDE, "Their width in pixels, less where the edge cuts."),
        FILL, P("0.5")}},
    {"RandomResizedCrop", "Cuts out a random part and scales it to one size.",
     iv_augment_resized_crop, 5, {
        WHOLE("height", "0", 0, SIDE, "Height of the result in pixels; 0: the image's."),
        WHOLE("width", "0", 0, SIDE, "Width of the result in pixels; 0: the image's."),
        BOTH("scale", "(0.08, 1)", 0.001, 1, "Share of the image's area that is kept."),
        BOTH("ratio", "(0.75, 1.3333333333333333)", 0.01, 100, "Width by height of the part."),
        P("1")}},
    {"MixUp", "Blends two images of a batch and their labels.", NULL, 2, {
        NUMBER("alpha", "0.2", 0.001, 100, "Both parameters of the beta distribution that the "
               "share is drawn from."),
        P("1")}},
    {"CutMix", "Puts a rectangle of one image of a batch into another and blends their labels by "
     "area.", NULL, 2, {
        NUMBER("alpha", "1", 0.001, 100, "Both parameters of the beta distribution that the "
               "share is drawn from."),
        P("1")}},
};
/* clang-format on */

const int32_t iv_augmentations_count =
    (int32_t)(sizeof iv_augmentations / sizeof *iv_augmentations);
