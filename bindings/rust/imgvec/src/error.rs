use imgvec_sys as sys;
use std::ffi::CStr;
use std::fmt;

/// Result of a call of the library.
pub type Result<T> = std::result::Result<T, Error>;

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    InvalidArgument,
    NoMemory,
    Io,
    NotFound,
    Format,
    Limit,
    Unsupported,
    Data,
    Cancelled,
    Engine,
    Internal,
    /// A number that only a newer library knows.
    Other(i32),
}

impl Status {
    pub(crate) fn of(number: i32) -> Status {
        match number {
            sys::IMGVEC_ERR_INVALID_ARGUMENT => Status::InvalidArgument,
            sys::IMGVEC_ERR_NO_MEMORY => Status::NoMemory,
            sys::IMGVEC_ERR_IO => Status::Io,
            sys::IMGVEC_ERR_NOT_FOUND => Status::NotFound,
            sys::IMGVEC_ERR_FORMAT => Status::Format,
            sys::IMGVEC_ERR_LIMIT => Status::Limit,
            sys::IMGVEC_ERR_UNSUPPORTED => Status::Unsupported,
            sys::IMGVEC_ERR_DATA => Status::Data,
            sys::IMGVEC_ERR_CANCELLED => Status::Cancelled,
            sys::IMGVEC_ERR_ENGINE => Status::Engine,
            sys::IMGVEC_ERR_INTERNAL => Status::Internal,
            other => Status::Other(other),
        }
    }

    /// The library's name of the status, such as "NOT_FOUND".
    pub fn name(self) -> &'static str {
        let number = match self {
            Status::InvalidArgument => sys::IMGVEC_ERR_INVALID_ARGUMENT,
            Status::NoMemory => sys::IMGVEC_ERR_NO_MEMORY,
            Status::Io => sys::IMGVEC_ERR_IO,
            Status::NotFound => sys::IMGVEC_ERR_NOT_FOUND,
            Status::Format => sys::IMGVEC_ERR_FORMAT,
            Status::Limit => sys::IMGVEC_ERR_LIMIT,
            Status::Unsupported => sys::IMGVEC_ERR_UNSUPPORTED,
            Status::Data => sys::IMGVEC_ERR_DATA,
            Status::Cancelled => sys::IMGVEC_ERR_CANCELLED,
            Status::Engine => sys::IMGVEC_ERR_ENGINE,
            Status::Internal => sys::IMGVEC_ERR_INTERNAL,
            Status::Other(number) => number,
        };
        // The text is the library's own for ever.
        unsafe { CStr::from_ptr(sys::imgvec_status_name(number)) }.to_str().unwrap_or("UNKNOWN")
    }
}

/// Why a call failed, in one line that names the culprit and the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub status: Status,
    /// Who noticed: 0 the library, 1 the system, 2 a decoder, 3 torch, 4 XGBoost.
    pub origin: i32,
    /// errno, a row or a byte position where one is known.
    pub detail: i64,
    pub text: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

pub(crate) fn invalid(text: impl Into<String>) -> Error {
    Error { status: Status::InvalidArgument, origin: 0, detail: 0, text: text.into() }
}

/// Calls a function of the library with an error record.
pub(crate) fn call(f: impl FnOnce(*mut sys::imgvec_error) -> i32) -> Result<()> {
    let mut record = sys::imgvec_error { code: 0, origin: 0, detail: 0, text: [0; 1008] };
    let status = f(&mut record);
    if status == 0 {
        return Ok(());
    }
    let text = unsafe { CStr::from_ptr(record.text.as_ptr()) }.to_string_lossy().into_owned();
    Err(Error { status: Status::of(status), origin: record.origin, detail: record.detail, text })
}

/// A C string of a text; one with a NUL inside is refused.
pub(crate) fn text(value: &str) -> Result<std::ffi::CString> {
    std::ffi::CString::new(value).map_err(|_| invalid(format!("a NUL byte in {value:?}")))
}

/// A copy of a text of the library; "" for NULL.
///
/// # Safety
/// The pointer is NULL or a text that lives during the call.
pub(crate) unsafe fn copied(pointer: *const std::os::raw::c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    CStr::from_ptr(pointer).to_string_lossy().into_owned()
}
