/** @file
 * Dataset: rows of typed columns. An image cell is a reference, never pixels in memory,
 * except where the caller hands pixels over. */
#ifndef IMGVEC_DATASET_H
#define IMGVEC_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>
#include <imgvec/options.h>
#include <imgvec/watch.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Dataset: opened (imgvec_dataset_open) or filled by the caller (imgvec_dataset_new). */
typedef struct imgvec_dataset imgvec_dataset;

/** Column types. */
enum {
    IMGVEC_COLUMN_NUMERIC = 1,
    IMGVEC_COLUMN_CATEGORICAL = 2,
    IMGVEC_COLUMN_IMAGE = 3,
    IMGVEC_COLUMN_TEXT = 4,    /**< free text */
    IMGVEC_COLUMN_IGNORED = 5, /**< left out: constant, empty, an identifier, or by option */
    IMGVEC_COLUMN_BOOLEAN = 6, /**< true/false, yes/no, t/f, y/n; 1 and 0 in memory */
    IMGVEC_COLUMN_DATE = 7     /**< dates, with or without a time */
};

/** Layouts of raw pixels, 8 bits a channel. Alpha is dropped, gray is repeated. */
enum {
    IMGVEC_PIXELS_GRAY = 1,
    IMGVEC_PIXELS_RGB = 3,
    IMGVEC_PIXELS_RGBA = 4,
    IMGVEC_PIXELS_BGR = 5,
    IMGVEC_PIXELS_BGRA = 6
};

/** What a dataset knows of one column. Texts are BORROWED until the dataset is changed
 * or freed. */
typedef struct imgvec_column_info {
    size_t size;        /**< set to sizeof before the call */
    const char *name;   /**< as in the data */
    int32_t type;       /**< IMGVEC_COLUMN_* */
    int32_t reserved;   /**< 0 */
    int64_t missing;    /**< cells without a value */
    const char *reason; /**< the evidence for the type, for people */
} imgvec_column_info;

/** Opens data, its form found from its content:
 *  - a folder or zip archive whose folders are classes: columns "image" and "label",
 *    the label being the folder's path below the root ("/" between levels, one common
 *    top folder stripped);
 *  - a folder or zip archive with one CSV file and images: the CSV's columns, image
 *    paths relative to the CSV. Where there are several CSVs, option "csv" names one;
 *  - a CSV file with image paths, relative to it or absolute;
 *  - a CSV file without images.
 * path may be an http or https URL of an archive, a CSV file or an image, or
 * "s3://bucket/key" (docs/data.md): it is downloaded into the cache folder. Images behind
 * URLs are fetched when a job needs them, not here.
 * Nothing is unpacked to disk, and files are read when they are needed: they must stay
 * as they are while the dataset lives. CSV: first row names, separator , ; or tab, with
 * or without quotes, UTF-8.
 * opts: jobs OPEN, or NULL for the defaults. watch: may be NULL.
 * out: NEW, free with imgvec_dataset_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, IO, NOT_FOUND, FORMAT (a damaged or dangerous
 * archive as a whole, a bad CSV: line and record), LIMIT, UNSUPPORTED, DATA, CANCELLED.
 * A single image that cannot be read is no error here.
 * Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_dataset_open(imgvec_context *ctx, const char *path,
                                                             const imgvec_options *opts,
                                                             const imgvec_watch *watch,
                                                             imgvec_dataset **out,
                                                             imgvec_error *err);

/** Makes an empty dataset to be filled column by column. Every column must hold as
 * many cells as the others when the dataset is used.
 * out: NEW, free with imgvec_dataset_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_dataset_new(imgvec_context *ctx,
                                                            imgvec_dataset **out,
                                                            imgvec_error *err);

/** Sets the limits of images and what the network may do (options of job OPEN) for a dataset
 * of imgvec_dataset_new, which has the defaults otherwise. opts may be NULL: the defaults.
 * Errors: INVALID_ARGUMENT (also for a dataset that was opened), NO_MEMORY.
 * Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_dataset_set_options(imgvec_dataset *ds,
                                                                    const imgvec_options *opts,
                                                                    imgvec_error *err);

/** Adds an empty column. name (COPIED) must be new and not empty; type is
 * IMGVEC_COLUMN_*. Only for datasets of imgvec_dataset_new, as the four calls below.
 * Errors: INVALID_ARGUMENT, NO_MEMORY. Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_dataset_add_column(imgvec_dataset *ds,
                                                                   const char *name, int32_t type,
                                                                   imgvec_error *err);

/** Appends a number to a numeric column (or to a categorical, boolean or text one, as its
 * shortest text; a date column takes texts alone). NaN is a missing value; an infinity counts as
 * missing when used. Errors: INVALID_ARGUMENT (no such column, another type), NO_MEMORY. Thread:
 * one thread at a time per handle. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_dataset_append_number(imgvec_dataset *ds,
                                                                      const char *column,
                                                                      double value,
                                                                      imgvec_error *err);

/** Appends text (COPIED) to a categorical or text column, or the path or URL of an image
 * to an image column (read when needed). NULL is a missing value, in a numeric column
 * too. Errors and thread as imgvec_dataset_append_number. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_dataset_append_text(imgvec_dataset *ds,
                                                                    const char *column,
                                                                    const char *value,
                                                                    imgvec_error *err);

/** Appends an encoded image (COPIED), such as the bytes of a JPEG file, to an image
 * column. The bytes are judged when they are used.
 * Errors and thread as imgvec_dataset_append_number. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_dataset_append_bytes(imgvec_dataset *ds,
                                                                     const char *column,
                                                                     const void *bytes, size_t size,
                                                                     imgvec_error *err);

/** Appends raw pixels (COPIED) to an image column: top row first, `stride` bytes from
 * row to row (0: width x channels), format IMGVEC_PIXELS_*. width and height 1 to 65535.
 * Errors and thread as imgvec_dataset_append_number. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_dataset_append_pixels(
    imgvec_dataset *ds, const char *column, const void *pixels, int32_t width, int32_t height,
    size_t stride, int32_t format, imgvec_error *err);

/** Number of rows (of the longest column, for a dataset being filled); 0 for NULL.
 * Thread: shared read. Since 1.0. */
