/** @file
 * Options: one table of ids, names, types, bounds and defaults for every job. */
#ifndef IMGVEC_OPTIONS_H
#define IMGVEC_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include <imgvec/context.h>
#include <imgvec/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bag of options: a value, or its default, for each option of the jobs that it is for. */
typedef struct imgvec_options imgvec_options;

/** Jobs, as bits: what an option may be set for. */
enum {
    IMGVEC_JOB_OPEN = 1,     /**< imgvec_dataset_open, imgvec_dataset_describe */
    IMGVEC_JOB_SPLIT = 2,    /**< imgvec_dataset_split */
    IMGVEC_JOB_EMBED = 4,    /**< imgvec_vectorizer_fit */
    IMGVEC_JOB_TRAIN = 8,    /**< imgvec_model_train */
    IMGVEC_JOB_PREDICT = 16, /**< opening and running a model or a vectorizer */
    IMGVEC_JOB_AUGMENT = 32, /**< imgvec_augment_sheet */
    IMGVEC_JOB_FETCH = 64,   /**< imgvec_weights_fetch */
    IMGVEC_JOB_AUTO = 128    /**< imgvec_model_train_auto */
};

/** Option ids. Numbers are never reused or changed; new ones are appended. The names
 * for imgvec_options_set_named are these in lower case without the prefix; the command
 * line writes "-" for "_". Types, bounds and defaults: imgvec_option_info. */
