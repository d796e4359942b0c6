"""Model and Vectorizer: trained or fitted once, saved as one file, run anywhere."""
from __future__ import annotations

import json
import os
import tempfile
from typing import Any, Dict, List, Mapping, Optional, Tuple

import numpy as np

from ._native import ffi, lib
from . import errors
from .arrow import ArrowStream
from .dataset import Dataset, dataset_for
from .handles import JOB_EMBED, JOB_OPEN, JOB_PREDICT, JOB_TRAIN, context, make_options
from .progress import Cancel, ProgressLike, Watch


def _run(function, handle, data: Dataset, width: int, watch: Watch) -> Tuple[np.ndarray, np.ndarray]:
    """Rows x width float32 and a status per row, written by the library into NumPy's memory."""
    rows = len(data)
    result = np.empty((rows, width), dtype=np.float32)
    status = np.zeros(rows, dtype=np.int32)
    errors.call(function, handle, data._handle, watch.pointer,
                ffi.cast("float *", result.ctypes.data), result.size, ffi.NULL,
                ffi.cast("int32_t *", status.ctypes.data))
    return result, status


class _File:
    """What models and vectorizers share: one file, and pickling through it."""

    def save(self, path: Any) -> None:
        raise NotImplementedError

    def to_bytes(self) -> bytes:
        """The bytes of the file that save would write."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "saved.imgvec")
            self.save(path)
            with open(path, "rb") as file:
                return file.read()

    @classmethod
    def from_bytes(cls, data: bytes) -> Any:
        """Opens the bytes of a saved file."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "saved.imgvec")
            with open(path, "wb") as file:
                file.write(data)
            return cls.open(path)

    @classmethod
    def open(cls, path: Any, **options: Any) -> Any:
        raise NotImplementedError

    def __reduce__(self):
        return type(self).from_bytes, (self.to_bytes(),)


class Model(_File):
    """A trained model. Any number of threads may predict with one at once."""

    def __init__(self, handle) -> None:
        self._handle = handle
        self._known = {column["name"]: column["type"] for column in self.info["columns"]}

    @classmethod
    def train(cls, data: Any, target: Optional[str] = None, progress: ProgressLike = None,
              cancel: Optional[Cancel] = None, automatic: bool = False, **options: Any) -> "Model":
        """Runs the whole experiment, as `imgvec train` does; automatic: the automatic image model,
        as `imgvec auto` does. options: docs/options.md by name; XGBoost's by "xgb.max_depth"."""
        function = getattr(lib, "imgvec_model_train_auto" if automatic else "imgvec_model_train", None)
        if function is None:
            raise NotImplementedError("this libimgvec has no automatic image model")
        options = {"target": target, **options}
        if not isinstance(data, Dataset):
            opened = {name: value for name, value in options.items() if not name.startswith("xgb.")}
            data = Dataset.of(data, **opened)
        job = lib.IMGVEC_JOB_AUTO if automatic else JOB_TRAIN
        opts = make_options(job | JOB_OPEN, options)
        with Watch(progress, cancel) as watch:
            model = cls(errors.make(function, "imgvec_model", lib.imgvec_model_free, context(), data._handle, opts,
                                    watch.pointer))
        watch.warn("training")
        return model

    @classmethod
    def open(cls, path: Any, **options: Any) -> "Model":
        """Opens a saved model; nothing but the file is needed."""
        return cls(errors.make(lib.imgvec_model_open, "imgvec_model", lib.imgvec_model_free, context(),
                               os.fsencode(path), make_options(JOB_PREDICT, options)))

    def save(self, path: Any) -> None:
        """Writes the model to one file, atomically."""
        errors.call(lib.imgvec_model_save, self._handle, os.fsencode(path))

    @property
    def info(self) -> Dict[str, Any]:
        """What the model is (docs/json.md, "model")."""
        return json.loads(ffi.string(lib.imgvec_model_info(self._handle)).decode())

    @property
    def outputs(self) -> List[str]:
        """Names of what is predicted for each row: the classes, or "prediction"."""
        return [ffi.string(lib.imgvec_model_output_name(self._handle, index)).decode()
                for index in range(lib.imgvec_model_outputs(self._handle))]

    def _data(self, data: Any) -> Dataset:
        return dataset_for(data, self._known)

    def predict(self, data: Any, progress: ProgressLike = None,
                cancel: Optional[Cancel] = None) -> np.ndarray:
        """float32, rows x outputs: class probabilities, or the predicted number. A row that cannot
        be scored holds NaN, and a warning says why."""
        with Watch(progress, cancel) as watch:
            result, _ = _run(lib.imgvec_model_predict, self._handle, self._data(data), len(self.outputs), watch)
        watch.warn("scoring")
        return result

    def predict_status(self, data: Any, progress: ProgressLike = None,
                       cancel: Optional[Cancel] = None) -> Tuple[np.ndarray, np.ndarray]:
        """As predict without the warning, and an int32 for each row: 0 or its status."""
        with Watch(progress, cancel) as watch:
            return _run(lib.imgvec_model_predict, self._handle, self._data(data), len(self.outputs), watch)

    def evaluate(self, data: Any, progress: ProgressLike = None,
                 cancel: Optional[Cancel] = None) -> Dict[str, Any]:
        """Scores rows whose target is known (docs/json.md, "evaluate")."""
        with Watch(progress, cancel) as watch:
            return json.loads(errors.take_text(lib.imgvec_model_evaluate, self._handle, self._data(data)._handle,
                                               watch.pointer))

    def features(self, data: Any, progress: ProgressLike = None,
                 cancel: Optional[Cancel] = None) -> ArrowStream:
        """What the learner is given of each row, as an Arrow stream."""
        with Watch(progress, cancel) as watch:
            return ArrowStream(lambda stream: errors.call(
                lib.imgvec_model_export_arrow, self._handle, self._data(data)._handle, watch.pointer, stream))

    @staticmethod
    def describe_file(path: Any) -> Dict[str, Any]:
        """What the file of a model or vectorizer holds, without loading a network."""
        return json.loads(errors.take_text(lib.imgvec_model_describe_file, context(), os.fsencode(path)))

    @staticmethod
    def compare_files(*paths: Any) -> Dict[str, Any]:
        """Saved models side by side (docs/json.md, "compare")."""
        names = [ffi.new("char[]", os.fsencode(path)) for path in paths]
        return json.loads(errors.take_text(lib.imgvec_model_compare_files, context(),
                                           ffi.new("const char *[]", names), len(names)))


