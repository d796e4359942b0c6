//! The declarations of libimgvec's public headers, one to one. The headers are the contract: what
//! each function does, who owns what and which thread may call it is written there.
//! tests/layout.rs compares names and layouts with the installed headers.
#![allow(non_camel_case_types)]

use std::marker::{PhantomData, PhantomPinned};
use std::os::raw::{c_char, c_int, c_void};

pub const IMGVEC_OK: i32 = 0;
pub const IMGVEC_ERR_INVALID_ARGUMENT: i32 = -1;
pub const IMGVEC_ERR_NO_MEMORY: i32 = -2;
pub const IMGVEC_ERR_IO: i32 = -3;
pub const IMGVEC_ERR_NOT_FOUND: i32 = -4;
pub const IMGVEC_ERR_FORMAT: i32 = -5;
pub const IMGVEC_ERR_LIMIT: i32 = -6;
pub const IMGVEC_ERR_UNSUPPORTED: i32 = -7;
pub const IMGVEC_ERR_DATA: i32 = -8;
pub const IMGVEC_ERR_CANCELLED: i32 = -9;
pub const IMGVEC_ERR_ENGINE: i32 = -10;
pub const IMGVEC_ERR_INTERNAL: i32 = -11;
pub const IMGVEC_ORIGIN_LIBRARY: i32 = 0;
pub const IMGVEC_ORIGIN_SYSTEM: i32 = 1;
pub const IMGVEC_ORIGIN_DECODER: i32 = 2;
pub const IMGVEC_ORIGIN_TORCH: i32 = 3;
pub const IMGVEC_ORIGIN_XGBOOST: i32 = 4;
pub const IMGVEC_LOG_NONE: i32 = 0;
pub const IMGVEC_LOG_ERROR: i32 = 1;
pub const IMGVEC_LOG_WARNING: i32 = 2;
pub const IMGVEC_LOG_NOTICE: i32 = 3;
pub const IMGVEC_LOG_DEBUG: i32 = 4;
pub const IMGVEC_JOB_OPEN: i32 = 1;
pub const IMGVEC_JOB_SPLIT: i32 = 2;
pub const IMGVEC_JOB_EMBED: i32 = 4;
pub const IMGVEC_JOB_TRAIN: i32 = 8;
pub const IMGVEC_JOB_PREDICT: i32 = 16;
pub const IMGVEC_JOB_AUGMENT: i32 = 32;
pub const IMGVEC_JOB_FETCH: i32 = 64;
pub const IMGVEC_JOB_AUTO: i32 = 128;
pub const IMGVEC_OPT_BACKBONE: i32 = 1;
pub const IMGVEC_OPT_DIM: i32 = 2;
pub const IMGVEC_OPT_WEIGHTS: i32 = 3;
pub const IMGVEC_OPT_WEIGHTS_DIR: i32 = 4;
pub const IMGVEC_OPT_TARGET: i32 = 5;
pub const IMGVEC_OPT_IGNORE: i32 = 6;
pub const IMGVEC_OPT_TYPE: i32 = 7;
pub const IMGVEC_OPT_TASK: i32 = 8;
pub const IMGVEC_OPT_LEARNER: i32 = 9;
pub const IMGVEC_OPT_METRIC: i32 = 10;
pub const IMGVEC_OPT_FOLDS: i32 = 11;
pub const IMGVEC_OPT_FOLD_COLUMN: i32 = 12;
pub const IMGVEC_OPT_HOLDOUT: i32 = 13;
pub const IMGVEC_OPT_ROUNDS: i32 = 14;
pub const IMGVEC_OPT_EARLY_STOPPING_ROUNDS: i32 = 15;
pub const IMGVEC_OPT_BATCH_SIZE: i32 = 16;
pub const IMGVEC_OPT_PRECISION: i32 = 17;
pub const IMGVEC_OPT_DEVICE: i32 = 18;
pub const IMGVEC_OPT_THREADS: i32 = 19;
pub const IMGVEC_OPT_SEED: i32 = 20;
pub const IMGVEC_OPT_ON_BAD: i32 = 21;
pub const IMGVEC_OPT_MAX_BAD_FRACTION: i32 = 22;
pub const IMGVEC_OPT_MAX_MISSING_TARGET: i32 = 23;
pub const IMGVEC_OPT_CSV: i32 = 24;
pub const IMGVEC_OPT_DELIMITER: i32 = 25;
pub const IMGVEC_OPT_RATIO: i32 = 26;
pub const IMGVEC_OPT_MAX_IMAGE_SIDE: i32 = 27;
pub const IMGVEC_OPT_MAX_IMAGE_PIXELS: i32 = 28;
pub const IMGVEC_OPT_MAX_IMAGE_BYTES: i32 = 29;
pub const IMGVEC_OPT_MAX_ARCHIVE_ENTRIES: i32 = 30;
pub const IMGVEC_OPT_MAX_ARCHIVE_BYTES: i32 = 31;
pub const IMGVEC_OPT_MAX_MEMBER_BYTES: i32 = 32;
pub const IMGVEC_OPT_MAX_ARCHIVE_RATIO: i32 = 33;
pub const IMGVEC_OPT_MAX_CSV_COLUMNS: i32 = 34;
pub const IMGVEC_OPT_MAX_CSV_CELL: i32 = 35;
pub const IMGVEC_OPT_MAX_CSV_LINE: i32 = 36;
pub const IMGVEC_OPT_MAX_CATEGORIES: i32 = 37;
pub const IMGVEC_OPT_CHECK_IMAGES: i32 = 38;
pub const IMGVEC_OPT_MAX_MISSING_IMAGES: i32 = 39;
pub const IMGVEC_OPT_MIN_IMAGE_ENDINGS: i32 = 40;
pub const IMGVEC_OPT_IMAGE_ENDINGS: i32 = 41;
pub const IMGVEC_OPT_CATEGORY_SHARE: i32 = 42;
pub const IMGVEC_OPT_CATEGORY_LEVELS: i32 = 43;
pub const IMGVEC_OPT_CODE_SHARE: i32 = 44;
pub const IMGVEC_OPT_ID_SHARE: i32 = 45;
pub const IMGVEC_OPT_DATE_ORDER: i32 = 46;
pub const IMGVEC_OPT_CATEGORICAL: i32 = 47;
pub const IMGVEC_OPT_MAX_ONEHOT: i32 = 48;
pub const IMGVEC_OPT_TEXT_DIM: i32 = 49;
pub const IMGVEC_OPT_TEXT_TERMS: i32 = 50;
pub const IMGVEC_OPT_TEXT_MIN_ROWS: i32 = 51;
pub const IMGVEC_OPT_AUGMENT: i32 = 52;
pub const IMGVEC_OPT_IMAGES: i32 = 53;
pub const IMGVEC_OPT_VERSIONS: i32 = 54;
pub const IMGVEC_OPT_WEIGHTS_URL: i32 = 55;
pub const IMGVEC_OPT_CACHE_DIR: i32 = 56;
pub const IMGVEC_OPT_OFFLINE: i32 = 57;
pub const IMGVEC_OPT_ALLOW_PRIVATE: i32 = 58;
pub const IMGVEC_OPT_DOWNLOAD_TIMEOUT: i32 = 59;
pub const IMGVEC_OPT_DOWNLOAD_RETRIES: i32 = 60;
pub const IMGVEC_OPT_MAX_DOWNLOAD_BYTES: i32 = 61;
pub const IMGVEC_OPT_IMAGE_FEATURES: i32 = 62;
pub const IMGVEC_OPT_TARGET_TRANSFORM: i32 = 63;
pub const IMGVEC_OPT_SELECT_BLOCKS: i32 = 64;
pub const IMGVEC_OPT_ABLATION: i32 = 65;
pub const IMGVEC_OPT_DUPLICATES: i32 = 66;
pub const IMGVEC_OPT_DUPLICATE_DISTANCE: i32 = 67;
pub const IMGVEC_OPT_GROUP: i32 = 68;
pub const IMGVEC_OPT_TIME: i32 = 69;
pub const IMGVEC_OPT_ON_BAD_ROW: i32 = 70;
pub const IMGVEC_OPT_MAX_IMAGE_MEMORY: i32 = 71;
pub const IMGVEC_OPT_MAX_JPEG_SCANS: i32 = 72;
pub const IMGVEC_OPT_MAX_MEMBER_NAME: i32 = 73;
pub const IMGVEC_OPT_CA_FILE: i32 = 74;
pub const IMGVEC_OPT_FINE_TUNE: i32 = 75;
pub const IMGVEC_OPT_STRATEGY: i32 = 76;
pub const IMGVEC_OPT_EPOCHS: i32 = 77;
pub const IMGVEC_OPT_LR: i32 = 78;
pub const IMGVEC_OPT_OPTIMIZER: i32 = 79;
pub const IMGVEC_OPT_TRAIN_BATCH_SIZE: i32 = 80;
pub const IMGVEC_OPT_LAYER_DECAY: i32 = 81;
pub const IMGVEC_OPT_WARMUP: i32 = 82;
pub const IMGVEC_OPT_WEIGHT_DECAY: i32 = 83;
pub const IMGVEC_OPT_CLIP_NORM: i32 = 84;
pub const IMGVEC_OPT_LABEL_SMOOTHING: i32 = 85;
pub const IMGVEC_OPT_CLASS_WEIGHTS: i32 = 86;
pub const IMGVEC_OPT_FIRST_HEAD: i32 = 87;
pub const IMGVEC_OPT_TUNE_PARTS: i32 = 88;
pub const IMGVEC_OPT_FAST: i32 = 89;
pub const IMGVEC_OPT_CHECKPOINT_DIR: i32 = 90;
pub const IMGVEC_OPT_PATIENCE: i32 = 91;
pub const IMGVEC_OPT_SOUP: i32 = 92;
pub const IMGVEC_OPT_TIME_BUDGET: i32 = 93;
pub const IMGVEC_OPT_TRIALS: i32 = 94;
pub const IMGVEC_OPT_VALIDATION: i32 = 95;
pub const IMGVEC_OPT_ENSEMBLE: i32 = 96;
pub const IMGVEC_OPT_REFIT: i32 = 97;
pub const IMGVEC_OPT_TRIAL: i32 = 98;
pub const IMGVEC_OPT_RESUME: i32 = 99;
pub const IMGVEC_OPT_CALIBRATE: i32 = 100;
pub const IMGVEC_OPT_INTERVAL: i32 = 101;
pub const IMGVEC_OPT_THRESHOLD_METRIC: i32 = 102;
pub const IMGVEC_OPT_INSIGHTS: i32 = 103;
pub const IMGVEC_TYPE_I64: i32 = 1;
pub const IMGVEC_TYPE_F64: i32 = 2;
pub const IMGVEC_TYPE_TEXT: i32 = 3;
pub const IMGVEC_TYPE_BOOL: i32 = 4;
pub const IMGVEC_COLUMN_NUMERIC: i32 = 1;
pub const IMGVEC_COLUMN_CATEGORICAL: i32 = 2;
pub const IMGVEC_COLUMN_IMAGE: i32 = 3;
pub const IMGVEC_COLUMN_TEXT: i32 = 4;
pub const IMGVEC_COLUMN_IGNORED: i32 = 5;
pub const IMGVEC_COLUMN_BOOLEAN: i32 = 6;
pub const IMGVEC_COLUMN_DATE: i32 = 7;
pub const IMGVEC_PIXELS_GRAY: i32 = 1;
pub const IMGVEC_PIXELS_RGB: i32 = 3;
pub const IMGVEC_PIXELS_RGBA: i32 = 4;
pub const IMGVEC_PIXELS_BGR: i32 = 5;
pub const IMGVEC_PIXELS_BGRA: i32 = 6;
pub const IMGVEC_PARAMETER_NUMBER: i32 = 1;
pub const IMGVEC_PARAMETER_INTEGER: i32 = 2;
pub const IMGVEC_PARAMETER_BOOL: i32 = 3;
pub const IMGVEC_PARAMETER_RANGE: i32 = 4;
pub const IMGVEC_PARAMETER_RANGE_ABOVE: i32 = 5;
pub const IMGVEC_PARAMETER_INTEGER_ABOVE: i32 = 6;
pub const IMGVEC_PARAMETER_RANGE_BOTH: i32 = 7;
pub const IMGVEC_PARAMETER_INTEGER_PAIR: i32 = 8;

