use crate::context::{pointer_of, Options};
use crate::dataset::{pixel_format, PixelFormat};
use crate::error::{call, text, Result, Status};
use crate::model::{Model, Scores};
use imgvec_sys as sys;
use std::ptr;

/// One row at a time through a model, as a server does: set its cells, then run. Nothing is made anew for a
/// row. Make one for each thread; all of them may share one model, which is best opened with one thread then.
pub struct Scorer {
    pointer: *mut sys::imgvec_scorer,
    width: usize,
}

// docs/threading.md: one thread at a time, whichever it is.
unsafe impl Send for Scorer {}
unsafe impl Sync for Scorer {}

impl Scorer {
    /// A row of the model's columns. options: limits of images and what the network may do (job Open).
    pub fn new(model: &Model, options: Option<&Options>) -> Result<Scorer> {
        let mut pointer = ptr::null_mut();
        call(|err| unsafe { sys::imgvec_scorer_new(model.pointer, pointer_of(options), &mut pointer, err) })?;
        Ok(Scorer { pointer, width: unsafe { sys::imgvec_model_outputs(model.pointer) } as usize })
    }

    /// Sets a cell to a number; NaN is a missing value.
    pub fn set_number(&mut self, column: &str, value: f64) -> Result<()> {
        let column = text(column)?;
        call(|err| unsafe { sys::imgvec_scorer_set_number(self.pointer, column.as_ptr(), value, err) })
    }

    /// Sets a cell to a text, or the path or URL of an image; None is a missing value.
    pub fn set_text(&mut self, column: &str, value: Option<&str>) -> Result<()> {
        let column = text(column)?;
        let value = value.map(text).transpose()?;
        let cell = value.as_ref().map_or(ptr::null(), |value| value.as_ptr());
        call(|err| unsafe { sys::imgvec_scorer_set_text(self.pointer, column.as_ptr(), cell, err) })
    }

    /// Sets a cell to an encoded image, such as the bytes of a JPEG file.
    pub fn set_bytes(&mut self, column: &str, bytes: &[u8]) -> Result<()> {
        let column = text(column)?;
        call(|err| unsafe {
            sys::imgvec_scorer_set_bytes(self.pointer, column.as_ptr(), bytes.as_ptr().cast(), bytes.len(), err)
        })
    }

    /// Sets a cell to pixels, row by row from the top without gaps.
    pub fn set_pixels(
        &mut self,
        column: &str,
        pixels: &[u8],
        width: u32,
        height: u32,
        format: PixelFormat,
    ) -> Result<()> {
        let number = pixel_format(pixels, width, height, format)?;
        let column = text(column)?;
        call(|err| unsafe {
            sys::imgvec_scorer_set_pixels(
                self.pointer,
                column.as_ptr(),
                pixels.as_ptr().cast(),
                width as i32,
                height as i32,
                0,
                number,
                err,
            )
        })
    }

    /// Scores the row. Cells that were not set are missing values; afterwards none is set.
    pub fn run(&mut self) -> Result<Scores> {
        let mut values = vec![0f32; self.width];
        let mut status = 0;
        call(|err| unsafe {
            sys::imgvec_scorer_run(self.pointer, ptr::null(), values.as_mut_ptr(), values.len(), &mut status, err)
        })?;
        let status = vec![if status == 0 { None } else { Some(Status::of(status)) }];
        Ok(Scores { width: self.width, values, status })
    }
}

impl Drop for Scorer {
    fn drop(&mut self) {
        unsafe { sys::imgvec_scorer_free(self.pointer) }
    }
}
