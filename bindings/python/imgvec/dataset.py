"""Dataset: rows of typed columns, from files or from what Python has in memory."""
from __future__ import annotations

import json
import os
from typing import Any, Dict, List, Mapping, Optional

from ._native import ffi, lib
from . import arrow, columns, errors
from .handles import JOB_OPEN, context, make_options
from .progress import Cancel, ProgressLike, Watch

TYPES = {
    "numeric": lib.IMGVEC_COLUMN_NUMERIC,
    "categorical": lib.IMGVEC_COLUMN_CATEGORICAL,
    "image": lib.IMGVEC_COLUMN_IMAGE,
    "text": lib.IMGVEC_COLUMN_TEXT,
    "ignored": lib.IMGVEC_COLUMN_IGNORED,
    "boolean": lib.IMGVEC_COLUMN_BOOLEAN,
    "date": lib.IMGVEC_COLUMN_DATE,
}
_TYPE_NAMES = {number: name for name, number in TYPES.items()}


def _type_option(types: Mapping[str, str]) -> Optional[str]:
    """Option "type"; a name that its syntax cannot hold is left to inference."""
    fit = [f"{name}={kind}" for name, kind in types.items() if not set(name) & set(",=\"") and name.strip() == name]
    return ",".join(fit) or None


def pixel_arguments(picture: Any) -> tuple:
    """Pixels, width, height, stride and format, as the library's functions take them."""
    rows = columns.pixels(picture)
    formats = {1: lib.IMGVEC_PIXELS_GRAY, 3: lib.IMGVEC_PIXELS_RGB, 4: lib.IMGVEC_PIXELS_RGBA}
    return ffi.from_buffer(rows), rows.shape[1], rows.shape[0], 0, formats[1 if rows.ndim == 2 else rows.shape[2]]


