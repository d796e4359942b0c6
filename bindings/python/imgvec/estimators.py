"""The library by the conventions of scikit-learn. Parameters that are None keep the library's
default; docs/options.md has all of them, and those without an argument go into `options`."""
from __future__ import annotations

import os
import warnings
from typing import Any, Dict, List, Mapping, Optional, Tuple

import numpy as np

from . import columns
from .base import BaseEstimator, ClassifierMixin, NotFittedError, RegressorMixin, TransformerMixin
from .dataset import Dataset, TYPES
from .model import Model, Vectorizer
from .progress import ProgressLike


def _is_path(X: Any) -> bool:
    return isinstance(X, (str, os.PathLike, Dataset))


def _shape(X: Any) -> Tuple[Optional[int], Optional[List[str]]]:
    """Number of columns of a table, and their names where all are texts."""
    if hasattr(X, "columns") and hasattr(X, "iloc"):
        names = list(X.columns)
        return len(names), names if all(isinstance(name, str) for name in names) else None
    if isinstance(X, dict):
        return len(X), list(X)
    if isinstance(X, np.ndarray) and X.ndim == 2:
        return X.shape[1], None
    return (1, None) if not hasattr(X, "__arrow_c_stream__") else (None, None)


def _checked(X: Any) -> Any:
    """X as scikit-learn's users expect it to be refused, before the library sees it."""
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        raise TypeError("A sparse matrix was passed, but dense data is required: use X.toarray()")
    if _is_path(X) or isinstance(X, dict) or hasattr(X, "iloc") or hasattr(X, "__arrow_c_stream__"):
        return X
    if not isinstance(X, np.ndarray):
        listed = list(X) if not hasattr(X, "__array__") else np.asarray(X)
        simple = isinstance(listed, list) and listed and isinstance(
            listed[0], (str, bytes, os.PathLike)) or isinstance(listed, list) and listed and columns.is_picture(listed[0])
        X = listed if simple else np.asarray(listed)
    if isinstance(X, np.ndarray):
        if X.dtype.kind == "c":
            raise ValueError("Complex data not supported")
        if X.ndim == 0 or X.ndim == 1 and X.dtype.kind in "iufb":
            raise ValueError("Expected 2D array, got 1D array instead. Reshape your data: X.reshape(-1, 1) for one "
                             "column, X.reshape(1, -1) for one row")
        if X.ndim == 3 or X.ndim > 4:
            raise ValueError(f"Found array with dim {X.ndim}: expected 2 for a table or 4 for images")
        if X.shape[0] == 0:
            raise ValueError(f"Found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 is required.")
        if X.ndim == 2 and X.shape[1] == 0:
            raise ValueError(f"Found array with 0 feature(s) (shape={X.shape}) while a minimum of 1 is required.")
        if X.dtype.kind == "O" and X.ndim == 2:
            X = _numbers_if_all(X)
    return X


def _numbers_if_all(X: np.ndarray) -> np.ndarray:
    """An array of objects that are all numbers, as numbers."""
    for value in X.flat:
        if isinstance(value, (dict, list, set)):
            raise TypeError(f"argument must be a string or a number, not {type(value).__name__}")
    if all(isinstance(value, (int, float, np.number)) for value in X.flat):
        return X.astype(np.float64)
    return X


def _rows(X: Any) -> int:
    if isinstance(X, dict):
        return len(next(iter(X.values()))) if X else 0
    return len(X)


