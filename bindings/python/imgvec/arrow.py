"""The Arrow PyCapsule interface, both ways, without an Arrow library."""
from __future__ import annotations

import ctypes
from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from ._native import ffi, lib

_NAME = b"arrow_array_stream"

_new = ctypes.pythonapi.PyCapsule_New
_new.restype = ctypes.py_object
_new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
_get = ctypes.pythonapi.PyCapsule_GetPointer
_get.restype = ctypes.c_void_p
_get.argtypes = [ctypes.py_object, ctypes.c_char_p]


class ArrowStream:
    """Record batches for any Arrow consumer: pyarrow.table(stream), polars.from_arrow(stream).

    It can be taken once, as a stream; what nobody took is released with the object.
    """

    def __init__(self, fill) -> None:
        """fill(pointer) calls the function of the library that fills the stream."""
        self._stream = ffi.gc(lib.imgvec_py_stream_new(), lib.imgvec_py_stream_free)
        if not self._stream:
            raise MemoryError("no memory for a stream")
        fill(self._stream)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Capsule of the stream. A requested schema is not looked at: the interface allows that."""
        if self._stream is None:
            raise ValueError("this stream was taken already")
        stream, self._stream = self._stream, None
        ffi.gc(stream, None)  # the capsule owns it from here on
        return _new(int(ffi.cast("uintptr_t", stream)), _NAME, lib.imgvec_py_capsule_destructor())


def stream_of(data: Any) -> Tuple[Any, Any]:
    """The stream of any object with __arrow_c_stream__, and the capsule that keeps it."""
    capsule = data.__arrow_c_stream__()
    return ffi.cast("struct ArrowArrayStream *", _get(capsule, _NAME)), capsule


class _Memory:
    """A record batch in memory that Python keeps alive as long as this object."""

    def __init__(self) -> None:
        self._kept: List[Any] = []

    def keep(self, value):
        self._kept.append(value)
        return value

    def buffer(self, array: Optional[np.ndarray]):
        if array is None:
            return ffi.NULL
        array = np.ascontiguousarray(array)
        return ffi.cast("void *", self.keep(ffi.from_buffer(self.keep(array))))

    def column(self, name: str, fmt: bytes, buffers: Sequence[Optional[np.ndarray]], rows: int, nulls: int):
        schema = self.keep(ffi.new("struct ArrowSchema *"))
        array = self.keep(ffi.new("struct ArrowArray *"))
        lib.imgvec_py_schema(schema, self.keep(ffi.new("char[]", fmt)),
                             self.keep(ffi.new("char[]", name.encode())), ffi.NULL, 0)
        pointers = self.keep(ffi.new("const void *[]", [self.buffer(part) for part in buffers]))
        lib.imgvec_py_array(array, rows, nulls, pointers, len(buffers), ffi.NULL, 0)
        return schema, array


def _validity(present: np.ndarray) -> Optional[np.ndarray]:
    return None if present.all() else np.packbits(present, bitorder="little")


def _joined(values: Sequence[Optional[bytes]]) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    present = np.array([value is not None for value in values], dtype=bool)
    ends = np.cumsum([len(value) if value is not None else 0 for value in values], dtype=np.int64)
    offsets = np.concatenate([np.zeros(1, np.int64), ends])
    data = np.frombuffer(b"".join(value for value in values if value is not None) or b"\0", np.uint8)
    return present, offsets, data


def memory_stream(columns: Sequence[Tuple[str, str, Any]], rows: int) -> Tuple[Any, Any]:
    """A stream of one batch from (name, kind, values), and the object that must outlive its use.

    kind is "number" (an integer or floating array), "bool" (objects: True, False or None), "text"
    (str or None) or "bytes" (bytes or None).
    """
    memory = _Memory()
    parts = []
    for name, kind, values in columns:
        if kind == "number":
            array = np.asarray(values)
            fmt = {"i1": b"c", "i2": b"s", "i4": b"i", "i8": b"l", "u1": b"C", "u2": b"S", "u4": b"I",
                   "u8": b"L", "f2": b"e", "f4": b"f", "f8": b"g"}[array.dtype.str[1:]]
            parts.append(memory.column(name, fmt, [None, array], rows, 0))
        elif kind == "bool":
            present = np.array([value is not None for value in values], dtype=bool)
            bits = np.packbits(np.array([bool(value) for value in values]), bitorder="little")
            parts.append(memory.column(name, b"b", [_validity(present), bits], rows, int((~present).sum())))
        else:
            encoded = [value.encode("utf-8") if isinstance(value, str) else value for value in values]
            present, offsets, data = _joined(encoded)
            parts.append(memory.column(name, b"U" if kind == "text" else b"Z",
                                       [_validity(present), offsets, data], rows, int((~present).sum())))
    source = memory.keep(ffi.new("imgvec_py_source *"))
    schemas = memory.keep(ffi.new("struct ArrowSchema *[]", [schema for schema, _ in parts]))
    arrays = memory.keep(ffi.new("struct ArrowArray *[]", [array for _, array in parts]))
    empty = memory.keep(ffi.new("const void *[]", [ffi.NULL]))
    fmt = memory.keep(ffi.new("char[]", b"+s"))
    name = memory.keep(ffi.new("char[]", b""))
    lib.imgvec_py_schema(ffi.addressof(source, "schema"), fmt, name, schemas, len(parts))
    lib.imgvec_py_array(ffi.addressof(source, "array"), rows, 0, empty, 1, arrays, len(parts))
    stream = memory.keep(ffi.new("struct ArrowArrayStream *"))
    lib.imgvec_py_stream(stream, source)
    return stream, memory
