#include "base/option_table.h"

#include <stdbool.h>
#include <stddef.h>

#define OPEN IMGVEC_JOB_OPEN
#define SPLIT IMGVEC_JOB_SPLIT
#define EMBED IMGVEC_JOB_EMBED
#define TRAIN IMGVEC_JOB_TRAIN
#define PREDICT IMGVEC_JOB_PREDICT
#define AUGMENT IMGVEC_JOB_AUGMENT
#define FETCH IMGVEC_JOB_FETCH
#define AUTO IMGVEC_JOB_AUTO

#define TEXT(id, name, jobs, fallback, choices, help)                                              \
    {                                                                                              \
        IMGVEC_OPT_##id, IMGVEC_TYPE_TEXT, (jobs), name, fallback, 0, 0, choices, help, "1.0"      \
    }
#define I64(id, name, jobs, fallback, min, max, help)                                              \
    {                                                                                              \
        IMGVEC_OPT_##id, IMGVEC_TYPE_I64, (jobs), name, fallback, min, max, "", help, "1.0"        \
    }
#define F64(id, name, jobs, fallback, min, max, help)                                              \
    {                                                                                              \
        IMGVEC_OPT_##id, IMGVEC_TYPE_F64, (jobs), name, fallback, min, max, "", help, "1.0"        \
    }
#define BOOL(id, name, jobs, fallback, help)                                                       \
    {                                                                                              \
        IMGVEC_OPT_##id, IMGVEC_TYPE_BOOL, (jobs), name, fallback, 0, 1, "", help, "1.0"           \
    }

#define MANY 9007199254740992.0 /* 2^53: whole numbers up to here are exact in a double */

