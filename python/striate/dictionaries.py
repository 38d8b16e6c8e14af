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


@described(_TABLE["log_gabor"][1], own=("kind", "convention"), skip=("height", "width"))
def log_gabor(kind="heterogeneous", convention="paper", shape=(12, 12), **settings):
    """A bank of log-Gabor filters, each in even and odd phase.

    Parameters
    ----------
    kind : 'heterogeneous' or 'homogeneous'
        12 orientations of 6 angular bandwidths, or 72 orientations of one.
    convention : 'paper' or 'released'
        Equation 3 of the paper, filters of norm 1 and sum 0; or its program, which cuts a disc out
        and scales to a peak of 1.
    shape : (int, int), default (12, 12)
        Rows and columns of a filter.
    %(settings)s

    Returns
    -------
    filters : ndarray (K, *shape) of float64
        Phases are the fastest to change, then bandwidths, then orientations.
    table : dict of ndarrays (K,)
        'theta' (orientation of the wave, 0 down the columns), 'bandwidth', 'phase', in radians.

    References
    ----------
    Ladret, Casanova and Perrinet 2023, Kernel Heterogeneity Improves Sparseness of Natural Images
    Representations.

    Examples
    --------
    >>> import striate
    >>> filters, table = striate.dictionaries.log_gabor()
    >>> filters.shape, sorted(table)
    ((144, 12, 12), ['bandwidth', 'phase', 'theta'])
    """
    height, width = shape
    given = {"kind": kind, "convention": convention, "height": height, "width": width}
    filters, table = _striate.log_gabor({**given, **_given(settings)})
    return filters.reshape(-1, height, width), table


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