class _Estimator(BaseEstimator):
    """Options and checks that all estimators share."""

    _names: Tuple[str, ...] = ()

    def _options(self) -> Dict[str, Any]:
        values = {name: getattr(self, name) for name in self._names}
        return {**values, **(self.options or {})}  # type: ignore[attr-defined]

    def _remember(self, X: Any) -> None:
        count, names = _shape(X)
        for attribute in ("n_features_in_", "feature_names_in_"):
            if hasattr(self, attribute):
                delattr(self, attribute)
        if count is not None:
            self.n_features_in_ = count
        if names is not None:
            self.feature_names_in_ = np.array(names, dtype=object)

    def _same_columns(self, X: Any) -> None:
        """Columns go by name: any order is right, one that is not there is an error."""
        count, names = _shape(X)
        known = getattr(self, "feature_names_in_", None)
        if known is not None and names is not None:
            absent = [name for name in known if name not in names]
            unseen = [name for name in names if name not in known]
            if absent or unseen:
                raise ValueError(
                    "The feature names should match those that were passed during fit.\n"
                    + ("Feature names unseen at fit time:\n" + "".join(f"- {n}\n" for n in sorted(unseen)) if unseen else "")
                    + ("Feature names seen at fit time, yet now missing:\n" + "".join(f"- {n}\n" for n in sorted(absent))
                       if absent else ""))
        elif known is not None and not _is_path(X) and count is not None:
            warnings.warn(f"X does not have valid feature names, but {type(self).__name__} was fitted with feature names",
                          UserWarning, stacklevel=4)
        elif names is not None and hasattr(self, "n_features_in_"):
            warnings.warn(f"X has feature names, but {type(self).__name__} was fitted without feature names",
                          UserWarning, stacklevel=4)
        expected = getattr(self, "n_features_in_", None)
        if expected is not None and count is not None and not _is_path(X) and count != expected:
            raise ValueError(f"X has {count} features, but {type(self).__name__} is expecting {expected} features as input")

    def _table(self, X: Any) -> Any:
        """X with the columns' names that fit saw, where X has none of its own."""
        known = getattr(self, "feature_names_in_", None)
        if known is not None and isinstance(X, np.ndarray) and X.ndim == 2:
            return {name: X[:, index] for index, name in enumerate(known)}
        if known is None and hasattr(X, "columns") and hasattr(X, "iloc") and hasattr(self, "n_features_in_"):
            return {f"x{index}": X.iloc[:, index] for index in range(X.shape[1])}
        return X

    def _fitted(self, attribute: str) -> Any:
        if not hasattr(self, attribute):
            raise NotFittedError(f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate "
                                 f"arguments before using this estimator.")
        return getattr(self, attribute)

    def _more_tags(self) -> Dict[str, Any]:
        return {"allow_nan": True}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.allow_nan = True
        return tags


class _ImagesOnly:
    """Tags of estimators whose rows are images: no table of random numbers is one."""

    def _more_tags(self) -> Dict[str, Any]:
        return {"allow_nan": True, "X_types": ["string"]}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags


class ImageVectorizer(_ImagesOnly, TransformerMixin, _Estimator):
    """Images into embeddings: paths, bytes, Pillow images, arrays, or a table of image columns."""

    _names = ("backbone", "dim", "weights", "weights_dir", "precision", "device", "batch_size", "seed", "threads")

    def __init__(self, backbone: Optional[str] = None, dim: Any = None, weights: Any = None,
                 weights_dir: Any = None, precision: Optional[str] = None, device: Optional[str] = None,
                 batch_size: Optional[int] = None, seed: Optional[int] = None, threads: Optional[int] = None,
                 options: Optional[Mapping[str, Any]] = None, progress: ProgressLike = None) -> None:
        self.backbone = backbone
        self.dim = dim
        self.weights = weights
        self.weights_dir = weights_dir
        self.precision = precision
        self.device = device
        self.batch_size = batch_size
        self.seed = seed
        self.threads = threads
        self.options = options
        self.progress = progress

    def fit(self, X: Any, y: Any = None) -> "ImageVectorizer":
        """Loads the network and fits the projection where dim is a number."""
        X = _checked(X)
        self._remember(X)
        data = self._dataset(X)
        self.vectorizer_ = Vectorizer.fit(data, progress=self.progress, **self._options())
        return self

    def _dataset(self, X: Any) -> Dataset:
        if _is_path(X) or hasattr(X, "__arrow_c_stream__") and not hasattr(X, "iloc"):
            return Dataset.of(X, **self._options())
        names = [name for name, _, _ in columns.table(X)]
        return Dataset.of(X, types={name: "image" for name in names}, **self._options())

    def transform(self, X: Any) -> np.ndarray:
        """float32, rows x width; NaN for an image that cannot be used."""
        vectorizer = self._fitted("vectorizer_")
        X = _checked(X)
        self._same_columns(X)
        return vectorizer.run(self._table(X), progress=self.progress)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """"embedding0", "embedding1"..."""
        return np.array([f"embedding{index}" for index in range(self._fitted("vectorizer_").width)], dtype=object)


