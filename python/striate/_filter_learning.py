"""Learning banks of filters from images."""

import operator
import os

import numpy as np

from . import _striate
from ._arrays import dtype_of, precision_of
from ._coding import _given
from ._signatures import described
from .convolutional import ConvolutionalCodes, _real, decode, encode

_FIELDS = _striate.filter_learning_fields()


class FilterModel:
    """A bank of filters with how it came about.

    `learn` and `striate.load` make them; the command line reads and writes the same files.

    Attributes
    ----------
    filters : ndarray (K, h, w) or (K, h, w, C)
    support : ndarray of bool (K, h, w), or None
        Where filters have taps, if they differ in size.
    coding : dict
        The settings its codes are made with unless others are given: method, lambda, boundary, positive.
    history : dict of ndarray
        Columns of equal length: step, images, seconds, objective, data_fidelity, l1, nonzeros,
        filters_in_use, replaced.
    status : str
        How learning ended: 'completed', 'converged', 'stopped' or 'time_limit'.
    codes : ConvolutionalCodes, or None
        Of the images it was learned from, under these filters; None with method 'online' and of
        models from files.
    preparation : dict
        How the command line prepares images for it.
    """

    def __init__(self, native, precision, status="completed", codes=None):
        self._native, self.precision, self.status, self.codes = native, precision, status, codes

    filters = property(lambda self: self._native.filters)
    coding = property(lambda self: self._native.coding)
    history = property(lambda self: self._native.history)
    preparation = property(lambda self: self._native.preparation)

    @property
    def support(self):
        support = self._native.support
        return None if support is None else support.astype(bool)

    def encode(self, images, **settings):
        """Codes of images and what is known of them, as `convolutional.encode` gives them.

        The images must be prepared as those were that it was learned from.
        """
        coding = dict(self.coding)
        settings.setdefault("method", coding.get("method", "auto"))
        if settings.get("lam_relative") is None:
            settings.setdefault("lam", coding.get("lambda"))
        for name in ("boundary", "positive"):
            if name in coding:
                settings.setdefault(name, coding[name])
        return encode(images, self.filters, **settings)

    def decode(self, codes):
        """Images that codes stand for."""
        return decode(codes, self.filters)

    def save(self, path, overwrite=False):
        """Writes a model file (.h5 or .npz) that `striate.load` and the command line read."""
        _striate.save(os.fspath(path), self._native.to_archive(), overwrite)

    def __repr__(self):
        K, h, w = self.filters.shape[:3]
        return f"striate.convolutional.FilterModel({K} filters of {h} x {w} taps, {self.precision})"

    def __reduce__(self):
        return _model_from_archive, (self._native.to_archive(), self.status, self.codes)


def _model_from_archive(archive, status="completed", codes=None):
    precision = precision_of(archive["arrays"]["filters"])
    native = getattr(_striate, f"FilterModel_{precision}").from_archive(archive)
    return FilterModel(native, precision, status, codes)


class _Images:
    """Images one at a time, each as a C-order array (H, W, C)."""

    def __init__(self, who, name, images):
        self.who, self.name = who, name
        shape = getattr(images, "shape", None)
        if shape is not None and len(shape) not in (2, 3, 4):
            raise ValueError(
                f"{who}: {name} has shape {tuple(shape)}; (H, W), (n, H, W), (n, H, W, C) or a list of "
                "(H, W) or (H, W, C) is needed"
            )
        self.single = shape is not None and len(shape) == 2
        self.images = [images] if self.single else images
        try:
            self.size = len(self.images)
        except TypeError:
            raise ValueError(
                f"{who}: {name} is of type {type(images).__name__}; an array or something with len() "
                "and [i] is needed"
            ) from None
        if self.size == 0:
            raise ValueError(f"{who}: {name} has none; at least one is needed")
        self.precision = precision_of(self.images[0])

    def read(self, i):
        array = _real(self.who, f"{self.name}[{i}]", self.images[i])
        if array.ndim not in (2, 3):
            raise ValueError(
                f"{self.who}: {self.name}[{i}] has shape {array.shape}; (H, W) or (H, W, C) is needed"
            )
        array = array.reshape(*array.shape[:2], -1)
        return np.ascontiguousarray(array, dtype=dtype_of(self.precision))