class Vectorizer(_File):
    """Images into embeddings. Any number of threads may run one at once."""

    def __init__(self, handle) -> None:
        self._handle = handle
        self._known: Mapping[str, str] = {column["name"]: "image" for column in self.info["columns"]}

    @classmethod
    def fit(cls, data: Any, progress: ProgressLike = None, cancel: Optional[Cancel] = None,
            **options: Any) -> "Vectorizer":
        """Loads the backbones and, unless dim is "all", fits the projection."""
        if not isinstance(data, Dataset):
            data = Dataset.of(data, **options)
        opts = make_options(JOB_EMBED, options)
        with Watch(progress, cancel) as watch:
            made = cls(errors.make(lib.imgvec_vectorizer_fit, "imgvec_vectorizer", lib.imgvec_vectorizer_free,
                                   context(), data._handle, opts, watch.pointer))
        watch.warn("the fit")
        return made

    @classmethod
    def open(cls, path: Any, **options: Any) -> "Vectorizer":
        """Opens a saved vectorizer."""
        return cls(errors.make(lib.imgvec_vectorizer_open, "imgvec_vectorizer", lib.imgvec_vectorizer_free,
                               context(), os.fsencode(path), make_options(JOB_PREDICT, options)))

    def save(self, path: Any) -> None:
        """Writes the vectorizer to one file, atomically."""
        errors.call(lib.imgvec_vectorizer_save, self._handle, os.fsencode(path))

    @property
    def info(self) -> Dict[str, Any]:
        """What the vectorizer is (docs/json.md, "vectorizer")."""
        return json.loads(ffi.string(lib.imgvec_vectorizer_info(self._handle)).decode())

    @property
    def width(self) -> int:
        """Values in one embedding."""
        return lib.imgvec_vectorizer_width(self._handle)

    def _data(self, data: Any) -> Dataset:
        return dataset_for(data, self._known)

    def run(self, data: Any, progress: ProgressLike = None,
            cancel: Optional[Cancel] = None) -> np.ndarray:
        """float32, rows x width. A row whose image cannot be used holds NaN, and a warning says why."""
        with Watch(progress, cancel) as watch:
            result, _ = _run(lib.imgvec_vectorizer_run, self._handle, self._data(data), self.width, watch)
        watch.warn("embedding")
        return result

    def run_arrow(self, data: Any, progress: ProgressLike = None,
                  cancel: Optional[Cancel] = None) -> ArrowStream:
        """As run, as an Arrow stream of row, status and embedding."""
        with Watch(progress, cancel) as watch:
            return ArrowStream(lambda stream: errors.call(
                lib.imgvec_vectorizer_export_arrow, self._handle, self._data(data)._handle, watch.pointer, stream))
