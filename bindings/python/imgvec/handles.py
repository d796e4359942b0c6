"""Context and options: what every job starts from."""
from __future__ import annotations

import json
import logging
import os
from typing import Any, Dict, List, Mapping, Optional

from ._native import ffi, lib
from . import errors

LOGGER = logging.getLogger("imgvec")

JOB_OPEN = lib.IMGVEC_JOB_OPEN
JOB_EMBED = lib.IMGVEC_JOB_EMBED
JOB_TRAIN = lib.IMGVEC_JOB_TRAIN
JOB_PREDICT = lib.IMGVEC_JOB_PREDICT

_LEVELS = {
    lib.IMGVEC_LOG_ERROR: logging.ERROR,
    lib.IMGVEC_LOG_WARNING: logging.WARNING,
    lib.IMGVEC_LOG_NOTICE: logging.INFO,
    lib.IMGVEC_LOG_DEBUG: logging.DEBUG,
}


@ffi.def_extern(name="imgvec_py_log")
def _log(user, level, text):
    LOGGER.log(_LEVELS.get(level, logging.DEBUG), "%s", ffi.string(text).decode("utf-8", "replace"))


class Context:
    """The library's context. Its log goes to the logger "imgvec", notices as INFO."""

    def __init__(self) -> None:
        self._handle = errors.make(lib.imgvec_context_new, "imgvec_context", lib.imgvec_context_free)
        errors.call(lib.imgvec_context_set_log, self._handle, lib.IMGVEC_LOG_NOTICE,
                    lib.imgvec_py_log, ffi.NULL)


_context: Optional[Context] = None
_context_process = 0


def context():
    """Handle of this process's one context; a forked child makes its own."""
    global _context, _context_process
    if _context is None or _context_process != os.getpid():
        _context, _context_process = Context(), os.getpid()
    return _context._handle


def option_value(value: Any) -> str:
    """An option's value as the library reads it: lists become "a,b", booleans "1" or "0"."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple)):
        return ",".join(option_value(part) for part in value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return str(value)


def make_options(jobs: int, values: Optional[Mapping[str, Any]] = None):
    """A bag of options; None stands for the default. Those for other jobs are left out when they
    are known to the library, since one dictionary often serves several jobs."""
    opts = errors.make(lib.imgvec_options_new, "imgvec_options", lib.imgvec_options_free, context(), jobs)
    table = option_table()
    for name, value in (values or {}).items():
        known = table.get(name.replace("-", "_"))
        if value is None or (known and not known["jobs"] & jobs):
            continue
        if name.startswith("xgb.") and not jobs & JOB_TRAIN:
            continue
        errors.call(lib.imgvec_options_set_named, opts, name.encode(), option_value(value).encode())
    return opts


_table: Dict[str, Dict[str, Any]] = {}


def option_table() -> Dict[str, Dict[str, Any]]:
    """Every option of the library by name: type, jobs, default, choices, bounds, help."""
    if not _table:
        types = {lib.IMGVEC_TYPE_I64: "int", lib.IMGVEC_TYPE_F64: "float",
                 lib.IMGVEC_TYPE_TEXT: "str", lib.IMGVEC_TYPE_BOOL: "bool"}
        row = ffi.new("imgvec_option_row *")
        found: Dict[str, Dict[str, Any]] = {}
        for index in range(lib.imgvec_option_count()):
            row.size = ffi.sizeof("imgvec_option_row")
            errors.call(lib.imgvec_option_info, index, row)
            found[ffi.string(row.name).decode()] = {
                "type": types[row.type], "jobs": row.jobs,
                "default": ffi.string(row.default_value).decode(),
                "choices": [word for word in ffi.string(row.choices).decode().split("|") if word],
                "min": row.min, "max": row.max, "help": ffi.string(row.help).decode(),
                "since": ffi.string(row.since).decode(),
            }
        _table.update(found)
    return _table


def backbones() -> List[Dict[str, Any]]:
    """The networks that the library knows."""
    row = ffi.new("imgvec_backbone_row *")
    found = []
    for index in range(lib.imgvec_backbone_count()):
        row.size = ffi.sizeof("imgvec_backbone_row")
        errors.call(lib.imgvec_backbone_info, index, row)
        found.append({"id": ffi.string(row.id).decode(), "parameters": row.parameters,
                      "gmacs": row.gmacs, "width": row.width, "input_size": row.input_size})
    return found


def version() -> str:
    """Release of the library that is running."""
    return ffi.string(lib.imgvec_version_string()).decode()


def build_info() -> Dict[str, Any]:
    """How the library was built."""
    return json.loads(ffi.string(lib.imgvec_build_info()).decode())
