/* Sizes of the public structs, and offsets and sizes of their fields, on 64-bit machines: a change
 * is a break of the ABI. Fields may only be appended, to the structs that begin with their size. */
#include <stddef.h>
#include <stdio.h>

#include <imgvec/imgvec.h>

static int failures;

static void check(const char *what, size_t is, size_t was)
{
    if (is != was) {
        printf("%s: %zu, was %zu\n", what, is, was);
        failures++;
    }
}

#define SIZE(type, bytes) check("sizeof " #type, sizeof(type), bytes)
#define AT(type, field, offset, bytes)                                                             \
    do {                                                                                           \
        check("offset of " #type "." #field, offsetof(type, field), offset);                       \
        check("sizeof " #type "." #field, sizeof(((type *)0)->field), bytes);                      \
    } while (0)

static void check_structs(void)
{
    SIZE(imgvec_error, 1024);
    AT(imgvec_error, code, 0, 4);
    AT(imgvec_error, origin, 4, 4);
    AT(imgvec_error, detail, 8, 8);
    AT(imgvec_error, text, 16, 1008);

    SIZE(struct ArrowSchema, 72);
    SIZE(struct ArrowArray, 80);
    SIZE(struct ArrowArrayStream, 40);

    SIZE(imgvec_allocator, 40);
    AT(imgvec_allocator, size, 0, 8);
    AT(imgvec_allocator, user, 8, 8);
    AT(imgvec_allocator, allocate, 16, 8);
    AT(imgvec_allocator, reallocate, 24, 8);
    AT(imgvec_allocator, release, 32, 8);

    SIZE(imgvec_progress, 56);
    AT(imgvec_progress, size, 0, 8);
    AT(imgvec_progress, stage, 8, 8);
    AT(imgvec_progress, done, 16, 8);
    AT(imgvec_progress, total, 24, 8);
    AT(imgvec_progress, rate, 32, 8);
    AT(imgvec_progress, seconds_left, 40, 8);
    AT(imgvec_progress, finished, 48, 4);

    SIZE(imgvec_problem, 48);
    AT(imgvec_problem, size, 0, 8);
    AT(imgvec_problem, row, 8, 8);
    AT(imgvec_problem, column, 16, 8);
    AT(imgvec_problem, path, 24, 8);
    AT(imgvec_problem, reason, 32, 8);
    AT(imgvec_problem, code, 40, 4);

    SIZE(imgvec_watch, 40);
    AT(imgvec_watch, size, 0, 8);
    AT(imgvec_watch, user, 8, 8);
    AT(imgvec_watch, progress, 16, 8);
    AT(imgvec_watch, problem, 24, 8);
    AT(imgvec_watch, cancel, 32, 8);

    SIZE(imgvec_weights_row, 120);
    AT(imgvec_weights_row, id, 8, 8);
    AT(imgvec_weights_row, variant, 16, 8);
    AT(imgvec_weights_row, tag, 24, 8);
    AT(imgvec_weights_row, file, 32, 8);
    AT(imgvec_weights_row, url, 40, 8);
    AT(imgvec_weights_row, licence, 48, 8);
    AT(imgvec_weights_row, sha256, 56, 8);
    AT(imgvec_weights_row, bytes, 64, 8);
    AT(imgvec_weights_row, top1, 72, 8);
    AT(imgvec_weights_row, resize, 80, 4);
    AT(imgvec_weights_row, crop, 84, 4);
    AT(imgvec_weights_row, interpolation, 88, 8);
    AT(imgvec_weights_row, mean, 96, 12);
    AT(imgvec_weights_row, std, 108, 12);

    SIZE(imgvec_column_info, 40);
    AT(imgvec_column_info, size, 0, 8);
    AT(imgvec_column_info, name, 8, 8);
    AT(imgvec_column_info, type, 16, 4);
    AT(imgvec_column_info, missing, 24, 8);
    AT(imgvec_column_info, reason, 32, 8);

    SIZE(imgvec_backbone_row, 40);
    AT(imgvec_backbone_row, size, 0, 8);
    AT(imgvec_backbone_row, id, 8, 8);
    AT(imgvec_backbone_row, parameters, 16, 8);
    AT(imgvec_backbone_row, gmacs, 24, 8);
    AT(imgvec_backbone_row, width, 32, 4);
    AT(imgvec_backbone_row, input_size, 36, 4);

    SIZE(imgvec_option_row, 80);
    AT(imgvec_option_row, size, 0, 8);
    AT(imgvec_option_row, id, 8, 4);
    AT(imgvec_option_row, type, 12, 4);
    AT(imgvec_option_row, jobs, 16, 4);
    AT(imgvec_option_row, name, 24, 8);
    AT(imgvec_option_row, default_value, 32, 8);
    AT(imgvec_option_row, choices, 40, 8);
    AT(imgvec_option_row, help, 48, 8);
    AT(imgvec_option_row, min, 56, 8);
    AT(imgvec_option_row, max, 64, 8);
    AT(imgvec_option_row, since, 72, 8);

    SIZE(imgvec_augmentation_row, 32);
    AT(imgvec_augmentation_row, size, 0, 8);
    AT(imgvec_augmentation_row, name, 8, 8);
    AT(imgvec_augmentation_row, help, 16, 8);
    AT(imgvec_augmentation_row, parameters, 24, 4);
    AT(imgvec_augmentation_row, pairs, 28, 4);

    SIZE(imgvec_augmentation_parameter_row, 56);
    AT(imgvec_augmentation_parameter_row, size, 0, 8);
    AT(imgvec_augmentation_parameter_row, name, 8, 8);
    AT(imgvec_augmentation_parameter_row, default_value, 16, 8);
    AT(imgvec_augmentation_parameter_row, help, 24, 8);
    AT(imgvec_augmentation_parameter_row, min, 32, 8);
    AT(imgvec_augmentation_parameter_row, max, 40, 8);
    AT(imgvec_augmentation_parameter_row, type, 48, 4);
}

/* Numbers that programs and files hold. */
static void check_numbers(void)
{
    check("IMGVEC_ERR_INTERNAL", (size_t)-IMGVEC_ERR_INTERNAL, 11);
    check("IMGVEC_ORIGIN_XGBOOST", IMGVEC_ORIGIN_XGBOOST, 4);
    check("IMGVEC_COLUMN_IGNORED", IMGVEC_COLUMN_IGNORED, 5);
    check("IMGVEC_COLUMN_BOOLEAN", IMGVEC_COLUMN_BOOLEAN, 6);
    check("IMGVEC_COLUMN_DATE", IMGVEC_COLUMN_DATE, 7);
    check("IMGVEC_PIXELS_BGRA", IMGVEC_PIXELS_BGRA, 6);
    check("IMGVEC_LOG_DEBUG", IMGVEC_LOG_DEBUG, 4);
    check("IMGVEC_JOB_PREDICT", IMGVEC_JOB_PREDICT, 16);
    check("IMGVEC_TYPE_BOOL", IMGVEC_TYPE_BOOL, 4);
    check("IMGVEC_JOB_AUGMENT", IMGVEC_JOB_AUGMENT, 32);
    check("IMGVEC_OPT_CHECK_IMAGES", IMGVEC_OPT_CHECK_IMAGES, 38);
    check("IMGVEC_OPT_VERSIONS", IMGVEC_OPT_VERSIONS, 54);
    check("IMGVEC_PARAMETER_INTEGER_PAIR", IMGVEC_PARAMETER_INTEGER_PAIR, 8);
}

int main(void)
{
    if (sizeof(void *) != 8) {
        printf("SKIPPED: the figures are those of 64-bit machines\n");
        return 77;
    }
    check_structs();
    check_numbers();
    printf("%d differences\n", failures);
    return failures != 0;
}
