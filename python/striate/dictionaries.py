"""Dictionaries to begin with."""

from . import _striate


def pretrained(name="dead-leaves", dtype="float32"):
    """A model that ships with Striate.

    Parameters
    ----------
    name : str, default 'dead-leaves'
        'dead-leaves': 128 pairs of 12 x 12 pixels, learned from generated images.
    dtype : float32 or float64

    Returns
    -------
    Model

    Examples
    --------
    >>> import striate
    >>> striate.dictionaries.pretrained().atoms.shape
    (256, 144)
    """
    import numpy as np

    from ._learning import Model

    precision = "f32" if np.dtype(dtype) == np.float32 else "f64"
    return Model(getattr(_striate, f"pretrained_{precision}")(name), precision)