class Dataset:
    """Rows of typed columns. Dataset.open reads files; Dataset.of takes what is in memory."""

    def __init__(self, handle) -> None:
        self._handle = handle

    @classmethod
    def open(cls, path: Any, progress: ProgressLike = None, cancel: Optional[Cancel] = None,
             **options: Any) -> "Dataset":
        """Opens a zip archive, a folder, a CSV file or a URL, as `imgvec inspect` does."""
        opts = make_options(JOB_OPEN, options)
        with Watch(progress, cancel) as watch:
            return cls(errors.make(lib.imgvec_dataset_open, "imgvec_dataset", lib.imgvec_dataset_free,
                                   context(), os.fsencode(path), opts, watch.pointer))

    @classmethod
    def of(cls, data: Any, types: Optional[Mapping[str, str]] = None, **options: Any) -> "Dataset":
        """Makes a dataset of a DataFrame, a dictionary of columns, an array, a list of images (paths,
        bytes, Pillow images, arrays), an Arrow stream, or a path as Dataset.open takes it.

        Columns of numbers and texts are typed by inference, as in a CSV file, unless `types` says
        {"name": "categorical"}; columns of a NumPy array of numbers are numeric as they are.
        """
        if isinstance(data, cls):
            return data
        if isinstance(data, (str, os.PathLike)):
            return cls.open(data, type=_type_option(types or {}), **options)
        made = cls(errors.make(lib.imgvec_dataset_new, "imgvec_dataset", lib.imgvec_dataset_free, context()))
        wanted = {"type": _type_option(types or {}), **options}
        errors.call(lib.imgvec_dataset_set_options, made._handle, make_options(JOB_OPEN, options))
        if hasattr(data, "__arrow_c_stream__") and not hasattr(data, "iloc"):
            stream, capsule = arrow.stream_of(data)
            made._add_stream(stream, wanted)
            del capsule
        else:
            numbers = hasattr(data, "dtype") and not hasattr(data, "iloc")
            made._add_columns(columns.table(data), wanted, types or {}, numbers)
        return made

    def _add_stream(self, stream, options: Mapping[str, Any]) -> None:
        with Watch() as watch:
            errors.call(lib.imgvec_dataset_add_arrow, self._handle, stream, make_options(JOB_OPEN, options),
                        watch.pointer)

    def _add_columns(self, table: List[columns.Column], options: Mapping[str, Any], types: Mapping[str, str],
                     numeric: bool) -> None:
        """Adds runs of columns that Arrow can carry as streams, the others cell by cell."""
        lengths = {name: len(values) for name, _, values in table}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns have different lengths: {lengths}")
        if len(lengths) < len(table):
            raise ValueError(f"two columns have one name: {[name for name, _, _ in table]}")
        run: List[columns.Column] = []
        for name, kind, values in table + [("", "end", [])]:
            fixed = "numeric" if numeric and kind == "number" else "categorical" if kind == "category" else \
                "image" if kind == "image" else None
            if kind != "end" and (fixed is None or name in types and kind not in ("image", "category")):
                run.append((name, kind, values))
                continue
            if run:
                stream, memory = arrow.memory_stream(run, len(run[0][2]))
                known = {other for other, _, _ in run}
                named = _type_option({other: what for other, what in types.items() if other in known})
                self._add_stream(stream, {**options, "type": named})
                del memory
                run = []
            if fixed:
                self._add_cells(name, TYPES[fixed], kind, values)

    def _add_cells(self, name: str, number: int, kind: str, values: Any) -> None:
        column = name.encode()
        errors.call(lib.imgvec_dataset_add_column, self._handle, column, number)
        for value in values:
            if kind == "number":
                errors.call(lib.imgvec_dataset_append_number, self._handle, column, float(value))
            elif value is None:
                errors.call(lib.imgvec_dataset_append_text, self._handle, column, ffi.NULL)
            elif columns.is_picture(value):
                errors.call(lib.imgvec_dataset_append_pixels, self._handle, column, *pixel_arguments(value))
            elif isinstance(value, (bytes, bytearray, memoryview)):
                data = ffi.from_buffer(value)
                errors.call(lib.imgvec_dataset_append_bytes, self._handle, column, data, len(data))
            else:
                errors.call(lib.imgvec_dataset_append_text, self._handle, column, columns.text(value).encode())

    def __len__(self) -> int:
        return lib.imgvec_dataset_rows(self._handle)

    @property
    def types(self) -> Dict[str, str]:
        """Name and type of each column, in order."""
        info = ffi.new("imgvec_column_info *")
        found: Dict[str, str] = {}
        for index in range(lib.imgvec_dataset_columns(self._handle)):
            info.size = ffi.sizeof("imgvec_column_info")
            errors.call(lib.imgvec_dataset_column, self._handle, index, info)
            found[ffi.string(info.name).decode()] = _TYPE_NAMES.get(info.type, str(info.type))
        return found

    def cell(self, column: str, row: int) -> str:
        """Text of one cell as it was read; "" for a missing value or an image in memory."""
        names = list(self.types)
        if column not in names:
            raise errors.NotFoundError(f"no column \"{column}\": there are {', '.join(names)}")
        needed, room = ffi.new("size_t *"), 256
        while True:
            text = ffi.new("char[]", room)
            try:
                errors.call(lib.imgvec_dataset_cell, self._handle, names.index(column), row, text, room, needed)
                return ffi.string(text).decode()
            except errors.LimitError:
                if needed[0] <= room:
                    raise
                room = needed[0]

    def describe(self, progress: ProgressLike = None, cancel: Optional[Cancel] = None,
                 **options: Any) -> Dict[str, Any]:
        """What was understood, and why (docs/json.md, "inspect")."""
        with Watch(progress, cancel) as watch:
            return json.loads(errors.take_text(lib.imgvec_dataset_describe, self._handle,
                                               make_options(JOB_OPEN, options), watch.pointer))


def dataset_for(data: Any, known: Mapping[str, str]) -> Dataset:
    """Data for a trained object that knows its columns' types."""
    return data if isinstance(data, Dataset) else Dataset.of(data, types=known)
