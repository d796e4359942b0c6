use crate::context::{pointer_of, Context, Options};
use crate::error::{call, invalid, text, Result};
use crate::watch::Watch;
use imgvec_sys as sys;
use std::ptr;

/// Type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    Numeric,
    Categorical,
    Image,
    Text,
    Boolean,
    Date,
}

/// Layout of raw pixels, 8 bits a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelFormat {
    Gray,
    Rgb,
    Rgba,
    Bgr,
    Bgra,
}

/// The library's number of a format; an error where the pixels do not fill the picture.
pub(crate) fn pixel_format(pixels: &[u8], width: u32, height: u32, format: PixelFormat) -> Result<i32> {
    let (number, channels) = match format {
        PixelFormat::Gray => (sys::IMGVEC_PIXELS_GRAY, 1),
        PixelFormat::Rgb => (sys::IMGVEC_PIXELS_RGB, 3),
        PixelFormat::Rgba => (sys::IMGVEC_PIXELS_RGBA, 4),
        PixelFormat::Bgr => (sys::IMGVEC_PIXELS_BGR, 3),
        PixelFormat::Bgra => (sys::IMGVEC_PIXELS_BGRA, 4),
    };
    let needed = u64::from(width).checked_mul(u64::from(height)).and_then(|n| n.checked_mul(channels));
    if needed != Some(pixels.len() as u64) || width > 65535 || height > 65535 {
        let got = pixels.len();
        return Err(invalid(format!("{width} x {height} pixels of {channels} channels are not {got} bytes")));
    }
    Ok(number)
}

/// Rows of typed columns.
pub struct Dataset {
    pub(crate) pointer: *mut sys::imgvec_dataset,
}

// docs/threading.md: read and used by many threads, filled by one.
unsafe impl Send for Dataset {}
unsafe impl Sync for Dataset {}

impl Dataset {
    /// Opens a zip archive, a folder, a CSV file or a URL.
    pub fn open(context: &Context, path: &str, options: Option<&Options>, watch: Watch<'_>) -> Result<Dataset> {
        let path = text(path)?;
        let mut pointer = ptr::null_mut();
        watch.run(|watch| {
            call(|err| unsafe {
                sys::imgvec_dataset_open(context.pointer, path.as_ptr(), pointer_of(options), watch, &mut pointer, err)
            })
        })?;
        Ok(Dataset { pointer })
    }

    /// An empty dataset to be filled column by column.
    pub fn new(context: &Context) -> Result<Dataset> {
        let mut pointer = ptr::null_mut();
        call(|err| unsafe { sys::imgvec_dataset_new(context.pointer, &mut pointer, err) })?;
        Ok(Dataset { pointer })
    }

    pub fn add_column(&mut self, name: &str, kind: ColumnType) -> Result<()> {
        let number = match kind {
            ColumnType::Numeric => sys::IMGVEC_COLUMN_NUMERIC,
            ColumnType::Categorical => sys::IMGVEC_COLUMN_CATEGORICAL,
            ColumnType::Image => sys::IMGVEC_COLUMN_IMAGE,
            ColumnType::Text => sys::IMGVEC_COLUMN_TEXT,
            ColumnType::Boolean => sys::IMGVEC_COLUMN_BOOLEAN,
            ColumnType::Date => sys::IMGVEC_COLUMN_DATE,
        };
        let name = text(name)?;
        call(|err| unsafe { sys::imgvec_dataset_add_column(self.pointer, name.as_ptr(), number, err) })
    }

    /// Appends a number; NaN is a missing value.
    pub fn append_number(&mut self, column: &str, value: f64) -> Result<()> {
        let column = text(column)?;
        call(|err| unsafe { sys::imgvec_dataset_append_number(self.pointer, column.as_ptr(), value, err) })
    }

    /// Appends a text, or the path or URL of an image; None is a missing value.
    pub fn append_text(&mut self, column: &str, value: Option<&str>) -> Result<()> {
        let column = text(column)?;
        let value = value.map(text).transpose()?;
        let cell = value.as_ref().map_or(ptr::null(), |value| value.as_ptr());
        call(|err| unsafe { sys::imgvec_dataset_append_text(self.pointer, column.as_ptr(), cell, err) })
    }

    /// Appends an encoded image, such as the bytes of a JPEG file.
    pub fn append_bytes(&mut self, column: &str, bytes: &[u8]) -> Result<()> {
        let column = text(column)?;
        call(|err| unsafe {
            sys::imgvec_dataset_append_bytes(self.pointer, column.as_ptr(), bytes.as_ptr().cast(), bytes.len(), err)
        })
    }

    /// Appends pixels, row by row from the top without gaps.
    pub fn append_pixels(
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
            sys::imgvec_dataset_append_pixels(
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

    pub fn rows(&self) -> usize {
        unsafe { sys::imgvec_dataset_rows(self.pointer) as usize }
    }
}

impl Drop for Dataset {
    fn drop(&mut self) {
        unsafe { sys::imgvec_dataset_free(self.pointer) }
    }
}