enum {
    IMGVEC_OPT_BACKBONE = 1,
    IMGVEC_OPT_DIM = 2,
    IMGVEC_OPT_WEIGHTS = 3,
    IMGVEC_OPT_WEIGHTS_DIR = 4,
    IMGVEC_OPT_TARGET = 5,
    IMGVEC_OPT_IGNORE = 6,
    IMGVEC_OPT_TYPE = 7,
    IMGVEC_OPT_TASK = 8,
    IMGVEC_OPT_LEARNER = 9,
    IMGVEC_OPT_METRIC = 10,
    IMGVEC_OPT_FOLDS = 11,
    IMGVEC_OPT_FOLD_COLUMN = 12,
    IMGVEC_OPT_HOLDOUT = 13,
    IMGVEC_OPT_ROUNDS = 14,
    IMGVEC_OPT_EARLY_STOPPING_ROUNDS = 15,
    IMGVEC_OPT_BATCH_SIZE = 16,
    IMGVEC_OPT_PRECISION = 17,
    IMGVEC_OPT_DEVICE = 18,
    IMGVEC_OPT_THREADS = 19,
    IMGVEC_OPT_SEED = 20,
    IMGVEC_OPT_ON_BAD = 21,
    IMGVEC_OPT_MAX_BAD_FRACTION = 22,
    IMGVEC_OPT_MAX_MISSING_TARGET = 23,
    IMGVEC_OPT_CSV = 24,
    IMGVEC_OPT_DELIMITER = 25,
    IMGVEC_OPT_RATIO = 26,
    IMGVEC_OPT_MAX_IMAGE_SIDE = 27,
    IMGVEC_OPT_MAX_IMAGE_PIXELS = 28,
    IMGVEC_OPT_MAX_IMAGE_BYTES = 29,
    IMGVEC_OPT_MAX_ARCHIVE_ENTRIES = 30,
    IMGVEC_OPT_MAX_ARCHIVE_BYTES = 31,
    IMGVEC_OPT_MAX_MEMBER_BYTES = 32,
    IMGVEC_OPT_MAX_ARCHIVE_RATIO = 33,
    IMGVEC_OPT_MAX_CSV_COLUMNS = 34,
    IMGVEC_OPT_MAX_CSV_CELL = 35,
    IMGVEC_OPT_MAX_CSV_LINE = 36,
    IMGVEC_OPT_MAX_CATEGORIES = 37,
    IMGVEC_OPT_CHECK_IMAGES = 38,
    IMGVEC_OPT_MAX_MISSING_IMAGES = 39,
    IMGVEC_OPT_MIN_IMAGE_ENDINGS = 40,
    IMGVEC_OPT_IMAGE_ENDINGS = 41,
    IMGVEC_OPT_CATEGORY_SHARE = 42,
    IMGVEC_OPT_CATEGORY_LEVELS = 43,
    IMGVEC_OPT_CODE_SHARE = 44,
    IMGVEC_OPT_ID_SHARE = 45,
    IMGVEC_OPT_DATE_ORDER = 46,
    IMGVEC_OPT_CATEGORICAL = 47,
    IMGVEC_OPT_MAX_ONEHOT = 48,
    IMGVEC_OPT_TEXT_DIM = 49,
    IMGVEC_OPT_TEXT_TERMS = 50,
    IMGVEC_OPT_TEXT_MIN_ROWS = 51,
    IMGVEC_OPT_AUGMENT = 52,
    IMGVEC_OPT_IMAGES = 53,
    IMGVEC_OPT_VERSIONS = 54,
    IMGVEC_OPT_WEIGHTS_URL = 55,
    IMGVEC_OPT_CACHE_DIR = 56,
    IMGVEC_OPT_OFFLINE = 57,
    IMGVEC_OPT_ALLOW_PRIVATE = 58,
    IMGVEC_OPT_DOWNLOAD_TIMEOUT = 59,
    IMGVEC_OPT_DOWNLOAD_RETRIES = 60,
    IMGVEC_OPT_MAX_DOWNLOAD_BYTES = 61,
    IMGVEC_OPT_IMAGE_FEATURES = 62,
    IMGVEC_OPT_TARGET_TRANSFORM = 63,
    IMGVEC_OPT_SELECT_BLOCKS = 64,
    IMGVEC_OPT_ABLATION = 65,
    IMGVEC_OPT_DUPLICATES = 66,
    IMGVEC_OPT_DUPLICATE_DISTANCE = 67,
    IMGVEC_OPT_GROUP = 68,
    IMGVEC_OPT_TIME = 69,
    IMGVEC_OPT_ON_BAD_ROW = 70,
    IMGVEC_OPT_MAX_IMAGE_MEMORY = 71,
    IMGVEC_OPT_MAX_JPEG_SCANS = 72,
    IMGVEC_OPT_MAX_MEMBER_NAME = 73,
    IMGVEC_OPT_CA_FILE = 74,
    IMGVEC_OPT_FINE_TUNE = 75,
    IMGVEC_OPT_STRATEGY = 76,
    IMGVEC_OPT_EPOCHS = 77,
    IMGVEC_OPT_LR = 78,
    IMGVEC_OPT_OPTIMIZER = 79,
    IMGVEC_OPT_TRAIN_BATCH_SIZE = 80,
    IMGVEC_OPT_LAYER_DECAY = 81,
    IMGVEC_OPT_WARMUP = 82,
    IMGVEC_OPT_WEIGHT_DECAY = 83,
    IMGVEC_OPT_CLIP_NORM = 84,
    IMGVEC_OPT_LABEL_SMOOTHING = 85,
    IMGVEC_OPT_CLASS_WEIGHTS = 86,
    IMGVEC_OPT_FIRST_HEAD = 87,
    IMGVEC_OPT_TUNE_PARTS = 88,
    IMGVEC_OPT_FAST = 89,
    IMGVEC_OPT_CHECKPOINT_DIR = 90,
    IMGVEC_OPT_PATIENCE = 91,
    IMGVEC_OPT_SOUP = 92,
    IMGVEC_OPT_TIME_BUDGET = 93,
    IMGVEC_OPT_TRIALS = 94,
    IMGVEC_OPT_VALIDATION = 95,
    IMGVEC_OPT_ENSEMBLE = 96,
    IMGVEC_OPT_REFIT = 97,
    IMGVEC_OPT_TRIAL = 98,
    IMGVEC_OPT_RESUME = 99,
    IMGVEC_OPT_CALIBRATE = 100,
    IMGVEC_OPT_INTERVAL = 101,
    IMGVEC_OPT_THRESHOLD_METRIC = 102,
    IMGVEC_OPT_INSIGHTS = 103
};

/** Types of option values. */
enum {
    IMGVEC_TYPE_I64 = 1,
    IMGVEC_TYPE_F64 = 2,
    IMGVEC_TYPE_TEXT = 3,
    IMGVEC_TYPE_BOOL = 4 /**< set with imgvec_options_set_i64, 0 or 1 */
};

