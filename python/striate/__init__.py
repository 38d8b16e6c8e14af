"""Sparse codes, learned dictionaries and associative memories of images.

>>> import numpy as np, striate
>>> X = striate.images.extract_patches(striate.images.dead_leaves(2, (64, 64)), 8, count=100)
>>> X.shape
(100, 64)
"""

from . import _striate, convolutional, dictionaries, images, io, memory, metrics, statistics
from ._coding import ConvergenceWarning, Dictionary, EncodeInfo, encode
from ._learning import Learner, Model, StepInfo, learn, load
from ._restoration import RestorationInfo, denoise, inpaint
from ._striate import set_thread_count, thread_count

__version__ = _striate.__version__

__all__ = [
    "ConvergenceWarning",
    "Dictionary",
    "EncodeInfo",
    "Learner",
    "Model",
    "RestorationInfo",
    "StepInfo",
    "convolutional",
    "denoise",
    "dictionaries",
    "encode",
    "images",
    "inpaint",
    "io",
    "learn",
    "load",
    "memory",
    "metrics",
    "set_thread_count",
    "statistics",
    "thread_count",
]
