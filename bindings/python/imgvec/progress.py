"""Progress, problems, cancellation and log lines of running jobs."""
from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass
from typing import Any, Callable, List, Optional, Union

from ._native import ffi, lib
from . import errors


@dataclass(frozen=True)
class Progress:
    """Where a job stands; total is 0 and seconds_left negative when not known."""

    stage: str
    done: int
    total: int
    rate: float
    seconds_left: float
    finished: bool


@dataclass(frozen=True)
class Problem:
    """One row or file that could not be used; row counts from 0 and is -1 for none."""

    row: int
    column: str
    path: str
    reason: str
    status: int


ProgressLike = Union[None, bool, Callable[[Progress], Any]]


class Cancel:
    """A token that any thread may use to stop a job."""

    def __init__(self) -> None:
        self._handle = errors.make(lib.imgvec_cancel_new, "imgvec_cancel", lib.imgvec_cancel_free)

    def request(self) -> None:
        """Asks every job that watches the token to stop; stays requested for ever."""
        lib.imgvec_cancel_request(self._handle)

    @property
    def requested(self) -> bool:
        """Whether somebody asked."""
        return bool(lib.imgvec_cancel_requested(self._handle))


class _Bar:
    """A bar of tqdm for each stage, or lines on stderr where tqdm is not installed."""

    def __init__(self) -> None:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            tqdm = None
        self._tqdm = tqdm
        self._bar: Any = None
        self._stage = ""

    def __call__(self, now: Progress) -> None:
        if self._tqdm is None:
            if now.finished:
                print(f"{now.stage}: {now.done} done", file=sys.stderr)
            return
        if self._bar is None or now.stage != self._stage:
            self.close()
            self._stage = now.stage
            self._bar = self._tqdm(total=now.total or None, desc=now.stage, leave=False)
        self._bar.total = now.total or None
        self._bar.update(now.done - self._bar.n)
        if now.finished:
            self.close()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _text(pointer) -> str:
    return ffi.string(pointer).decode("utf-8", "replace") if pointer else ""


class Watch:
    """What a call hears of its job. Always watches, so that Ctrl-C reaches Python and stops the
    job; an exception in a callback stops the job and is raised by the call that started it."""

    def __init__(self, progress: ProgressLike = None, cancel: Optional[Cancel] = None) -> None:
        self.problems: List[Problem] = []
        self._bar = _Bar() if progress is True else None
        self._progress = self._bar or (progress if callable(progress) else None)
        self._cancel = cancel
        self._raised: Optional[BaseException] = None
        self._self = ffi.new_handle(self)
        self.pointer = ffi.new("imgvec_watch *", {
            "size": ffi.sizeof("imgvec_watch"),
            "user": self._self,
            "progress": lib.imgvec_py_progress,
            "problem": lib.imgvec_py_problem,
            "cancel": cancel._handle if cancel else ffi.NULL,
        })

    def _on_progress(self, now) -> int:
        try:
            if self._progress:
                self._progress(Progress(_text(now.stage), now.done, now.total, now.rate,
                                        now.seconds_left, bool(now.finished)))
        except BaseException as error:  # may not unwind through C: raised again by __exit__
            self._raised = error
            return 1
        return 0

    def _on_problem(self, problem) -> None:
        self.problems.append(Problem(problem.row, _text(problem.column), _text(problem.path),
                                     _text(problem.reason), problem.code))

    def __enter__(self) -> "Watch":
        return self

    def __exit__(self, kind, value, trace) -> None:
        if self._bar:
            self._bar.close()
        if self._raised is not None and (kind is None or issubclass(kind, errors.CancelledError)):
            raise self._raised from None

    def warn(self, what: str) -> None:
        """Says in a warning how many images could not be used, and why the first one."""
        if self.problems:
            first = self.problems[0]
            warnings.warn(
                f"{len(self.problems)} images could not be used in {what}; the first: row "
                f"{first.row}, column \"{first.column}\", {first.path}: {first.reason}", stacklevel=4)


def _interrupted(kind, value, trace) -> None:
    """Ctrl-C that arrived between C and our own try block: remembered for the watch at hand."""
    if trace is not None:
        user = trace.tb_frame.f_locals.get("user")
        if user is not None:
            ffi.from_handle(user)._raised = value


@ffi.def_extern(name="imgvec_py_progress", error=1, onerror=_interrupted)
def _progress(user, now):
    return ffi.from_handle(user)._on_progress(now)


@ffi.def_extern(name="imgvec_py_problem", onerror=_interrupted)
def _problem(user, problem):
    ffi.from_handle(user)._on_problem(problem)