/** One row of the option table. Texts are BORROWED for ever. */
typedef struct imgvec_option_row {
    size_t size;               /**< set to sizeof before the call */
    int32_t id;                /**< IMGVEC_OPT_* */
    int32_t type;              /**< IMGVEC_TYPE_* */
    int32_t jobs;              /**< IMGVEC_JOB_* bits */
    int32_t reserved;          /**< 0 */
    const char *name;          /**< "max_image_side" */
    const char *default_value; /**< as text; "" for none */
    const char *choices;       /**< "a|b|c" where only these are allowed, else "" */
    const char *help;          /**< one sentence or two, for people */
    double min;                /**< least of numbers, inclusive */
    double max;                /**< greatest of numbers, inclusive */
    const char *since;         /**< API version that brought it: "1.0" */
} imgvec_option_row;

/** Number of options. Thread: any thread. Since 1.0. */
IMGVEC_API int32_t imgvec_option_count(void);

/** Describes option `index`, 0 to count - 1 in table order. out->size says how much
 * of the record the caller knows.
 * Errors: INVALID_ARGUMENT. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_option_info(int32_t index, imgvec_option_row *out,
                                                            imgvec_error *err);

/** Makes a bag of options for one or several jobs (bits), all at their defaults.
 * out: NEW, free with imgvec_options_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY. Thread: any thread. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_options_new(imgvec_context *ctx, int32_t jobs,
                                                            imgvec_options **out,
                                                            imgvec_error *err);

/** Sets an integer or boolean option.
 * Errors: INVALID_ARGUMENT for an unknown id, another type, another job or a value out
 * of bounds; the text names the option and what it takes.
 * Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_options_set_i64(imgvec_options *opts, int32_t id,
                                                                int64_t value, imgvec_error *err);

/** Sets a number option; integers accept whole values. Errors and thread as
 * imgvec_options_set_i64. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_options_set_f64(imgvec_options *opts, int32_t id,
                                                                double value, imgvec_error *err);

/** Sets a text option; value is COPIED, NULL puts the default back. Errors and thread
 * as imgvec_options_set_i64. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_options_set_text(imgvec_options *opts, int32_t id,
                                                                 const char *value,
                                                                 imgvec_error *err);

/** Sets any option by name from text ("folds", "10"); "-" and "_" are the same.
 * "xgb.<name>" hands a parameter to XGBoost as it is (train only), which checks it when
 * training starts. Errors and thread as imgvec_options_set_i64. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_options_set_named(imgvec_options *opts,
                                                                  const char *name,
                                                                  const char *value,
                                                                  imgvec_error *err);

/** Sets every member of a JSON object, such as {"folds": 10, "backbone": "resnet34"}:
 * all of them or, on an error, none. Errors and thread as imgvec_options_set_i64, and
 * FORMAT for bad JSON. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_options_set_json(imgvec_options *opts,
                                                                 const char *json,
                                                                 imgvec_error *err);

/** Makes a training differ from that of a saved model in nothing but what is set here: every
 * option that the bag is for and that was not set in it gets the value that the model was
 * trained with, the seed among them (backbone auto becomes the networks that were taken), and
 * the bag carries the model's folds. Options set before or after the call keep their own values.
 * imgvec_model_train takes the folds and the rows that were held out where data (names and
 * cells), target, task and the options folds, fold_column and holdout are the same, and logs a
 * notice that says so, or why not. Rows that then share images follow the first of them.
 * path: a file of imgvec_model_save; it is not needed any more afterwards. All is set or, on an
 * error, nothing. Errors: INVALID_ARGUMENT, NO_MEMORY, IO, NOT_FOUND, FORMAT (damaged, or no
 * model), UNSUPPORTED (made by a newer library). Thread: one thread at a time per handle.
 * Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_options_set_like(imgvec_options *opts,
                                                                 const char *path,
                                                                 imgvec_error *err);

/** All values of the bag as a JSON object. out: NEW, free with imgvec_text_free.
 * Errors: INVALID_ARGUMENT, NO_MEMORY. Thread: shared read. Since 1.0. */
IMGVEC_API IMGVEC_MUST_USE imgvec_status imgvec_options_json(const imgvec_options *opts, char **out,
                                                             imgvec_error *err);

/** Frees the bag; NULL is accepted. Thread: one thread at a time per handle. Since 1.0. */
IMGVEC_API void imgvec_options_free(imgvec_options *opts);

#ifdef __cplusplus
}
#endif
#endif
