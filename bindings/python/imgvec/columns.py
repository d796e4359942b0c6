"""What Python has for columns, made into what the library takes: pandas, NumPy, lists, Pillow."""
from __future__ import annotations

import os
from typing import Any, List, Sequence, Tuple

import numpy as np

Column = Tuple[str, str, Any]  # name, kind, values


def is_missing(value: Any) -> bool:
    """None, NaN, pandas' NA and NaT."""
    if value is None:
        return True
    if isinstance(value, (str, bytes, np.ndarray)):
        return False
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return type(value).__name__ == "NAType"


def is_picture(value: Any) -> bool:
    """A Pillow image (or what looks like one), or an array of pixels."""
    return isinstance(value, np.ndarray) and value.ndim in (2, 3) or hasattr(value, "tobytes") and \
        hasattr(value, "mode") and hasattr(value, "size")


def pixels(value: Any) -> np.ndarray:
    """Rows of 8-bit gray, RGB or RGBA."""
    if not isinstance(value, np.ndarray):
        value = np.asarray(value if value.mode in ("L", "RGB", "RGBA") else value.convert("RGB"))
    if value.dtype != np.uint8:
        raise ValueError(f"pixels are uint8 from 0 to 255, not {value.dtype}: convert the array")
    if value.ndim == 3 and value.shape[2] == 1:
        value = value[:, :, 0]
    if value.ndim == 3 and value.shape[2] not in (3, 4):
        raise ValueError(f"an image has 1, 3 or 4 channels, last, not the shape {value.shape}")
    return np.ascontiguousarray(value)


def _plain(array: np.ndarray) -> bool:
    return array.dtype.kind in "iuf" and array.dtype.itemsize <= 8


def _objects(name: str, values: Sequence[Any]) -> Column:
    """A column of Python objects: what the first ones are decides."""
    cells: List[Any] = [None if is_missing(value) else value for value in values]
    present = [value for value in cells if value is not None]
    if any(is_picture(value) for value in present):
        return name, "image", cells
    if any(isinstance(value, (bytes, bytearray, memoryview)) for value in present):
        return name, "bytes", [None if value is None else bytes(value) for value in cells]
    if present and all(isinstance(value, (bool, np.bool_)) for value in present):
        return name, "bool", cells
    if present and all(isinstance(value, (int, float, np.integer, np.floating)) for value in present):
        numbers = np.array([np.nan if value is None else value for value in cells], dtype=np.float64)
        return name, "number", numbers
    return name, "text", [None if value is None else text(value) for value in cells]


def text(value: Any) -> str:
    """A cell's text: paths as such, dates by ISO 8601."""
    if isinstance(value, str):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def column(name: str, values: Any) -> Column:
    """One column of anything with values; kind is that of arrow.memory_stream, "category" or "image"."""
    dtype = getattr(values, "dtype", None)
    if type(dtype).__name__ == "CategoricalDtype":
        return name, "category", [None if is_missing(value) else text(value) for value in values]
    if dtype is not None and isinstance(dtype, np.dtype):
        array = np.asarray(values)
        if array.ndim == 1 and _plain(array):
            return name, "number", array
        if array.ndim == 1 and array.dtype.kind == "M":
            return name, "text", [None if np.isnat(value) else np.datetime_as_string(value, unit=_unit(array))
                                  for value in array]
        if array.ndim == 1 and array.dtype.kind == "b":
            return name, "bool", array.tolist()
        if array.ndim == 1 and array.dtype.kind == "c":
            raise ValueError(f"Complex data not supported: column \"{name}\"")
    return _objects(name, list(values))


def _unit(dates: np.ndarray) -> str:
    """Days where no date has a time, else seconds."""
    known = dates[~np.isnat(dates)]
    return "D" if (known == known.astype("datetime64[D]")).all() else "s"


def matrix(array: np.ndarray) -> List[Column]:
    """Columns x0, x1... of a two-dimensional array; x0 alone, or image, of one dimension."""
    if array.ndim == 4:
        return [("image", "image", list(array))]
    if array.ndim == 1:
        name, kind, values = column("image", array)
        return [("x0" if kind in ("number", "bool") else name, kind, values)]
    if array.ndim != 2:
        raise ValueError(f"columns need an array of 1 or 2 dimensions, or 4 for images, not {array.ndim}")
    return [column(f"x{index}", array[:, index]) for index in range(array.shape[1])]


def table(data: Any) -> List[Column]:
    """Columns of a DataFrame, a Series, a dictionary, an array or a list. Labels of a DataFrame that
    are not all texts are no names: its columns are x0, x1... as those of an array."""
    if hasattr(data, "columns") and hasattr(data, "iloc"):
        names = list(data.columns)
        if not all(isinstance(name, str) for name in names):
            names = [f"x{index}" for index in range(len(names))]
        return [column(name, data.iloc[:, index]) for index, name in enumerate(names)]
    if hasattr(data, "iloc"):
        return [column(str(data.name) if data.name is not None else "image", data)]
    if isinstance(data, dict):
        return [column(str(name), values) for name, values in data.items()]
    if isinstance(data, np.ndarray):
        return matrix(data)
    if isinstance(data, (list, tuple)):
        if data and isinstance(data[0], (list, tuple)) or not data:
            return matrix(np.array(data, dtype=object) if data else np.empty((0, 0)))
        return [column("image", list(data))]
    raise TypeError(
        f"data may be a DataFrame, a dictionary of columns, an array, a list of images, an object with "
        f"__arrow_c_stream__ or a path, not {type(data).__name__}")