/// Opaque.
#[repr(C)]
pub struct imgvec_context {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}
/// Opaque.
#[repr(C)]
pub struct imgvec_options {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}
/// Opaque.
#[repr(C)]
pub struct imgvec_cancel {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}
/// Opaque.
#[repr(C)]
pub struct imgvec_dataset {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}
/// Opaque.
#[repr(C)]
pub struct imgvec_vectorizer {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}
/// Opaque.
#[repr(C)]
pub struct imgvec_model {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}
/// Opaque.
#[repr(C)]
pub struct imgvec_scorer {
    _private: [u8; 0],
    _marker: PhantomData<(*mut u8, PhantomPinned)>,
}

pub type imgvec_status = i32;
pub type imgvec_log_fn = Option<unsafe extern "C" fn(*mut c_void, i32, *const c_char)>;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct imgvec_error {
    pub code: i32,
    pub origin: i32,
    pub detail: i64,
    pub text: [c_char; 1008],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct imgvec_allocator {
    pub size: usize,
    pub user: *mut c_void,
    pub allocate: Option<unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void>,
    pub reallocate: Option<unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void>,
    pub release: Option<unsafe extern "C" fn(*mut c_void, *mut c_void)>,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct imgvec_option_row {
    pub size: usize,
    pub id: i32,
    pub type_: i32,
    pub jobs: i32,
    pub reserved: i32,
    pub name: *const c_char,
    pub default_value: *const c_char,
    pub choices: *const c_char,
    pub help: *const c_char,
    pub min: f64,
    pub max: f64,
    pub since: *const c_char,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct imgvec_progress {
    pub size: usize,
    pub stage: *const c_char,
    pub done: u64,
    pub total: u64,
    pub rate: f64,
    pub seconds_left: f64,
    pub finished: i32,
    pub reserved: i32,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct imgvec_problem {
    pub size: usize,
    pub row: i64,
    pub column: *const c_char,
    pub path: *const c_char,
    pub reason: *const c_char,
    pub code: i32,
    pub reserved: i32,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct imgvec_watch {
    pub size: usize,
    pub user: *mut c_void,
    pub progress: Option<unsafe extern "C" fn(*mut c_void, *const imgvec_progress) -> i32>,
    pub problem: Option<unsafe extern "C" fn(*mut c_void, *const imgvec_problem)>,
    pub cancel: *mut imgvec_cancel,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct imgvec_column_info {
    pub size: usize,
    pub name: *const c_char,
    pub type_: i32,
    pub reserved: i32,
    pub missing: i64,
    pub reason: *const c_char,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ArrowSchema {
    pub format: *const c_char,
    pub name: *const c_char,
    pub metadata: *const c_char,
    pub flags: i64,
    pub n_children: i64,
    pub children: *mut *mut ArrowSchema,
    pub dictionary: *mut ArrowSchema,
    pub release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    pub private_data: *mut c_void,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ArrowArray {
    pub length: i64,
    pub null_count: i64,
    pub offset: i64,
    pub n_buffers: i64,
    pub n_children: i64,
    pub buffers: *mut *const c_void,
    pub children: *mut *mut ArrowArray,
    pub dictionary: *mut ArrowArray,
    pub release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    pub private_data: *mut c_void,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ArrowArrayStream {
    pub get_schema: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    pub get_next: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    pub get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    pub release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    pub private_data: *mut c_void,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct imgvec_augmentation_row {
    pub size: usize,
    pub name: *const c_char,
    pub help: *const c_char,
    pub parameters: i32,
    pub pairs: i32,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct imgvec_augmentation_parameter_row {
    pub size: usize,
    pub name: *const c_char,
    pub default_value: *const c_char,
    pub help: *const c_char,
    pub min: f64,
    pub max: f64,
    pub type_: i32,
    pub reserved: i32,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct imgvec_backbone_row {
    pub size: usize,
    pub id: *const c_char,
    pub parameters: i64,
    pub gmacs: f64,
    pub width: i32,
    pub input_size: i32,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct imgvec_weights_row {
    pub size: usize,
    pub id: *const c_char,
    pub variant: *const c_char,
    pub tag: *const c_char,
    pub file: *const c_char,
    pub url: *const c_char,
    pub licence: *const c_char,
    pub sha256: *const c_char,
    pub bytes: i64,
    pub top1: f64,
    pub resize: i32,
    pub crop: i32,
    pub interpolation: *const c_char,
    pub mean: [f32; 3],
    pub std: [f32; 3],
}

extern "C" {
    pub fn imgvec_status_name(status: imgvec_status) -> *const c_char;
    pub fn imgvec_text_free(text: *mut c_char);
    pub fn imgvec_context_new(out: *mut *mut imgvec_context, err: *mut imgvec_error) -> imgvec_status;
    pub fn imgvec_context_new_with(
        allocator: *const imgvec_allocator,
        out: *mut *mut imgvec_context,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_context_set_log(
        ctx: *mut imgvec_context,
        level: i32,
        sink: imgvec_log_fn,
        user: *mut c_void,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_context_set_threads(ctx: *mut imgvec_context, threads: i32, err: *mut imgvec_error) -> imgvec_status;
    pub fn imgvec_context_set_device(
        ctx: *mut imgvec_context,
        device: *const c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_context_free(ctx: *mut imgvec_context);
    pub fn imgvec_option_count() -> i32;
    pub fn imgvec_option_info(index: i32, out: *mut imgvec_option_row, err: *mut imgvec_error) -> imgvec_status;
    pub fn imgvec_options_new(
        ctx: *mut imgvec_context,
        jobs: i32,
        out: *mut *mut imgvec_options,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_options_set_i64(
        opts: *mut imgvec_options,
        id: i32,
        value: i64,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_options_set_f64(
        opts: *mut imgvec_options,
        id: i32,
        value: f64,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_options_set_text(
        opts: *mut imgvec_options,
        id: i32,
        value: *const c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_options_set_named(
        opts: *mut imgvec_options,
        name: *const c_char,
        value: *const c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_options_set_json(
        opts: *mut imgvec_options,
        json: *const c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_options_set_like(
        opts: *mut imgvec_options,
        path: *const c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_options_json(
        opts: *const imgvec_options,
        out: *mut *mut c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_options_free(opts: *mut imgvec_options);
    pub fn imgvec_cancel_new(out: *mut *mut imgvec_cancel, err: *mut imgvec_error) -> imgvec_status;
    pub fn imgvec_cancel_request(token: *mut imgvec_cancel);
    pub fn imgvec_cancel_requested(token: *const imgvec_cancel) -> i32;
    pub fn imgvec_cancel_free(token: *mut imgvec_cancel);
    pub fn imgvec_dataset_open(
        ctx: *mut imgvec_context,
        path: *const c_char,
        opts: *const imgvec_options,
        watch: *const imgvec_watch,
        out: *mut *mut imgvec_dataset,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_dataset_new(
        ctx: *mut imgvec_context,
        out: *mut *mut imgvec_dataset,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_dataset_set_options(
        ds: *mut imgvec_dataset,
        opts: *const imgvec_options,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_dataset_add_column(
        ds: *mut imgvec_dataset,
        name: *const c_char,
        type_: i32,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_dataset_append_number(
        ds: *mut imgvec_dataset,
        column: *const c_char,
        value: f64,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_dataset_append_text(
        ds: *mut imgvec_dataset,
        column: *const c_char,
        value: *const c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_dataset_append_bytes(
        ds: *mut imgvec_dataset,
        column: *const c_char,
        bytes: *const c_void,
        size: usize,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_dataset_append_pixels(
        ds: *mut imgvec_dataset,
        column: *const c_char,
        pixels: *const c_void,
        width: i32,
        height: i32,
        stride: usize,
        format: i32,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_dataset_rows(ds: *const imgvec_dataset) -> i64;
    pub fn imgvec_dataset_columns(ds: *const imgvec_dataset) -> i32;
    pub fn imgvec_dataset_column(
        ds: *const imgvec_dataset,
        index: i32,
        out: *mut imgvec_column_info,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_dataset_cell(
        ds: *const imgvec_dataset,
        column: i32,
        row: i64,
        dst: *mut c_char,
        capacity: usize,
        needed: *mut usize,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_dataset_describe(
        ds: *const imgvec_dataset,
        opts: *const imgvec_options,
        watch: *const imgvec_watch,
        out: *mut *mut c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_dataset_split(
        ds: *const imgvec_dataset,
        opts: *const imgvec_options,
        first_path: *const c_char,
        second_path: *const c_char,
        watch: *const imgvec_watch,
        report: *mut *mut c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_dataset_free(ds: *mut imgvec_dataset);
    pub fn imgvec_vectorizer_fit(
        ctx: *mut imgvec_context,
        ds: *const imgvec_dataset,
        opts: *const imgvec_options,
        watch: *const imgvec_watch,
        out: *mut *mut imgvec_vectorizer,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_vectorizer_width(vz: *const imgvec_vectorizer) -> i32;
    pub fn imgvec_vectorizer_run(
        vz: *const imgvec_vectorizer,
        ds: *const imgvec_dataset,
        watch: *const imgvec_watch,
        dst: *mut f32,
        capacity: usize,
        written: *mut usize,
        status: *mut i32,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_vectorizer_info(vz: *const imgvec_vectorizer) -> *const c_char;
    pub fn imgvec_vectorizer_save(
        vz: *const imgvec_vectorizer,
        path: *const c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_vectorizer_open(
        ctx: *mut imgvec_context,
        path: *const c_char,
        opts: *const imgvec_options,
        out: *mut *mut imgvec_vectorizer,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_vectorizer_free(vz: *mut imgvec_vectorizer);
    pub fn imgvec_model_train(
        ctx: *mut imgvec_context,
        ds: *const imgvec_dataset,
        opts: *const imgvec_options,
        watch: *const imgvec_watch,
        out: *mut *mut imgvec_model,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_outputs(model: *const imgvec_model) -> i32;
    pub fn imgvec_model_output_name(model: *const imgvec_model, index: i32) -> *const c_char;
    pub fn imgvec_model_predict(
        model: *const imgvec_model,
        ds: *const imgvec_dataset,
        watch: *const imgvec_watch,
        dst: *mut f32,
        capacity: usize,
        written: *mut usize,
        status: *mut i32,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_evaluate(
        model: *const imgvec_model,
        ds: *const imgvec_dataset,
        watch: *const imgvec_watch,
        out: *mut *mut c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_info(model: *const imgvec_model) -> *const c_char;
    pub fn imgvec_model_save(model: *const imgvec_model, path: *const c_char, err: *mut imgvec_error) -> imgvec_status;
    pub fn imgvec_model_open(
        ctx: *mut imgvec_context,
        path: *const c_char,
        opts: *const imgvec_options,
        out: *mut *mut imgvec_model,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_describe_file(
        ctx: *mut imgvec_context,
        path: *const c_char,
        out: *mut *mut c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_compare_files(
        ctx: *mut imgvec_context,
        paths: *const *const c_char,
        count: usize,
        out: *mut *mut c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_free(model: *mut imgvec_model);
    pub fn imgvec_bytes_free(
        bytes: *mut c_void,
    );
    pub fn imgvec_model_contributions(
        model: *const imgvec_model,
        ds: *const imgvec_dataset,
        watch: *const imgvec_watch,
        dst: *mut f32,
        capacity: usize,
        written: *mut usize,
        status: *mut i32,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_input_name(
        model: *const imgvec_model,
        index: i32,
    ) -> *const c_char;
    pub fn imgvec_model_inputs(
        model: *const imgvec_model,
    ) -> i32;
    pub fn imgvec_model_insight(
        model: *const imgvec_model,
        name: *const c_char,
        format: *const c_char,
        out: *mut *mut c_char,
        size: *mut usize,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_insights(
        model: *const imgvec_model,
        out: *mut *mut c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_interval_level(
        model: *const imgvec_model,
    ) -> f64;
    pub fn imgvec_model_intervals(
        model: *const imgvec_model,
        predictions: *const f32,
        rows: usize,
        bounds: *mut f32,
        capacity: usize,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_overlay(
        model: *const imgvec_model,
        ds: *const imgvec_dataset,
        row: i64,
        column: *const c_char,
        image: i32,
        output: i32,
        side: i32,
        format: i32,
        out: *mut *mut c_void,
        size: *mut usize,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_saliency(
        model: *const imgvec_model,
        ds: *const imgvec_dataset,
        row: i64,
        column: *const c_char,
        image: i32,
        output: i32,
        dst: *mut f32,
        width: i32,
        height: i32,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_sets(
        model: *const imgvec_model,
        predictions: *const f32,
        rows: usize,
        members: *mut u8,
        capacity: usize,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_threshold(
        model: *const imgvec_model,
    ) -> f64;
    pub fn imgvec_model_train_auto(
        ctx: *mut imgvec_context,
        ds: *const imgvec_dataset,
        opts: *const imgvec_options,
        watch: *const imgvec_watch,
        out: *mut *mut imgvec_model,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_scorer_new(
        model: *const imgvec_model,
        opts: *const imgvec_options,
        out: *mut *mut imgvec_scorer,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_scorer_set_number(
        scorer: *mut imgvec_scorer,
        column: *const c_char,
        value: f64,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_scorer_set_text(
        scorer: *mut imgvec_scorer,
        column: *const c_char,
        value: *const c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_scorer_set_bytes(
        scorer: *mut imgvec_scorer,
        column: *const c_char,
        bytes: *const c_void,
        size: usize,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_scorer_set_pixels(
        scorer: *mut imgvec_scorer,
        column: *const c_char,
        pixels: *const c_void,
        width: i32,
        height: i32,
        stride: usize,
        format: i32,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_scorer_run(
        scorer: *mut imgvec_scorer,
        watch: *const imgvec_watch,
        dst: *mut f32,
        capacity: usize,
        status: *mut i32,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_scorer_free(scorer: *mut imgvec_scorer);
    pub fn imgvec_report_file(
        ctx: *mut imgvec_context,
        path: *const c_char,
        name: *const c_char,
        format: *const c_char,
        out: *mut *mut c_char,
        size: *mut usize,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_report_json(
        ctx: *mut imgvec_context,
        info: *const c_char,
        name: *const c_char,
        format: *const c_char,
        out: *mut *mut c_char,
        size: *mut usize,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_dataset_add_arrow(
        ds: *mut imgvec_dataset,
        stream: *mut ArrowArrayStream,
        opts: *const imgvec_options,
        watch: *const imgvec_watch,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_vectorizer_export_arrow(
        vz: *const imgvec_vectorizer,
        ds: *const imgvec_dataset,
        watch: *const imgvec_watch,
        out: *mut ArrowArrayStream,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_model_export_arrow(
        model: *const imgvec_model,
        ds: *const imgvec_dataset,
        watch: *const imgvec_watch,
        out: *mut ArrowArrayStream,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_augmentation_count() -> i32;
    pub fn imgvec_augmentation_info(
        index: i32,
        out: *mut imgvec_augmentation_row,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_augmentation_parameter(
        index: i32,
        parameter: i32,
        out: *mut imgvec_augmentation_parameter_row,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_augment_sheet(
        ctx: *mut imgvec_context,
        ds: *const imgvec_dataset,
        opts: *const imgvec_options,
        watch: *const imgvec_watch,
        path: *const c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_backbone_count() -> i32;
    pub fn imgvec_backbone_info(index: i32, out: *mut imgvec_backbone_row, err: *mut imgvec_error) -> imgvec_status;
    pub fn imgvec_backbone_measure(
        ctx: *mut imgvec_context,
        id: *const c_char,
        opts: *const imgvec_options,
        watch: *const imgvec_watch,
        images_per_second: *mut f64,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_backbone_weights(
        ctx: *mut imgvec_context,
        id: *const c_char,
        weights_dir: *const c_char,
        out: *mut *mut c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_weights_inspect(
        ctx: *mut imgvec_context,
        path: *const c_char,
        out: *mut *mut c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_weights_count() -> i32;
    pub fn imgvec_weights_info(index: i32, out: *mut imgvec_weights_row, err: *mut imgvec_error) -> imgvec_status;
    pub fn imgvec_weights_list(
        ctx: *mut imgvec_context,
        weights_dir: *const c_char,
        out: *mut *mut c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_weights_verify(
        ctx: *mut imgvec_context,
        path: *const c_char,
        weights_dir: *const c_char,
        watch: *const imgvec_watch,
        out: *mut *mut c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_weights_fetch(
        ctx: *mut imgvec_context,
        name: *const c_char,
        opts: *const imgvec_options,
        watch: *const imgvec_watch,
        path: *mut *mut c_char,
        err: *mut imgvec_error,
    ) -> imgvec_status;
    pub fn imgvec_version_number() -> u32;
    pub fn imgvec_version_string() -> *const c_char;
    pub fn imgvec_build_info() -> *const c_char;
}
