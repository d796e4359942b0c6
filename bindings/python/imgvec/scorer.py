"""Scorer: one row at a time through a model, as a server does."""
from __future__ import annotations

from typing import Any, Mapping, Optional

import numpy as np

from ._native import ffi, lib
from . import columns, errors
from .dataset import pixel_arguments
from .handles import JOB_OPEN, make_options
from .model import Model


class Scorer:
    """A row of a model's columns and the room that scoring it takes. Make one for each thread: all of
    them may share one model, which is best opened with threads=1 then. Nothing is made anew for a row.

        scorer = Scorer(Model.open("cars.imgvec", threads=1))
        scorer.score(photo=jpeg_bytes, year=2015)
    """

    def __init__(self, model: Model, **options: Any) -> None:
        """options: limits of images and what the network may do, as Dataset.of."""
        self._handle = errors.make(lib.imgvec_scorer_new, "imgvec_scorer", lib.imgvec_scorer_free, model._handle,
                                   make_options(JOB_OPEN, options))
        self._width = lib.imgvec_model_outputs(model._handle)
        self._status = ffi.new("int32_t *")

    def _set(self, column: bytes, value: Any) -> None:
        if columns.is_picture(value):
            errors.call(lib.imgvec_scorer_set_pixels, self._handle, column, *pixel_arguments(value))
        elif isinstance(value, (bytes, bytearray, memoryview)):
            data = ffi.from_buffer(value)
            errors.call(lib.imgvec_scorer_set_bytes, self._handle, column, data, len(data))
        elif columns.is_missing(value):
            errors.call(lib.imgvec_scorer_set_text, self._handle, column, ffi.NULL)
        elif isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
            errors.call(lib.imgvec_scorer_set_number, self._handle, column, float(value))
        else:
            errors.call(lib.imgvec_scorer_set_text, self._handle, column, columns.text(value).encode())

    def score(self, row: Optional[Mapping[str, Any]] = None, **cells: Any) -> np.ndarray:
        """float32, one for each of the model's outputs. Columns by name, in a dictionary or as words; those
        that are not given are missing values, and one that the model does not use is a NotFoundError.
        A row that cannot be scored is NaN, and `status` says why."""
        given = {**({} if row is None else row), **cells}
        done = []
        try:
            for name, value in given.items():
                self._set(name.encode(), value)
                done.append(name.encode())
        except BaseException:
            for column in done:  # or the next row would have them
                errors.call(lib.imgvec_scorer_set_text, self._handle, column, ffi.NULL)
            raise
        result = np.empty(self._width, dtype=np.float32)
        errors.call(lib.imgvec_scorer_run, self._handle, ffi.NULL, ffi.cast("float *", result.ctypes.data),
                    result.size, self._status)
        return result

    @property
    def status(self) -> int:
        """0, or why the last row could not be scored; status_name gives its name."""
        return self._status[0]
