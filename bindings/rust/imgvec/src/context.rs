use crate::error::{call, copied, text, Result};
use imgvec_sys as sys;
use std::ptr;

/// Release of the library that is running.
pub fn version() -> String {
    unsafe { copied(sys::imgvec_version_string()) }
}

/// Threads and device of the jobs that use it. Many threads may make handles with one.
pub struct Context {
    pub(crate) pointer: *mut sys::imgvec_context,
}

// docs/threading.md: handles are made with it from any thread, its settings take &mut.
unsafe impl Send for Context {}
unsafe impl Sync for Context {}

impl Context {
    pub fn new() -> Result<Context> {
        let mut pointer = ptr::null_mut();
        call(|err| unsafe { sys::imgvec_context_new(&mut pointer, err) })?;
        Ok(Context { pointer })
    }

    /// Threads that a job may use; 0 for all cores.
    pub fn set_threads(&mut self, threads: i32) -> Result<()> {
        call(|err| unsafe { sys::imgvec_context_set_threads(self.pointer, threads, err) })
    }

    /// "auto", "cpu", "cuda" or "cuda:N".
    pub fn set_device(&mut self, device: &str) -> Result<()> {
        let device = text(device)?;
        call(|err| unsafe { sys::imgvec_context_set_device(self.pointer, device.as_ptr(), err) })
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        unsafe { sys::imgvec_context_free(self.pointer) }
    }
}

/// What options are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    Open,
    Embed,
    Train,
    Predict,
}

/// Option values by name, as docs/options.md lists them.
pub struct Options {
    pub(crate) pointer: *mut sys::imgvec_options,
}

unsafe impl Send for Options {}
unsafe impl Sync for Options {}

impl Options {
    /// All at their defaults.
    pub fn new(context: &Context, jobs: &[Job]) -> Result<Options> {
        let bits = jobs.iter().fold(0, |bits, job| {
            bits | match job {
                Job::Open => sys::IMGVEC_JOB_OPEN,
                Job::Embed => sys::IMGVEC_JOB_EMBED,
                Job::Train => sys::IMGVEC_JOB_TRAIN,
                Job::Predict => sys::IMGVEC_JOB_PREDICT,
            }
        });
        let mut pointer = ptr::null_mut();
        call(|err| unsafe { sys::imgvec_options_new(context.pointer, bits, &mut pointer, err) })?;
        Ok(Options { pointer })
    }

    /// Sets an option from its text; XGBoost's own go by "xgb.max_depth".
    pub fn set(&mut self, name: &str, value: impl ToString) -> Result<&mut Options> {
        let (name, value) = (text(name)?, text(&value.to_string())?);
        call(|err| unsafe { sys::imgvec_options_set_named(self.pointer, name.as_ptr(), value.as_ptr(), err) })?;
        Ok(self)
    }

    /// Sets every member of a JSON object, or none.
    pub fn set_json(&mut self, json: &str) -> Result<&mut Options> {
        let json = text(json)?;
        call(|err| unsafe { sys::imgvec_options_set_json(self.pointer, json.as_ptr(), err) })?;
        Ok(self)
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        unsafe { sys::imgvec_options_free(self.pointer) }
    }
}

/// The pointer of options that may be absent.
pub(crate) fn pointer_of(options: Option<&Options>) -> *const sys::imgvec_options {
    options.map_or(ptr::null(), |options| options.pointer)
}
