/* What stands behind imgvec_dataset: for the files of this room only. */
#ifndef IV_TABLE_STORE_H
#define IV_TABLE_STORE_H

#include "io/zip_reader.h"
#include "table/archives.h"
#include "table/dataset.h"
#include "table/remote.h"
#include "table/skipped.h"

typedef enum iv_store {
    IV_STORE_TEXT,    /* cells as they were read: numbers, levels, paths */
    IV_STORE_NUMBERS, /* handed over as numbers */
    IV_STORE_PICTURES /* handed over as images or paths of images */
} iv_store;

typedef enum iv_picture_kind {
    IV_PICTURE_NONE,
    IV_PICTURE_PATH,
    IV_PICTURE_BYTES,
    IV_PICTURE_PIXELS
} iv_picture_kind;

typedef struct iv_picture {
    iv_picture_kind kind;
    int32_t width, height, format; /* of pixels; rows are tight */
    void *data;                    /* a path is closed by NUL */
    size_t size;
} iv_picture;

typedef struct iv_column {
    char *name;
    int32_t type;
    int32_t natural; /* of a column that inference leaves out: what it is as a target */
    iv_store store;
    int32_t date_order; /* iv_date_order of a date column */
    bool literal;       /* only an empty text is missing: "NA" may be a class */
    int64_t count, missing;
    char *reason;

    char *bytes; /* IV_STORE_TEXT: all cells in a row */
    size_t bytes_capacity;
    uint64_t *ends; /* where each cell ends in bytes */
    size_t ends_capacity;

    double *numbers;
    size_t numbers_capacity;

    iv_picture *pictures;
    size_t pictures_capacity;
} iv_column;

typedef enum iv_form {
    IV_FORM_MEMORY,
    IV_FORM_CLASS_FOLDERS,
    IV_FORM_CSV_WITH_IMAGES,
    IV_FORM_CSV,
    IV_FORM_IMAGES
} iv_form;

#define IV_FILE_EXAMPLES 3

struct imgvec_dataset {
    imgvec_context *ctx;
    iv_column *columns;
    size_t count, capacity;
    bool from_caller; /* made by iv_dataset_new: may be filled */

    char *path; /* as it was opened; NULL in memory */
    iv_form form;
    char *evidence;

    /* Where the texts of image columns lead: into `zip` when it is set, else to files. */
    iv_zip *zip;
    char *folder;      /* that relative paths start from; "": the archive's root, or where we are */
    char *base_url;    /* instead of a folder, for a table from a URL; else NULL */
    iv_remote *remote; /* images behind URLs */
    iv_archives *archives; /* others, named by cells as "archive.zip!/member" */
    iv_image_limits image_limits;

    int64_t ignored_files; /* left behind by file managers */
    int64_t other_files;   /* that are no images */
    char *other_examples[IV_FILE_EXAMPLES];
    int64_t unused_images; /* that no row names; -1: not known */

    iv_skipped_rows skipped;
};

const char *iv_form_name(iv_form form);
bool iv_column_type_known(int32_t type);
int32_t iv_column_type_from(const char *name, size_t length); /* 0: none of that name */

/* What the options with "max_" in their names allow; opts NULL: the defaults. */
void iv_dataset_set_limits(imgvec_dataset *ds, const imgvec_options *opts);

/* A column at the end, without cells. name and reason are COPIED. */
imgvec_status iv_column_add(imgvec_dataset *ds, const char *name, size_t length, int32_t type,
                            iv_store store, const char *reason, imgvec_error *err);
/* reason is MOVED; NULL is NO_MEMORY. */
imgvec_status iv_column_set(iv_column *c, imgvec_context *ctx, int32_t type, char *reason,
                            imgvec_error *err);
void iv_column_free(imgvec_context *ctx, iv_column *c);

/* Adds a cell of IV_STORE_TEXT; does not count what is missing. */
imgvec_status iv_cell_add(imgvec_context *ctx, iv_column *c, const char *text, size_t length,
                          imgvec_error *err);

/* Cell of IV_STORE_TEXT as it was read. */
static inline const char *iv_cell(const iv_column *c, int64_t row, size_t *length)
{
    uint64_t start = row > 0 ? c->ends[row - 1] : 0;
    *length = (size_t)(c->ends[row] - start);
    return c->bytes + start;
}

/* "", NA, N/A, NaN, nan, null, NULL, None, none, ? */
bool iv_missing_token(const char *text, size_t length);

static inline bool iv_cell_missing(const iv_column *c, const char *text, size_t length)
{
    return length == 0 || (!c->literal && iv_missing_token(text, length));
}

#endif
