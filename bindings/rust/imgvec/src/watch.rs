use crate::error::{call, copied, Result, Status};
use imgvec_sys as sys;
use std::any::Any;
use std::ops::ControlFlow;
use std::os::raw::c_void;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr;

/// Where a job stands; total is 0 and seconds_left negative when not known.
#[derive(Clone, Debug)]
pub struct Progress {
    pub stage: String,
    pub done: u64,
    pub total: u64,
    pub rate: f64,
    pub seconds_left: f64,
    pub finished: bool,
}

/// One row or file that could not be used; row counts from 0 and is -1 for none.
#[derive(Clone, Debug)]
pub struct Problem {
    pub row: i64,
    pub column: String,
    pub path: String,
    pub reason: String,
    pub status: Status,
}

/// A token that any thread may use to stop a job.
pub struct Cancel {
    pointer: *mut sys::imgvec_cancel,
}

unsafe impl Send for Cancel {}
unsafe impl Sync for Cancel {}

impl Cancel {
    pub fn new() -> Result<Cancel> {
        let mut pointer = ptr::null_mut();
        call(|err| unsafe { sys::imgvec_cancel_new(&mut pointer, err) })?;
        Ok(Cancel { pointer })
    }

    /// Asks every job that watches the token to stop; stays requested for ever.
    pub fn request(&self) {
        unsafe { sys::imgvec_cancel_request(self.pointer) }
    }

    pub fn requested(&self) -> bool {
        unsafe { sys::imgvec_cancel_requested(self.pointer) != 0 }
    }
}

impl Drop for Cancel {
    fn drop(&mut self) {
        unsafe { sys::imgvec_cancel_free(self.pointer) }
    }
}

type OnProgress<'a> = Box<dyn FnMut(Progress) -> ControlFlow<()> + 'a>;
type OnProblem<'a> = Box<dyn FnMut(Problem) + 'a>;

/// What a caller wants to hear of a job, on the thread that runs it.
#[derive(Default)]
pub struct Watch<'a> {
    progress: Option<OnProgress<'a>>,
    problem: Option<OnProblem<'a>>,
    cancel: Option<&'a Cancel>,
    panicked: Option<Box<dyn Any + Send>>,
}

impl<'a> Watch<'a> {
    /// Hears of nothing.
    pub fn none() -> Watch<'a> {
        Watch::default()
    }

    /// At most about ten calls a second; Break stops the job with Status::Cancelled.
    pub fn progress(mut self, f: impl FnMut(Progress) -> ControlFlow<()> + 'a) -> Watch<'a> {
        self.progress = Some(Box::new(f));
        self
    }

    /// Each row that cannot be used.
    pub fn problem(mut self, f: impl FnMut(Problem) + 'a) -> Watch<'a> {
        self.problem = Some(Box::new(f));
        self
    }

    /// A token that stops the job.
    pub fn cancel(mut self, token: &'a Cancel) -> Watch<'a> {
        self.cancel = Some(token);
        self
    }

    /// Runs a job that reports here. A panic of a callback must not cross C: it stops the job and
    /// goes on afterwards.
    pub(crate) fn run(mut self, job: impl FnOnce(*const sys::imgvec_watch) -> Result<()>) -> Result<()> {
        let watch = sys::imgvec_watch {
            size: std::mem::size_of::<sys::imgvec_watch>(),
            user: &mut self as *mut Watch<'a> as *mut c_void,
            progress: Some(on_progress),
            problem: Some(on_problem),
            cancel: self.cancel.map_or(ptr::null_mut(), |token| token.pointer),
        };
        let result = job(&watch);
        match self.panicked.take() {
            Some(panic) => resume_unwind(panic),
            None => result,
        }
    }
}

unsafe extern "C" fn on_progress(user: *mut c_void, now: *const sys::imgvec_progress) -> i32 {
    let (watch, now) = (&mut *(user as *mut Watch<'_>), &*now);
    if watch.panicked.is_some() {
        return 1;
    }
    let report = match watch.progress.as_mut() {
        Some(report) => report,
        None => return 0,
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        report(Progress {
            stage: copied(now.stage),
            done: now.done,
            total: now.total,
            rate: now.rate,
            seconds_left: now.seconds_left,
            finished: now.finished != 0,
        })
    }));
    match outcome {
        Ok(ControlFlow::Continue(())) => 0,
        Ok(ControlFlow::Break(())) => 1,
        Err(panic) => {
            watch.panicked = Some(panic);
            1
        }
    }
}

unsafe extern "C" fn on_problem(user: *mut c_void, what: *const sys::imgvec_problem) {
    let (watch, what) = (&mut *(user as *mut Watch<'_>), &*what);
    if watch.panicked.is_some() {
        return;
    }
    if let Some(report) = watch.problem.as_mut() {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            report(Problem {
                row: what.row,
                column: copied(what.column),
                path: copied(what.path),
                reason: copied(what.reason),
                status: Status::of(what.code),
            })
        }));
        if let Err(panic) = outcome {
            watch.panicked = Some(panic);
        }
    }
}
