"""Sparse codes, learned dictionaries and associative memories of images.

>>> import numpy as np, striate
>>> X = striate.images.extract_patches(striate.images.dead_leaves(2, (64, 64)), 8, count=100)
>>> X.shape
(100, 64)
"""

from . import _striate, dictionaries, images, io, memory, metrics
from ._coding import ConvergenceWarning, Dictionary, EncodeInfo, encode
from ._learning import Model, learn, load
from ._striate import set_thread_count, thread_count

__version__ = _striate.__version__

__all__ = [
    "ConvergenceWarning",
    "Dictionary",
    "EncodeInfo",
    "Model",
    "dictionaries",
    "encode",
    "images",
    "io",
    "learn",
    "load",
    "memory",
    "metrics",
    "set_thread_count",
    "thread_count",
]