class _Learner(_Estimator):
    """fit and the raw scores of classifiers and regressors."""

    _names: Tuple[str, ...] = ("backbone", "dim", "weights", "weights_dir", "learner", "metric", "folds", "rounds",
                               "fine_tune", "precision", "device", "seed", "threads")
    _automatic = False

    def __init__(self, backbone: Optional[str] = None, dim: Any = None, weights: Any = None,
                 weights_dir: Any = None, learner: Optional[str] = None, metric: Optional[str] = None,
                 folds: Optional[int] = None, rounds: Optional[int] = None, fine_tune: Optional[bool] = None,
                 precision: Optional[str] = None, device: Optional[str] = None, seed: Optional[int] = None,
                 threads: Optional[int] = None, options: Optional[Mapping[str, Any]] = None,
                 progress: ProgressLike = None) -> None:
        self.backbone = backbone
        self.dim = dim
        self.weights = weights
        self.weights_dir = weights_dir
        self.learner = learner
        self.metric = metric
        self.folds = folds
        self.rounds = rounds
        self.fine_tune = fine_tune
        self.precision = precision
        self.device = device
        self.seed = seed
        self.threads = threads
        self.options = options
        self.progress = progress

    def _target(self, y: Any) -> Tuple[np.ndarray, str]:
        """Target values, one for each row, and the column's name."""
        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        name = getattr(y, "name", None)
        values = np.asarray(y)
        if values.ndim == 2 and values.shape[1] == 1:
            try:
                from sklearn.exceptions import DataConversionWarning as kind
            except ImportError:
                kind = UserWarning  # type: ignore[misc]
            warnings.warn("A column-vector y was passed when a 1d array was expected. Please change the shape of y to "
                          "(n_samples,), for example using ravel().", kind, stacklevel=4)
            values = values.ravel()
        if values.ndim != 1:
            raise ValueError(f"y should be a 1d array, got an array of shape {values.shape} instead.")
        if values.dtype.kind == "c":
            raise ValueError("Complex data not supported")
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ValueError("Input y contains NaN or infinity: leave those rows out of X and y")
        return values, name if isinstance(name, str) and name else "target"

    def _train(self, X: Any, y: Any, task: Optional[str]) -> Model:
        options = {"task": task, **self._options()}
        if _is_path(X):
            return Model.train(X, target=y, progress=self.progress, automatic=self._automatic, **options)
        values, name = self._target(y)
        if _rows(X) != len(values):
            raise ValueError(f"Found input variables with inconsistent numbers of samples: [{_rows(X)}, {len(values)}]")
        if len(values) < 2:
            raise ValueError(f"Found array with {len(values)} sample(s) while a minimum of 2 is required.")
        data = Dataset.of(X, **{key: value for key, value in options.items() if not key.startswith("xgb.")})
        while name in data.types:
            name += "_"
        numeric = values.dtype.kind in "iufb" and not hasattr(self, "classes_")
        data._add_cells(name, TYPES["numeric" if numeric else "categorical"], "number" if numeric else "text",
                        values if numeric else [columns.text(value) for value in values])
        return Model.train(data, target=name, progress=self.progress, automatic=self._automatic, **options)

    def _scores(self, X: Any) -> np.ndarray:
        model = self._fitted("model_")
        X = _checked(X)
        self._same_columns(X)
        return model.predict(self._table(X), progress=self.progress)


class _Classes:
    """classes_, predict_proba and predict of a classifier."""

    def _learn_classes(self, values: np.ndarray) -> str:
        try:
            from sklearn.utils.multiclass import check_classification_targets

            check_classification_targets(values)
        except ImportError:
            pass
        if values.dtype.kind == "O":
            values = np.array([value for value in values], dtype=object)
        self.classes_ = np.unique(values)
        if len(self.classes_) < 2:
            raise ValueError(f"Classifier can't train when only one class is present: {list(self.classes_)}")
        return "binary" if len(self.classes_) == 2 else "multiclass"

    def _probabilities(self, X: Any) -> np.ndarray:
        scores = self._scores(X)  # type: ignore[attr-defined]
        places = {name: index for index, name in enumerate(self.model_.outputs)}  # type: ignore[attr-defined]
        order = [places[columns.text(value)] for value in self.classes_]
        return scores[:, order]

    def _answers(self, X: Any) -> np.ndarray:
        p = self._probabilities(X)
        bad = np.isnan(p).any(axis=1)
        answers = self.classes_[np.where(bad, 0, np.argmax(p, axis=1))]
        if bad.any():
            answers = answers.astype(object)
            answers[bad] = None
        return answers


