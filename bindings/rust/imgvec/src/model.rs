use crate::context::{pointer_of, Context, Options};
use crate::dataset::Dataset;
use crate::error::{call, copied, text, Result, Status};
use crate::watch::Watch;
use imgvec_sys as sys;
use std::ptr;

/// One row of values for each row of the data: class probabilities, a predicted number, or an
/// embedding. A row that cannot be scored holds NaN, and its status says why.
#[derive(Clone, Debug)]
pub struct Scores {
    pub width: usize,
    /// Row by row.
    pub values: Vec<f32>,
    /// For each row None, or why it could not be scored.
    pub status: Vec<Option<Status>>,
}

impl Scores {
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.width..(row + 1) * self.width]
    }
}

/// Gives a model or vectorizer room for its values.
fn run(
    data: &Dataset,
    width: usize,
    watch: Watch<'_>,
    f: impl FnOnce(*const sys::imgvec_watch, &mut [f32], &mut [i32], *mut sys::imgvec_error) -> i32,
) -> Result<Scores> {
    let rows = data.rows();
    let mut values = vec![0f32; rows * width];
    let mut status = vec![0i32; rows];
    watch.run(|watch| call(|err| f(watch, &mut values, &mut status, err)))?;
    let status = status.into_iter().map(|number| if number == 0 { None } else { Some(Status::of(number)) }).collect();
    Ok(Scores { width, values, status })
}

/// A trained model: saved as one file, scored anywhere, by many threads at once.
pub struct Model {
    pub(crate) pointer: *mut sys::imgvec_model,
}

// docs/threading.md: prediction is a shared read.
unsafe impl Send for Model {}
unsafe impl Sync for Model {}

impl Model {
    /// Runs the whole experiment.
    pub fn train(context: &Context, data: &Dataset, options: Option<&Options>, watch: Watch<'_>) -> Result<Model> {
        let mut pointer = ptr::null_mut();
        watch.run(|watch| {
            call(|err| unsafe {
                sys::imgvec_model_train(context.pointer, data.pointer, pointer_of(options), watch, &mut pointer, err)
            })
        })?;
        Ok(Model { pointer })
    }

    /// Opens a saved model; nothing but the file is needed.
    pub fn open(context: &Context, path: &str, options: Option<&Options>) -> Result<Model> {
        let path = text(path)?;
        let mut pointer = ptr::null_mut();
        call(|err| unsafe {
            sys::imgvec_model_open(context.pointer, path.as_ptr(), pointer_of(options), &mut pointer, err)
        })?;
        Ok(Model { pointer })
    }

    /// Writes the model to one file, atomically.
    pub fn save(&self, path: &str) -> Result<()> {
        let path = text(path)?;
        call(|err| unsafe { sys::imgvec_model_save(self.pointer, path.as_ptr(), err) })
    }

    /// What the model is, as JSON (docs/json.md, "model").
    pub fn info(&self) -> String {
        unsafe { copied(sys::imgvec_model_info(self.pointer)) }
    }

    /// Names of what is predicted for each row: the classes, or "prediction".
    pub fn outputs(&self) -> Vec<String> {
        let count = unsafe { sys::imgvec_model_outputs(self.pointer) };
        (0..count).map(|i| unsafe { copied(sys::imgvec_model_output_name(self.pointer, i)) }).collect()
    }

    /// Scores every row of the data.
    pub fn predict(&self, data: &Dataset, watch: Watch<'_>) -> Result<Scores> {
        let width = unsafe { sys::imgvec_model_outputs(self.pointer) } as usize;
        run(data, width, watch, |watch, values, status, err| unsafe {
            sys::imgvec_model_predict(
                self.pointer,
                data.pointer,
                watch,
                values.as_mut_ptr(),
                values.len(),
                ptr::null_mut(),
                status.as_mut_ptr(),
                err,
            )
        })
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        unsafe { sys::imgvec_model_free(self.pointer) }
    }
}

/// Images into embeddings, for many threads at once.
pub struct Vectorizer {
    pointer: *mut sys::imgvec_vectorizer,
}

unsafe impl Send for Vectorizer {}
unsafe impl Sync for Vectorizer {}

impl Vectorizer {
    /// Loads the backbones and, unless option dim is "all", fits the projection.
    pub fn fit(context: &Context, data: &Dataset, options: Option<&Options>, watch: Watch<'_>) -> Result<Vectorizer> {
        let mut pointer = ptr::null_mut();
        watch.run(|watch| {
            call(|err| unsafe {
                sys::imgvec_vectorizer_fit(context.pointer, data.pointer, pointer_of(options), watch, &mut pointer, err)
            })
        })?;
        Ok(Vectorizer { pointer })
    }

    /// Opens a saved vectorizer.
    pub fn open(context: &Context, path: &str, options: Option<&Options>) -> Result<Vectorizer> {
        let path = text(path)?;
        let mut pointer = ptr::null_mut();
        call(|err| unsafe {
            sys::imgvec_vectorizer_open(context.pointer, path.as_ptr(), pointer_of(options), &mut pointer, err)
        })?;
        Ok(Vectorizer { pointer })
    }

    /// Writes the vectorizer to one file, atomically.
    pub fn save(&self, path: &str) -> Result<()> {
        let path = text(path)?;
        call(|err| unsafe { sys::imgvec_vectorizer_save(self.pointer, path.as_ptr(), err) })
    }

    /// Embeds every row of the data.
    pub fn run(&self, data: &Dataset, watch: Watch<'_>) -> Result<Scores> {
        let width = unsafe { sys::imgvec_vectorizer_width(self.pointer) } as usize;
        run(data, width, watch, |watch, values, status, err| unsafe {
            sys::imgvec_vectorizer_run(
                self.pointer,
                data.pointer,
                watch,
                values.as_mut_ptr(),
                values.len(),
                ptr::null_mut(),
                status.as_mut_ptr(),
                err,
            )
        })
    }
}

impl Drop for Vectorizer {
    fn drop(&mut self) {
        unsafe { sys::imgvec_vectorizer_free(self.pointer) }
    }
}
