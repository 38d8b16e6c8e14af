"""Whole images as patterns of an associative memory."""

import os
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from . import _striate
from ._arrays import dtype_of, precision_of, to_csr
from ._coding import _given
from ._restoration import _filters
from ._signatures import described

_OWN = {field["name"] for field in _striate.image_memory_fields()}


@dataclass
class ImageRecall:
    """What was recalled, one entry per cue.

    Attributes
    ----------
    images : ndarray (n, H, W[, C])
        Recalled, where the cue lies; 0 where nothing was.
    coded : ndarray (n, H, W[, C])
        What the cue's own code and slow part stand for: sparse coding without a memory.
    ids : ndarray of int64
        The stored image each state is nearest to; -1: none.
    cosines, margins : ndarray
        |cos| of the state with its code, and that less the second best.
    familiarity, familiarity_margins : ndarray
        The same of the cue itself, by what is seen of it, before any dynamics: a cue that was never
        stored has little of both.
    kinds : list of str
        "pattern", "mixture", "diffuse", "silent" (nothing stored, nothing seen, nothing but a slow part),
        "invalid" (what is seen holds NaN or infinity).
    shifts : ndarray of int64 (n, 2)
        Where the cue lies: rows down and columns right of the stored image.
    sigmas : ndarray
        Standard deviation of the noise that the cue was taken to have.
    states : scipy.sparse.csr_array (n, n_units)
        In the stored image's place; real. Unit (r * W + c) * K + k is filter k at position (r, c).
    status : str
        "completed", "time_limit" or "stopped"; then the last cues are left out.
    """

    images: np.ndarray
    coded: np.ndarray
    ids: np.ndarray
    cosines: np.ndarray
    margins: np.ndarray
    familiarity: np.ndarray
    familiarity_margins: np.ndarray
    kinds: list
    shifts: np.ndarray
    sigmas: np.ndarray
    states: object
    status: str


