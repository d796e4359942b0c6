"""What estimators inherit from: scikit-learn where it is installed, the same habits where not."""
from __future__ import annotations

import inspect
from typing import Any, Dict

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
    from sklearn.exceptions import NotFittedError

    HAVE_SKLEARN = True
except ImportError:
    HAVE_SKLEARN = False

    class NotFittedError(ValueError, AttributeError):  # type: ignore[no-redef]
        """An estimator was used before fit."""

    class BaseEstimator:  # type: ignore[no-redef]
        """get_params, set_params and a repr, as scikit-learn has them."""

        def get_params(self, deep: bool = True) -> Dict[str, Any]:
            """Parameters by name."""
            names = list(inspect.signature(type(self).__init__).parameters)[1:]
            return {name: getattr(self, name) for name in names}

        def set_params(self, **params: Any) -> "BaseEstimator":
            """Sets parameters by name."""
            known = self.get_params()
            for name, value in params.items():
                if name not in known:
                    raise ValueError(f"{type(self).__name__} has no parameter {name!r}: it has {sorted(known)}")
                setattr(self, name, value)
            return self

        def __repr__(self) -> str:
            defaults = inspect.signature(type(self).__init__).parameters
            said = [f"{name}={value!r}" for name, value in self.get_params().items()
                    if value is not defaults[name].default]
            return f"{type(self).__name__}({', '.join(said)})"

    class ClassifierMixin:  # type: ignore[no-redef]
        """score: the accuracy."""

        _estimator_type = "classifier"

        def score(self, X: Any, y: Any) -> float:
            """Share of right answers."""
            return float((self.predict(X) == _array(y)).mean())  # type: ignore[attr-defined]

    class RegressorMixin:  # type: ignore[no-redef]
        """score: R2."""

        _estimator_type = "regressor"

        def score(self, X: Any, y: Any) -> float:
            """The coefficient of determination."""
            truth = _array(y).astype(float)
            left = ((truth - self.predict(X)) ** 2).sum()  # type: ignore[attr-defined]
            return float(1 - left / ((truth - truth.mean()) ** 2).sum())

    class TransformerMixin:  # type: ignore[no-redef]
        """fit_transform."""

        def fit_transform(self, X: Any, y: Any = None) -> Any:
            """fit, then transform."""
            return self.fit(X, y).transform(X)  # type: ignore[attr-defined]


def _array(values: Any) -> Any:
    import numpy as np

    return np.asarray(values)
