"""imgvec: images, alone or mixed with other columns, into trained models and embeddings.

    from imgvec import ImageRegressor
    model = ImageRegressor().fit(table.drop(columns="price"), table["price"])
    model.predict(new_table)

The classes ImageVectorizer, ImageClassifier, ImageRegressor and AutoImageModel follow
scikit-learn; Dataset, Model and Vectorizer are the library's own words.
"""
from .arrow import ArrowStream
from .dataset import Dataset
from .errors import (
    CancelledError, DataError, EngineError, FormatError, ImgvecError, InternalError,
    InvalidArgumentError, IoError, LimitError, NoMemoryError, NotFoundError, UnsupportedError,
    status_name)
from .estimators import AutoImageModel, ImageClassifier, ImageRegressor, ImageVectorizer
from .handles import backbones, build_info, option_table, version
from .model import Model, Vectorizer
from .progress import Cancel, Problem, Progress
from .scorer import Scorer

__all__ = [
    "ArrowStream", "AutoImageModel", "Cancel", "CancelledError", "DataError", "Dataset", "EngineError",
    "FormatError", "ImageClassifier", "ImageRegressor", "ImageVectorizer", "ImgvecError",
    "InternalError", "InvalidArgumentError", "IoError", "LimitError", "Model", "NoMemoryError",
    "NotFoundError", "Problem", "Progress", "Scorer", "UnsupportedError", "Vectorizer", "backbones",
    "build_info", "option_table", "status_name", "version",
]