class ConvolutionalMemory:
    """Stores whole images by their convolutional codes and gives them back from damaged cues.

    An image less its slow part is coded by filters; the strongest entries of the code, with their
    values fitted again, are the pattern, and the slow part lies beside it on a coarse grid. A cue with
    noise, with a part hidden, or moved by a few pixels is coded alike and settles; the state is
    decoded. An image takes about 0.8 bytes per value that it has.

    Parameters
    ----------
    filters : array (K, h, w[, C]) or FilterModel
        Of any norm. A FilterModel says how slow changes are split off; one that was learned from arrays
        says that they are not, so highpass should then be given.
    shape : (int, int), default (256, 256)
        Rows and columns of the images.
    rule : str, default 'top1'
        A name of `striate.memory.rules()`.
    %(settings)s
    dtype : float32 or float64, default float32

    Examples
    --------
    >>> import numpy as np, striate
    >>> images = striate.images.dead_leaves(3, (48, 48), seed=1)
    >>> filters = striate.dictionaries.dct(patch=6).reshape(-1, 6, 6)
    >>> memory = striate.memory.ConvolutionalMemory(filters, (48, 48))
    >>> ids = memory.store(images)
    >>> seen = np.arange(48) < 24  # the left half
    >>> recalled = memory.recall(images, mask=np.broadcast_to(seen, (48, 48)))
    >>> recalled.ids.tolist(), recalled.images.shape
    ([0, 1, 2], (3, 48, 48))
    """

    @described(_striate.image_memory_fields(), _striate.memory_fields(), skip=("n_units", "rule"))
    def __init__(self, filters, shape=(256, 256), rule="top1", *, dtype=None, **settings):
        self.precision = "f32" if np.dtype(dtype or np.float32) == np.float32 else "f64"
        rows, columns = (int(side) for side in shape)
        given = _given(settings)
        own = {name: value for name, value in given.items() if name in _OWN}
        memory = {name: value for name, value in given.items() if name not in _OWN}
        make = getattr(_striate, f"ConvolutionalMemory_{self.precision}")
        self._native = make(_filters(filters, self.precision), rows, columns, own, {"rule": rule, **memory})
        self.shape = (rows, columns)

    n_units = property(lambda self: self._native.units)
    nonzeros = property(lambda self: self._native.nonzeros)
    ids = property(lambda self: self._native.ids)
    settings = property(lambda self: self._native.settings)
    rule = property(lambda self: self._native.settings["rule"])

    @property
    def filters(self):
        """The filters (K, h, w[, C]), scaled to norm 1."""
        return self._native.model.filters

    @property
    def nbytes(self):
        """Bytes that codes, slow parts, norms and ids of all images take."""
        return self._native.bytes

    def __len__(self):
        return len(self._native)

    def __repr__(self):
        H, W = self.shape
        return f"striate.memory.ConvolutionalMemory({len(self)} images of {H} x {W}, {self.rule})"

    def _images(self, who, name, images):
        """A list of arrays (H, W) or (H, W, C); one image is a list of one."""
        colour = self.filters.ndim == 4
        if not isinstance(images, (list, tuple)):
            images = np.asarray(images)
            if images.ndim not in (2 + colour, 3 + colour):
                one = "(H, W, C)" if colour else "(H, W)"
                raise ValueError(
                    f"{who}: {name} has shape {images.shape}; {one}, (n, {one[1:]} or a list of {one} is needed"
                )
            images = [images] if images.ndim == 2 + colour else list(images)
        images = [np.asarray(image) for image in images]
        for i, image in enumerate(images):
            if image.dtype.kind not in "fiub":
                raise ValueError(f"{who}: {name}[{i}] has dtype {image.dtype}; real numbers are needed")
        return [np.ascontiguousarray(image, dtype=dtype_of(self.precision)) for image in images]

    def store(self, images, *, threads=None, max_seconds=None, callback=None):
        """Stores images (n, H, W[, C]) under new ids, which are returned; all of them or none.

        If the call is stopped, by its time limit or by the callback, the first images are stored.
        """
        images = self._images("ConvolutionalMemory.store", "images", images)
        return self._native.store(images, callback, threads, max_seconds)

    def forget(self, ids):
        """Removes images exactly, as if they had never been stored."""
        self._native.forget(np.atleast_1d(np.ascontiguousarray(ids, dtype=np.int64)))

    def image(self, id):
        """The stored image of an id, as the memory knows it."""
        return self._native.image(id)

    @described(_striate.image_recall_fields())
    def recall(self, cues, *, mask=None, threads=None, max_seconds=None, callback=None, **settings):
        """Gives back the stored images that cues are nearest to.

        Parameters
        ----------
        cues : array (H, W[, C]) or (n, H, W[, C]), or a list
        mask : bool array (H, W), or one per cue (n, H, W), optional
            False where a cue is hidden; it may hold anything there, NaN too.
        %(settings)s

        Returns
        -------
        ImageRecall
        """
        who = "ConvolutionalMemory.recall"
        cues = self._images(who, "cues", cues)
        masks = []
        if mask is not None:
            mask = np.asarray(mask)
            if mask.dtype != bool or mask.ndim not in (2, 3):
                raise ValueError(
                    f"{who}: mask has shape {mask.shape} and dtype {mask.dtype}; booleans (H, W) or "
                    "(n, H, W) are needed, True where a cue is seen"
                )
            masks = [mask] * len(cues) if mask.ndim == 2 else list(mask)
            masks = [np.ascontiguousarray(m).view(np.uint8) for m in masks]
        native = self._native.recall(cues, _given(settings), masks, callback, threads, max_seconds)
        shape = (-1, *self.shape) + self.filters.shape[3:]
        dtype = dtype_of(self.precision)
        for name in ("images", "coded"):
            native[name] = np.array(native[name], dtype=dtype).reshape(shape)
        native["shifts"] = np.column_stack([native.pop("rows"), native.pop("columns")])
        native["states"] = _real_units(to_csr(native["states"]))
        return ImageRecall(**native)

    def save(self, path, overwrite=False):
        """Writes the memory as one file (.h5) for `load`."""
        _striate.save(os.fspath(path), self._native.to_archive(), overwrite)

    @classmethod
    def load(cls, path):
        """The memory that `save` wrote; `striate.load` reads it too."""
        return cls._from_archive(_striate.load(os.fspath(path)))

    @classmethod
    def _from_archive(cls, archive, precision=None):
        slow = archive["arrays"].get("slow")
        if slow is None:
            raise ValueError("ConvolutionalMemory: this file holds no memory of images")
        self = cls.__new__(cls)
        self.precision = precision or precision_of(slow)
        self._native = getattr(_striate, f"ConvolutionalMemory_{self.precision}").from_archive(archive)
        about = archive["attributes"]["slow"]
        self.shape = (about["rows"], about["columns"])
        return self

    def __reduce__(self):
        return _from_archive, (self._native.to_archive(), self.precision)


def _from_archive(archive, precision):
    return ConvolutionalMemory._from_archive(archive, precision)


def _real_units(pairs):
    """Codes of pairs (n, 2 u) without their imaginary parts (n, u)."""
    pairs = sparse.coo_array(pairs)
    row, atom = pairs.coords if hasattr(pairs, "coords") else (pairs.row, pairs.col)
    real = (atom % 2 == 0) & (pairs.data != 0)
    shape = (pairs.shape[0], pairs.shape[1] // 2)
    return sparse.csr_array((pairs.data[real], (row[real], atom[real] // 2)), shape=shape)


for _own in (ConvolutionalMemory, ImageRecall):
    _own.__module__ = "striate.memory"