@described(_FIELDS, skip=("lam", "filters", "rows", "columns"))
def learn(
    images,
    filters,
    lam,
    *,
    shape=(12, 12),
    mask=None,
    data_weights=None,
    checkpoint=None,
    checkpoint_period=30.0,
    resume=False,
    max_seconds=None,
    threads=None,
    callback=None,
    **settings,
):
    """Learns filters that images have sparse convolutional codes under.

    Minimises over filters of norm 1 and codes the sum over images s of
    1/2 |s - sum_k d_k * x_k|^2 + lambda sum_k |x_k|_1. The methods 'cd', 'pgm' and 'consensus' take all
    images at every step, and no step raises the objective; 'online' takes some at a time and keeps
    neither images nor codes.

    Parameters
    ----------
    images : array (H, W), (n, H, W) or (n, H, W, C), or a list of arrays (H, W) or (H, W, C) of any sizes
        Taken as they are; slow changes of brightness are better split off before
        (`images.tikhonov_highpass`). Anything with ``len`` and ``[i]`` will do: with method 'online'
        one image is read at a time. float32 stays float32.
    filters : int, or array (K, h, w) or (K, h, w, C)
        How many, or those to begin with.
    lam : float
        Weight lambda of the l1 norm, above 0, in units of the images.
    shape : (int, int), default (12, 12)
        Height and width of the filters, where only their number is given.
    mask : array of bool or list, optional
        Shaped as the images: where it is False pixels count for nothing and may be NaN; one for all or
        one per image.
    data_weights : array or list, optional
        Weights of pixels in the squared error, at least 0, instead of a mask.
    checkpoint : path, optional
        File (.h5) that keeps the state of learning, replaced as it goes.
    checkpoint_period : float, default 30
        Seconds between checkpoints.
    resume : bool, default False
        Go on from the checkpoint if there is one; the result has the same bits.
    max_seconds, threads, callback
        As in `encode`.
    %(settings)s

    Returns
    -------
    FilterModel

    Raises
    ------
    ValueError
        Shapes, values or settings that do not fit, by the name of the argument.

    References
    ----------
    Mairal et al. 2010, Online learning for matrix factorization and sparse coding, J. Machine Learning
    Research 11:19 (filter by filter). Garcia-Cardona and Wohlberg 2018, Convolutional dictionary
    learning, IEEE Trans. Computational Imaging 4:366 (consensus).

    Examples
    --------
    >>> import numpy as np, striate
    >>> images = striate.images.dead_leaves(2, (48, 48)).astype(np.float32)
    >>> high = np.stack([striate.images.tikhonov_highpass(image) for image in images])
    >>> model = striate.convolutional.learn(high, 16, 0.05, shape=(6, 6), steps=5)
    >>> model.filters.shape, model.status
    ((16, 6, 6), 'completed')
    >>> bool((np.diff(model.history["objective"]) <= 0).all())
    True
    >>> codes, info = model.encode(high[0])
    >>> info.converged
    True
    """
    source = _Images("learn", "images", images)
    settings = {name: value for name, value in settings.items() if not _empty(value)}
    settings["lam"] = lam
    initial = None
    if np.ndim(filters) == 0:
        try:
            settings["filters"] = operator.index(filters)
        except TypeError:
            raise ValueError(f"learn: filters is {filters!r}; a number or an array is needed") from None
        try:
            settings["rows"], settings["columns"] = (operator.index(side) for side in shape)
        except (TypeError, ValueError):
            raise ValueError(f"learn: shape is {shape!r}; two numbers are needed") from None
    else:
        initial = _real("learn", "filters", filters)
        if initial.ndim not in (3, 4):
            raise ValueError(
                f"learn: filters has shape {initial.shape}; (K, h, w) or (K, h, w, C) is needed"
            )
        settings["filters"], settings["rows"], settings["columns"] = initial.shape[:3]
        source.precision = precision_of(source.images[0], initial)
        initial = np.ascontiguousarray(
            initial.reshape(len(initial), -1), dtype=dtype_of(source.precision)
        )
    weights = _weights(source, mask, data_weights)
    checkpoints = {"checkpoint": checkpoint and os.fspath(checkpoint)}
    checkpoints.update(checkpoint_period=checkpoint_period, resume=resume)
    run = getattr(_striate, f"learn_filters_{source.precision}")
    native, planes, status = run(
        source.read,
        source.size,
        _given(settings),
        initial,
        weights and weights.read,
        _given(checkpoints),
        callback,
        threads,
        max_seconds,
    )
    codes = ConvolutionalCodes(planes, source.precision, source.single) if planes else None
    return FilterModel(native, source.precision, status, codes)


def _empty(value):
    return value is None or (isinstance(value, (list, tuple)) and not value)


def _weights(source, mask, data_weights):
    """Weights of the images, or None."""
    if mask is not None and data_weights is not None:
        raise ValueError("learn: mask and data_weights are both given; a mask is weights of 0 and 1")
    name, given = ("mask", mask) if data_weights is None else ("data_weights", data_weights)
    if given is None:
        return None
    if name == "mask":
        for part in given if isinstance(given, (list, tuple)) else [given]:
            if np.asarray(part).dtype.kind not in "b" and not np.isin(part, (0, 1)).all():
                raise ValueError(
                    "learn: mask holds more than True and False; data_weights takes other weights"
                )
    weights = _Images("learn", name, given)
    if weights.single and not source.single:
        weights.images, weights.size = [given] * source.size, source.size
    if weights.size != source.size:
        raise ValueError(f"learn: {name} has {weights.size} images, images {source.size}; they must agree")
    weights.precision = source.precision
    return weights
