"""Files: everything Striate reads and writes, as arrays."""

import os

import numpy as np

from . import _striate


class Content(dict):
    """The arrays of a file by name; `attributes` holds the rest."""

    def __init__(self, archive):
        super().__init__(archive["arrays"])
        self.attributes = archive["attributes"]


def load(path):
    """The arrays of a file (.npy, .npz, .h5, stills) by name.

    Returns
    -------
    Content
        A dict of arrays with `attributes`. A single array has the name "data".

    Raises
    ------
    OSError
        The file is missing or damaged.
    ValueError
        The suffix is not known.
    """
    return Content(_striate.load(os.fspath(path)))


def save(path, content, overwrite=False):
    """Writes an array, or a dict of arrays, in the format of the suffix.

    The file is written beside its place and renamed: it is whole or absent. An existing file is
    kept unless `overwrite`.
    """
    if not isinstance(content, dict):
        content = {"data": content}
    archive = {
        "arrays": {name: np.asarray(array) for name, array in content.items()},
        "attributes": getattr(content, "attributes", {}),
    }
    _striate.save(os.fspath(path), archive, overwrite)


def open(source, pixel_scale="unit", grey=True):  # noqa: A001 (the contract's name)
    """Images from a file, folder, glob, or a list of them, as a list of float32 arrays.

    8- and 16-bit pixels are divided by 255 and 65535 (pixel_scale='raw': not); EXIF rotation is
    applied; grey is .299 R + .587 G + .114 B.
    """
    names = [source] if isinstance(source, (str, os.PathLike)) else source
    return _striate.read_images([os.fspath(name) for name in names], pixel_scale, grey)