/* clang-format off */
const iv_option iv_options_table[] = {
    TEXT(BACKBONE, "backbone", EMBED | TRAIN | AUTO, "auto", "",
         "Network that turns images into features, or a comma list of several whose features are "
         "concatenated. auto: xception if its weights are present, else the best present."),
    TEXT(DIM, "dim", EMBED | TRAIN, "", "",
         "Values of an image column's embedding after principal-component projection: a number, "
         "all, or a comma list of candidates that cross-validation chooses from. "
         "Default: 100 for training, all for embedding."),
    TEXT(WEIGHTS, "weights", EMBED | TRAIN | AUTO, "", "",
         "A checkpoint file for the backbone, or random for random initialisation. "
         "Default: looked up by the backbone's name in the weights folders."),
    TEXT(WEIGHTS_DIR, "weights_dir", EMBED | TRAIN | FETCH | AUTO, "", "",
         "Folder that is searched first for checkpoint files named like their backbone, and into "
         "which they are downloaded."),
    TEXT(TARGET, "target", OPEN | SPLIT | EMBED | TRAIN | AUTO, "", "",
         "Column to be predicted. Default: label where the data has class folders."),
    TEXT(IGNORE, "ignore", OPEN | EMBED | TRAIN | AUTO, "", "",
         "Columns to leave out, as a comma list."),
    TEXT(TYPE, "type", OPEN | EMBED | TRAIN | AUTO, "", "",
         "Types of columns where the guess is wrong, as a comma list of column=type with numeric, "
         "categorical, boolean, date, image, text or ignored."),
    TEXT(TASK, "task", EMBED | TRAIN | AUTO, "auto", "auto|regression|binary|multiclass",
         "What the target is. auto decides by its values."),
    TEXT(LEARNER, "learner", TRAIN, "auto", "auto|xgboost|linear",
         "What learns from the features: boosted trees or a linear model (ridge or logistic "
         "regression). auto: cross-validation inside each training fold chooses."),
    TEXT(METRIC, "metric", TRAIN | AUTO, "auto", "",
         "What early stopping and the choice of a plan optimise: rmse, mae, r2, rmsle, mse, mape, "
         "smape, rmspe, mer or gini of a number; accuracy, log_loss, auc, balanced_accuracy, f1, "
         "mcc, aucpr, gini, f05, f2 or, with more than two classes, macro_auc. auto: rmse (on the scale "
         "of the target's transform), auc or log_loss for regression, binary or multiclass."),
    I64(FOLDS, "folds", TRAIN | AUTO, "5", 2, 100,
        "Folds of the cross-validation; stratified for classes."),
    TEXT(FOLD_COLUMN, "fold_column", TRAIN | AUTO, "", "",
         "Column whose equal values stay in one fold; it is not used as a feature."),
    F64(HOLDOUT, "holdout", TRAIN, "0", 0, 0.9,
        "Share of the rows kept out of everything and scored once at the end."),
    I64(ROUNDS, "rounds", TRAIN, "600", 1, 100000,
        "Most boosting rounds of a learner."),
    I64(EARLY_STOPPING_ROUNDS, "early_stopping_rounds", TRAIN, "30", 0, 100000,
        "Rounds without improvement on an inner part of the training fold that end boosting; "
        "0 always takes all rounds."),
    I64(BATCH_SIZE, "batch_size", EMBED | TRAIN | PREDICT | AUTO, "-1", -1, 4096,
        "Images that a network takes at once; -1 chooses."),
    TEXT(PRECISION, "precision", EMBED | TRAIN | PREDICT | AUTO, "float32", "float32|bfloat16",
         "Arithmetic of the networks."),
    TEXT(DEVICE, "device", EMBED | TRAIN | PREDICT | AUTO, "", "",
         "Where networks run: auto, cpu, cuda or cuda:N. Default: the context's device."),
    I64(THREADS, "threads", OPEN | SPLIT | EMBED | TRAIN | PREDICT | AUTO, "0", 0, 1024,
        "Threads to use; 0 takes the context's, which is all cores unless it was set."),
    I64(SEED, "seed", SPLIT | EMBED | TRAIN | AUGMENT | AUTO, "1", 0, MANY,
        "Seed of everything random. Same input, seed, threads and machine: the same result."),
    TEXT(ON_BAD, "on_bad", TRAIN | AUTO, "auto", "auto|missing|drop|error",
         "What becomes of a row whose image cannot be read: missing (a missing value), drop or "
         "error. auto: missing where other columns exist, drop where the image is the only input."),
    F64(MAX_BAD_FRACTION, "max_bad_fraction", TRAIN | AUTO, "0.1", 0, 1,
        "Share of images of a column that may be unreadable before training refuses to start."),
    F64(MAX_MISSING_TARGET, "max_missing_target", TRAIN | AUTO, "0.1", 0, 1,
        "Share of rows that may lack a target; they are left out and counted."),
    TEXT(CSV, "csv", OPEN, "", "",
         "Which CSV file to take where an archive or folder holds several."),
    TEXT(DELIMITER, "delimiter", OPEN, "auto", "auto|comma|semicolon|tab",
         "What separates the cells of a CSV file."),
    F64(RATIO, "ratio", SPLIT, "0.75", 0.001, 0.999,
        "Share of the rows that goes into the first part."),
    I64(MAX_IMAGE_SIDE, "max_image_side", OPEN, "65535", 0, 65535,
        "Limit of an image's width and height in pixels; 0: none beyond the format's."),
    I64(MAX_IMAGE_PIXELS, "max_image_pixels", OPEN, "100000000", 0, MANY,
        "Limit of an image's width times height; 0: none."),
    I64(MAX_IMAGE_BYTES, "max_image_bytes", OPEN, "268435456", 0, MANY,
        "Limit of an encoded image's size in bytes; 0: none."),
    I64(MAX_ARCHIVE_ENTRIES, "max_archive_entries", OPEN, "2000000", 0, MANY,
        "Limit of the members of an archive; 0: none."),
    I64(MAX_ARCHIVE_BYTES, "max_archive_bytes", OPEN, "68719476736", 0, MANY,
        "Limit of the uncompressed bytes of an archive; 0: none."),
    I64(MAX_MEMBER_BYTES, "max_member_bytes", OPEN, "1073741824", 0, MANY,
        "Limit of the uncompressed bytes of one member; 0: none."),
    F64(MAX_ARCHIVE_RATIO, "max_archive_ratio", OPEN, "200", 0, 2000,
        "Limit of uncompressed to compressed size, for members above 16 MiB; 0: none."),
    I64(MAX_CSV_COLUMNS, "max_csv_columns", OPEN, "65536", 0, MANY,
        "Limit of the columns of a CSV file; 0: none."),
    I64(MAX_CSV_CELL, "max_csv_cell", OPEN, "16777216", 0, MANY,
        "Limit of one cell of a CSV file in bytes; 0: none."),
    I64(MAX_CSV_LINE, "max_csv_line", OPEN, "67108864", 0, MANY,
        "Limit of one record of a CSV file in bytes; 0: none."),
    I64(MAX_CATEGORIES, "max_categories", TRAIN, "100", 1, 10000,
        "Most frequent values of a categorical column that become features of their own."),
    BOOL(CHECK_IMAGES, "check_images", OPEN, "1",
         "Whether describing a dataset decodes every image to find those that cannot be used."),
    F64(MAX_MISSING_IMAGES, "max_missing_images", OPEN, "0.1", 0, 1,
        "Share of missing cells up to which a column of image names is taken as images."),
    F64(MIN_IMAGE_ENDINGS, "min_image_endings", OPEN, "0.8", 0.01, 1,
        "Share of a column's different values that must end like an image file."),
    TEXT(IMAGE_ENDINGS, "image_endings", OPEN, "", "",
         "Endings of image files, as a comma list such as jpg,png. Default: those of all formats."),
    F64(CATEGORY_SHARE, "category_share", OPEN, "0.05", 0, 1,
        "A text column with at most this many different values for each row, or 20 in all, is "
        "categorical."),
    I64(CATEGORY_LEVELS, "category_levels", OPEN, "1000", 1, 1000000,
        "Most different values of a categorical column by category_share."),
    F64(CODE_SHARE, "code_share", OPEN, "0.5", 0, 1,
        "The same for a column of codes, texts without blanks; without a bound on their number."),
    F64(ID_SHARE, "id_share", OPEN, "0.95", 0.01, 1,
        "A column of codes of which this share is different is an identifier and left out."),
    TEXT(DATE_ORDER, "date_order", OPEN | TRAIN, "auto", "auto|dmy|mdy",
         "How 3/4/2020 is read. auto: by the column's values, day first where they do not tell."),
    TEXT(CATEGORICAL, "categorical", TRAIN, "auto", "auto|onehot|target",
         "How a categorical column becomes features: one for each value, or the mean of the target "
         "by value, made out of fold. auto: onehot up to max_onehot values, target above."),
    I64(MAX_ONEHOT, "max_onehot", TRAIN, "50", 1, 10000,
        "Different values of a categorical column above which auto takes the target's mean."),
    I64(TEXT_DIM, "text_dim", TRAIN, "100", 1, 1000,
        "Features of a text column: dimensions that its words and character n-grams are projected "
        "to."),
    I64(TEXT_TERMS, "text_terms", TRAIN, "20000", 1, 1000000,
        "Most words, and most character n-grams, of a text column that are counted."),
    I64(TEXT_MIN_ROWS, "text_min_rows", TRAIN, "2", 1, 1000000,
        "Training rows that a word or n-gram must be in to be counted."),
    TEXT(AUGMENT, "augment", AUGMENT | EMBED | TRAIN | AUTO, "HorizontalFlip", "",
         "Random changes of training images, applied in order: a comma list such as "
         "HorizontalFlip(p=0.5),ShiftScaleRotate(rotate_limit=15),Blur; or all, or none."),
    I64(IMAGES, "images", AUGMENT, "2", 1, 1000,
        "Images that a contact sheet shows, chosen at random."),
    I64(VERSIONS, "versions", AUGMENT, "4", 1, 100,
        "Augmented versions of each image that a contact sheet shows beside the original."),
    TEXT(WEIGHTS_URL, "weights_url", FETCH, "", "",
         "Mirror to download checkpoints from, instead of where they are published: an https "
         "address (http only for localhost) of a folder that holds them under their published "
         "names."),
    TEXT(CACHE_DIR, "cache_dir", OPEN, "", "",
         "Folder that keeps what was fetched from URLs. Default: imgvec in XDG_CACHE_HOME or in "
         "~/.cache."),
    BOOL(OFFLINE, "offline", OPEN, "0",
         "Use nothing but the cache for what lies behind URLs."),
    BOOL(ALLOW_PRIVATE, "allow_private", OPEN, "0",
         "Whether URLs may lead to loopback, private, link-local and other addresses that belong "
         "to no public host."),
    I64(DOWNLOAD_TIMEOUT, "download_timeout", OPEN, "60", 0, 86400,
        "Seconds for one image behind a URL, with all redirects and attempts; 0: no limit."),
    I64(DOWNLOAD_RETRIES, "download_retries", OPEN, "3", 0, 20,
        "Further attempts after a fault that may pass: a cut connection, a timeout, status 429 or "
        "5xx."),
    I64(MAX_DOWNLOAD_BYTES, "max_download_bytes", OPEN, "68719476736", 0, MANY,
        "Limit of the size of data that is opened by a URL; 0: none. Images have "
        "max_image_bytes."),
    TEXT(IMAGE_FEATURES, "image_features", TRAIN, "auto", "auto|projection|stacked|both",
         "How an image column becomes features: projection (principal components, as many as dim "
         "says), stacked (what a linear model on the whole embedding predicts, out of fold) or "
         "both. auto: cross-validation inside each training fold chooses."),
    TEXT(TARGET_TRANSFORM, "target_transform", TRAIN, "auto",
         "auto|none|log|box_cox|yeo_johnson",
         "Scale on which a numeric target is learned; predictions are on its own scale. auto: "
         "cross-validation inside each training fold chooses."),
    BOOL(SELECT_BLOCKS, "select_blocks", TRAIN, "1",
         "Whether columns that do not earn their place in cross-validation are left out."),
    TEXT(ABLATION, "ablation", TRAIN, "auto", "auto|on|off",
         "Whether the result says what each column is worth: the score without it and with it "
         "alone, on the same folds. auto: yes, narrow columns of one type counted together from "
         "5,000 rows on."),
    TEXT(DUPLICATES, "duplicates", OPEN | SPLIT | TRAIN | AUTO, "near", "near|exact|off",
         "Which rows are kept together in one fold and on one side of a split, and are reported: "
         "those that share an image that looks the same (near), has the same bytes (exact), or "
         "none for that reason (off)."),
    I64(DUPLICATE_DISTANCE, "duplicate_distance", OPEN | SPLIT | TRAIN | AUTO, "24", 0, 31,
        "Bits of 255 in which the perceptual hashes of two images may differ that count as looking "
        "the same. Higher finds stronger changes of an image, and more pairs that only resemble."),
    TEXT(GROUP, "group", SPLIT, "", "",
         "Column whose equal values stay on one side of a split."),
    TEXT(TIME, "time", SPLIT, "", "",
         "Column of numbers or dates by which a split is made: the earlier rows go to the first "
         "part. Default: rows are taken at random."),
    TEXT(ON_BAD_ROW, "on_bad_row", OPEN, "error", "error|skip",
         "What becomes of a row of a CSV file with too many or too few cells, text after a closing "
         "quote, a NUL byte or what is not UTF-8: error, or skip, which counts and lists it."),
    I64(MAX_IMAGE_MEMORY, "max_image_memory", OPEN, "0", 0, MANY,
        "Limit of the memory that decoding one image takes, in bytes: the picture and what grows "
        "with it in the decoder; 0: what the format takes for max_image_pixels."),
    I64(MAX_JPEG_SCANS, "max_jpeg_scans", OPEN, "500", 0, MANY,
        "Limit of the scans of a JPEG, each of which costs a pass over the picture; 0: none."),
    I64(MAX_MEMBER_NAME, "max_member_name", OPEN, "1024", 0, 65535,
        "Limit of the length of a member's name in an archive, in bytes; 0: none."),
    TEXT(CA_FILE, "ca_file", OPEN | FETCH, "", "",
         "PEM file of the certificate authorities that https servers are trusted by. Default: the "
         "file that CURL_CA_BUNDLE or SSL_CERT_FILE names, else the system's."),
    TEXT(FINE_TUNE, "fine_tune", EMBED | TRAIN, "off", "off|on|auto",
         "Whether the backbone learns from the training images before it turns them into features. "
         "The result then holds the score without it too, on the same folds. auto: fine-tuned "
         "networks are kept where they are clearly better."),
    TEXT(STRATEGY, "strategy", EMBED | TRAIN, "auto", "",
         "What of the network learns in fine-tuning: all, frozen (the head alone), a number (so "
         "many stages below the head), or auto, by the size of the data and how well frozen "
         "features do."),
    I64(EPOCHS, "epochs", EMBED | TRAIN | AUTO, "2", 1, 10000,
        "Times that fine-tuning goes through the training images."),
    F64(LR, "lr", EMBED | TRAIN | AUTO, "0", 0, 1000,
        "Highest learning rate of fine-tuning, that of the head. 0: 0.002 for adamw, 0.02 for "
        "sgd."),
    TEXT(OPTIMIZER, "optimizer", EMBED | TRAIN | AUTO, "adamw", "adamw|sgd",
         "Optimizer of fine-tuning: AdamW, or stochastic gradient descent with momentum 0.9."),
    I64(TRAIN_BATCH_SIZE, "train_batch_size", EMBED | TRAIN | AUTO, "32", 2, 65536,
        "Images of one update in fine-tuning. Where memory does not hold them all, they go through "
        "the network in parts whose gradients are added up."),
    F64(LAYER_DECAY, "layer_decay", EMBED | TRAIN | AUTO, "1", 0.01, 1,
        "Learning rate of a stage of the network as a part of that of the stage above it."),
    F64(WARMUP, "warmup", EMBED | TRAIN | AUTO, "0.3", 0, 0.9,
        "Part of the updates in which the learning rate rises; then it falls along a cosine."),
    F64(WEIGHT_DECAY, "weight_decay", EMBED | TRAIN | AUTO, "0.01", 0, 10,
        "Weight decay of fine-tuning; norms and biases have none."),
    F64(CLIP_NORM, "clip_norm", EMBED | TRAIN | AUTO, "1", 0, 1e9,
        "Longest gradient of an update in fine-tuning, in L2 norm; 0: no limit."),
    F64(LABEL_SMOOTHING, "label_smoothing", EMBED | TRAIN | AUTO, "0.1", 0, 0.9,
        "Part of a label that fine-tuning spreads over all classes."),
    TEXT(CLASS_WEIGHTS, "class_weights", EMBED | TRAIN | AUTO, "none", "none|balanced",
         "Whether in fine-tuning all rows count the same (none) or all classes (balanced)."),
    TEXT(FIRST_HEAD, "first_head", TRAIN, "random", "random|probe",
         "Where the head of fine-tuning starts: at random, or as a linear model on the frozen "
         "features (probe)."),
    I64(TUNE_PARTS, "tune_parts", TRAIN, "2", 2, 20,
        "Parts of a training fold: what the learner knows of the rows of a part comes from a "
        "network that was fine-tuned on the others. More parts take longer and use more rows."),
    BOOL(FAST, "fast", TRAIN, "0",
         "One fine-tuned network for all folds. It has seen every row: scores become optimistic, "
         "and the result says so."),
    TEXT(CHECKPOINT_DIR, "checkpoint_dir", EMBED | TRAIN | AUTO, "", "",
         "Folder in which fine-tuning keeps its state, so that the same command goes on where it "
         "was stopped. Images must not change meanwhile."),
    I64(PATIENCE, "patience", TRAIN, "0", 0, 10000,
        "Early stopping of fine-tuning: a tenth of a network's rows is kept aside, training ends "
        "after so many epochs without a lower loss there, and the weights of the best epoch are "
        "taken. 0: all epochs, on all rows."),
    BOOL(SOUP, "soup", EMBED | TRAIN, "0",
         "Whether fine-tuning of three epochs and more gives the mean of the weights of its second "
         "half instead of the last ones (stochastic weight averaging)."),
    TEXT(TIME_BUDGET, "time_budget", AUTO, "20m", "",
         "Time that the automatic model may take from when the data is open: seconds, or a number "
         "with s, m or h such as 90s, 20m, 1.5h."),
    I64(TRIALS, "trials", AUTO, "0", 0, 100000,
        "Most trials of the automatic model; 0: as many as the time allows."),
    TEXT(VALIDATION, "validation", AUTO, "auto", "auto|holdout|folds",
         "What the automatic model's trials are judged by: a fifth of the rows kept apart "
         "(holdout), or each row by a network that did not learn from it (folds, where the best "
         "trials take as many trainings). auto: folds for up to 2,000 rows where the time "
         "allows."),
    I64(ENSEMBLE, "ensemble", AUTO, "0", 0, 16,
        "Most networks of the automatic model, whose answers are blended where that is better in "
        "validation. 1: a single network, for a small file; 0: two or three."),
    BOOL(REFIT, "refit", AUTO, "1",
         "Whether the automatic model's networks learn once more from all rows at the end, where "
         "the time allows."),
    TEXT(TRIAL, "trial", AUTO, "", "",
         "One trial for the automatic model to run instead of a search: the JSON object of a trial "
         "as the leaderboard shows it, or a file that holds it."),
    BOOL(RESUME, "resume", AUTO, "0",
         "Whether the automatic model goes on with the trials in the folder checkpoint_dir."),
    TEXT(CALIBRATE, "calibrate", TRAIN | AUTO, "auto", "auto|off|temperature",
         "Whether class probabilities are calibrated by a temperature that is fitted out of fold. "
         "auto: where that lowers the log-loss out of fold; temperature: always."),
    F64(INTERVAL, "interval", TRAIN | AUTO, "0.9", 0, 0.999,
        "Share of rows whose truth is to lie within the prediction's interval, or among its set of "
        "classes; 0: neither is made."),
    TEXT(THRESHOLD_METRIC, "threshold_metric", TRAIN | AUTO, "auto",
         "auto|f1|f05|f2|mcc|accuracy|balanced_accuracy",
         "What the threshold of a binary model maximises, out of fold. auto: option metric where "
         "it is one of these, else f1."),
    BOOL(INSIGHTS, "insights", TRAIN | AUTO, "1",
         "Whether the model keeps small pictures of some training images and a map of them for its "
         "report. Without them the report shows numbers and charts alone."),
};
/* clang-format on */

const int32_t iv_options_count = (int32_t)(sizeof iv_options_table / sizeof *iv_options_table);

const iv_option *iv_option_find(int32_t id)
{
    /* The table is in the order of the ids, which start at 1. */
    if (id < 1 || id > iv_options_count)
        return NULL;
    return &iv_options_table[id - 1];
}

static bool same_name(const char *name, const char *typed)
{
    for (; *name && *typed; name++, typed++)
        if (*name != (*typed == '-' ? '_' : *typed))
            return false;
    return *name == *typed;
}

const iv_option *iv_option_find_named(const char *name)
{
    for (int32_t i = 0; i < iv_options_count; i++)
        if (same_name(iv_options_table[i].name, name))
            return &iv_options_table[i];
    return NULL;
}
