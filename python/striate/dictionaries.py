"""Dictionaries to begin with: arrays (K, m) of unit atoms, and models that ship with Striate."""

from . import _striate
from ._arrays import as_rows
from ._coding import _given
from ._signatures import described

_TABLE = _striate.dictionary_fields()


def _constructor(name):
    summary, fields = _TABLE[name]
    tables = [fields]
    if name == "union":  # has the settings of its parts
        tables += [f for part, (_, f) in _TABLE.items() if part not in ("union", "from_data")]

    def make(**settings):
        return _striate.make_atoms(name, _given(settings), None)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"""{summary}

    Parameters
    ----------
    %(settings)s

    Returns
    -------
    ndarray (K, m) of float64
        Atoms of norm 1.
    """
    return described(*tables)(make)


dct, gabor, haar, random, sinusoids, union = (
    _constructor(name) for name in ("dct", "gabor", "haar", "random", "sinusoids", "union")
)


@described(_TABLE["from_data"][1])
def from_data(X, **settings):
    """Signals (n, m) drawn at random, each at most once.

    Parameters
    ----------
    X : array (n, m)
    %(settings)s

    Returns
    -------
    ndarray (K, m) of float64
        Atoms of norm 1.
    """
    return _striate.make_atoms("from_data", _given(settings), as_rows("X", X, "f64"))


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