class ImageClassifier(ClassifierMixin, _Classes, _Learner):
    """Classes from images, alone or beside numbers, categories, dates and text."""

    def fit(self, X: Any, y: Any = None) -> "ImageClassifier":
        """Runs the whole experiment: cross-validated scores are in model_.info, the model in model_.
        X may be a path or a Dataset that holds the target too; y then names its column."""
        X = _checked(X)
        self._remember(X)
        for attribute in ("classes_", "model_"):
            if hasattr(self, attribute):
                delattr(self, attribute)
        task = None
        if not _is_path(X):
            task = self._learn_classes(self._target(y)[0])
        model = self._train(X, y, task)
        if model.info["task"] == "regression":
            raise ValueError("the target is a number: use ImageRegressor, or make it a category")
        self.model_ = model
        if _is_path(X):
            self.classes_ = np.array(model.outputs, dtype=object)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """float32, rows x classes in the order of classes_; NaN for a row that cannot be scored."""
        self._fitted("model_")
        return self._probabilities(X)

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class of each row; None for a row that cannot be scored."""
        self._fitted("model_")
        return self._answers(X)


class ImageRegressor(RegressorMixin, _Learner):
    """A number from images, alone or beside numbers, categories, dates and text."""

    def fit(self, X: Any, y: Any = None) -> "ImageRegressor":
        """As ImageClassifier.fit, for a target that is a number."""
        X = _checked(X)
        self._remember(X)
        if not _is_path(X):
            y = _as_numbers(y, self._target(y)[0])
        self.model_ = self._train(X, y, "regression")
        return self

    def predict(self, X: Any) -> np.ndarray:
        """float32, one for each row; NaN for a row that cannot be scored."""
        return self._scores(X)[:, 0]


class _Named(np.ndarray):
    """An array with a column's name."""

    name: Optional[str] = None


def _as_numbers(y: Any, values: np.ndarray) -> np.ndarray:
    """y as float64 with its name; texts that are no numbers are a ValueError."""
    numbers = values.astype(np.float64).view(_Named)
    numbers.name = getattr(y, "name", None)
    if not np.isfinite(numbers).all():
        raise ValueError("Input y contains NaN or infinity: leave those rows out of X and y")
    return numbers


class AutoImageModel(_ImagesOnly, _Classes, _Learner):
    """The automatic image model: one image column and a target; searches and trains networks."""

    _automatic = True

    def fit(self, X: Any, y: Any = None) -> "AutoImageModel":
        """Numbers with more than 20 values are a regression target, everything else classes, unless
        options say {"task": ...}."""
        X = _checked(X)
        self._remember(X)
        for attribute in ("classes_", "model_"):
            if hasattr(self, attribute):
                delattr(self, attribute)
        task = (self.options or {}).get("task")
        if not _is_path(X):
            values = self._target(y)[0]
            number = values.dtype.kind in "iuf" and len(np.unique(values)) > 20
            if task == "regression" or task in (None, "auto") and number:
                task, y = "regression", _as_numbers(y, values)
            else:
                task = self._learn_classes(values)
        self.model_ = self._train(X, y, task)
        if _is_path(X) and self.model_.info["task"] != "regression":
            self.classes_ = np.array(self.model_.outputs, dtype=object)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """As ImageClassifier.predict_proba; only for classes."""
        self._fitted("model_")
        if not hasattr(self, "classes_"):
            raise AttributeError("a regression model has no class probabilities")
        return self._probabilities(X)

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class, or the number, of each row."""
        self._fitted("model_")
        return self._answers(X) if hasattr(self, "classes_") else self._scores(X)[:, 0]
