"""One exception for each status of the library; docs/errors.md says what helps."""
from __future__ import annotations

from typing import Dict, NoReturn, Type

from ._native import ffi, lib


class ImgvecError(Exception):
    """What every failed call raises.

    status is the library's number, origin who noticed (IMGVEC_ORIGIN_*), detail an errno, a row or
    a byte position where one is known.
    """

    status: int = 0

    def __init__(self, text: str, origin: int = 0, detail: int = 0) -> None:
        super().__init__(text)
        self.origin = origin
        self.detail = detail

    def __str__(self) -> str:
        return str(self.args[0])


class InvalidArgumentError(ImgvecError, ValueError):
    """An unknown option, a value out of bounds."""

    status = lib.IMGVEC_ERR_INVALID_ARGUMENT


class NoMemoryError(ImgvecError, MemoryError):
    """An allocation failed or a memory budget is spent."""

    status = lib.IMGVEC_ERR_NO_MEMORY


class IoError(ImgvecError, OSError):
    """The system refused; detail is errno."""

    status = lib.IMGVEC_ERR_IO


class NotFoundError(ImgvecError, LookupError):
    """A file, column, backbone or weights that are not there."""

    status = lib.IMGVEC_ERR_NOT_FOUND


class FormatError(ImgvecError, ValueError):
    """Damaged or foreign bytes."""

    status = lib.IMGVEC_ERR_FORMAT


class LimitError(ImgvecError, ValueError):
    """Sound, but over a limit that an option sets."""

    status = lib.IMGVEC_ERR_LIMIT


class UnsupportedError(ImgvecError, NotImplementedError):
    """Sound, but this build or version cannot do it."""

    status = lib.IMGVEC_ERR_UNSUPPORTED


class DataError(ImgvecError, ValueError):
    """Readable data that the job cannot work with."""

    status = lib.IMGVEC_ERR_DATA


class CancelledError(ImgvecError):
    """The caller asked to stop; every object stays usable."""

    status = lib.IMGVEC_ERR_CANCELLED


class EngineError(ImgvecError, RuntimeError):
    """Torch or XGBoost failed."""

    status = lib.IMGVEC_ERR_ENGINE


class InternalError(ImgvecError, RuntimeError):
    """A bug in the library."""

    status = lib.IMGVEC_ERR_INTERNAL


BY_STATUS: Dict[int, Type[ImgvecError]] = {
    kind.status: kind
    for kind in (
        InvalidArgumentError, NoMemoryError, IoError, NotFoundError, FormatError, LimitError,
        UnsupportedError, DataError, CancelledError, EngineError, InternalError)
}


def status_name(status: int) -> str:
    """Name of a status, such as "FORMAT"; "OK" for 0."""
    return ffi.string(lib.imgvec_status_name(status)).decode()


def fail(status: int, err) -> NoReturn:
    """Raises what the record of a failed call says."""
    text = ffi.string(err.text).decode("utf-8", "replace")
    raise BY_STATUS.get(status, ImgvecError)(text, err.origin, err.detail)


def call(function, *arguments):
    """Calls a function of the library whose last parameter is the error record."""
    err = ffi.new("imgvec_error *")
    status = function(*arguments, err)
    if status:
        fail(status, err)


def make(function, kind: str, free, *arguments):
    """Calls a function with an out parameter before the error record; owns what comes back."""
    out = ffi.new(kind + " **")
    call(function, *arguments, out)
    return ffi.gc(out[0], free)


def take_text(function, *arguments) -> str:
    """As make, for functions that hand out NEW text."""
    return ffi.string(make(function, "char", lib.imgvec_text_free, *arguments)).decode()