IMGVEC_API int64_t imgvec_dataset_rows(const imgvec_dataset *ds);

/** Number of columns; 0 for NULL. Thread: shared read. Since 1.0. */
IMGVEC_API int32_t imgvec_dataset_columns(const imgvec_dataset *ds);

/** Describes column `index`, 0 to columns - 1.
 * Errors: INVALID_ARGUMENT. Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_dataset_column(const imgvec_dataset *ds,
                                                               int32_t index,
                                                               imgvec_column_info *out,
                                                               imgvec_error *err);

/** Text of one cell, as it was read: a number's text, a path ("archive.zip!/member" in
 * an archive), "" for a missing value or an image in memory. Writes at most capacity
 * bytes with the closing NUL and sets *needed (may be NULL) to the bytes needed.
 * Errors: INVALID_ARGUMENT (no such cell), LIMIT (capacity too small; nothing written).
 * Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_dataset_cell(const imgvec_dataset *ds,
                                                             int32_t column, int64_t row, char *dst,
                                                             size_t capacity, size_t *needed,
                                                             imgvec_error *err);

/** What was understood, and why, as JSON (docs/json.md, "inspect"): form, columns,
 * types, classes, and every unusable image when option "check_images" is on.
 * opts: job OPEN or NULL. out: NEW, free with imgvec_text_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, CANCELLED. Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_dataset_describe(const imgvec_dataset *ds,
                                                                 const imgvec_options *opts,
                                                                 const imgvec_watch *watch,
                                                                 char **out, imgvec_error *err);

/** Splits the rows and writes two CSV files that name the same images. Option "ratio" is the share
 * of the first part. Rows are taken at random by option "seed", a class column (option "target") in
 * equal shares, or by option "time", the earlier ones first. Rows with one value of option "group",
 * and rows that share an image (option "duplicates", for which every image is decoded), stay on
 * one side. Both files are written whole or not at all, each atomically.
 * opts: job SPLIT or NULL. watch: may be NULL; hears of images that cannot be used, which stay in
 * the parts.
 * report: NEW, sizes, classes and groups of both parts as JSON (docs/json.md, "split"), free with
 * imgvec_text_free; may be NULL.
 * Errors: INVALID_ARGUMENT, NO_MEMORY, IO, NOT_FOUND, DATA (a part would be empty, a row without
 * group or time), CANCELLED.
 * Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_dataset_split(
    const imgvec_dataset *ds, const imgvec_options *opts, const char *first_path,
    const char *second_path, const imgvec_watch *watch, char **report, imgvec_error *err);

/** Frees the dataset; NULL is accepted. Models do not need the dataset they were
 * trained on. Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API void imgvec_dataset_free(imgvec_dataset *ds);

#ifdef __cplusplus
}
#endif
#endif
