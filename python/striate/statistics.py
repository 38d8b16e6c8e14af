"""What banks of filters have in common, with each other and with log-Gabor filters."""

import numpy as np

from . import _striate
from ._arrays import dtype_of, precision_of


def _as_bank(who, name, filters):
    filters = np.asarray(filters)
    if filters.dtype.kind not in "fiub":
        raise ValueError(f"{who}: {name} has dtype {filters.dtype}; real numbers are needed")
    if filters.ndim not in (3, 4):
        raise ValueError(f"{who}: {name} has shape {filters.shape}; (K, h, w) or (K, h, w, C) is needed")
    return filters.reshape(*filters.shape[:3], -1 if filters.size else 1)


def fit_log_gabor(
    filters,
    convention="paper",
    *,
    min_bandwidth=1.0,
    max_bandwidth=60.0,
    frequency=None,
    frequency_spread=None,
    threads=None,
):
    """The log-Gabor filters nearest to given ones, learned filters perhaps.

    Every filter is compared, means taken off, with mixtures of the even and the odd log-Gabor filter of
    one orientation, bandwidth and frequency.

    Parameters
    ----------
    filters : array (K, h, w)
        Of at least 4 x 4 taps; the wave should be near tap (h // 2, w // 2).
    convention : 'paper' or 'released'
        Those that `striate.dictionaries.log_gabor` makes.
    min_bandwidth, max_bandwidth : float, default 1 and 60
        Range of the angular bandwidth, degrees.
    frequency : float, optional
        Frequency to hold fixed, cycles per pixel; not given: fitted, from half a cycle per longer side to 0.5.
    frequency_spread : float, optional
        Standard deviation of the frequency's natural logarithm, held fixed; default ln 2 ('paper') or
        0.4 ('released').
    threads : int, optional

    Returns
    -------
    dict of ndarrays (K,)
        'theta' (orientation of the wave, [0, pi), 0 down the columns), 'bandwidth' and 'phase' (0 even,
        +-pi/2 odd), in radians; 'frequency' in cycles per pixel; 'amplitude', times a filter as the
        convention scales it; 'correlation', 0 to 1; 'bandwidth_at_bound', 'frequency_at_bound' (bool);
        and 'fitted', (K, h, w), those filters. All zero where the taps of a filter are all equal.

    References
    ----------
    Ladret, Casanova and Perrinet 2023, Kernel Heterogeneity Improves Sparseness of Natural Images
    Representations.

    Examples
    --------
    >>> import numpy as np, striate
    >>> filters, table = striate.dictionaries.log_gabor("homogeneous", orientations=4)
    >>> fit = striate.statistics.fit_log_gabor(-2 * filters)
    >>> np.allclose(fit["theta"], table["theta"], atol=1e-3), np.allclose(fit["amplitude"], 2)
    (True, True)
    """
    bank = _as_bank("fit_log_gabor", "filters", filters)
    if bank.shape[3] != 1:
        raise ValueError(f"fit_log_gabor: filters has {bank.shape[3]} channels; filters of one are needed")
    settings = {
        "convention": convention,
        "min_bandwidth": min_bandwidth,
        "max_bandwidth": max_bandwidth,
        "frequency": frequency,
        "frequency_spread": frequency_spread,
    }
    table = _striate.fit_log_gabor(np.ascontiguousarray(bank, dtype=np.float64), settings, threads)
    for name in ("bandwidth_at_bound", "frequency_at_bound"):
        table[name] = table[name].astype(bool)
    table["fitted"] = table["fitted"].reshape(bank.shape[:3])
    return table


def match_banks(a, b, *, max_shift=None, threads=None):
    """Pairs the filters of two banks one to one, by the largest sum of similarities.

    The similarity of two filters is the largest |cosine| between the one and a shifted other; outside
    its frame a filter is 0, so that nothing is cut off. Norm and sign do not matter.

    Parameters
    ----------
    a, b : array (K, h, w) or (K, h, w, C)
        The number of filters and their sizes may differ, channels may not.
    max_shift : int, optional
        Largest shift in pixels along rows and columns, 0 for atoms of patches; not given: as long as
        filters overlap.
    threads : int, optional

    Returns
    -------
    dict
        ndarrays of as many entries as the smaller bank has filters, by rising 'a': 'a', 'b' (numbers of
        the filters), 'similarity' (0 to 1), 'shift_row', 'shift_column', 'sign': a[p] is nearest to
        sign * b[p - shift] times a number above 0. And 'mean_distance', the mean of 1 - similarity.

    References
    ----------
    Jonker and Volgenant 1987, Computing 38:325 (the assignment).

    Examples
    --------
    >>> import numpy as np, striate
    >>> bank = np.random.default_rng(0).standard_normal((5, 6, 6))
    >>> other = np.zeros((5, 8, 8))
    >>> other[:, 2:, 1:7] = -3 * bank[::-1]
    >>> match = striate.statistics.match_banks(bank, other)
    >>> match["b"].tolist(), match["shift_row"].tolist(), match["sign"].tolist()
    ([4, 3, 2, 1, 0], [-2, -2, -2, -2, -2], [-1, -1, -1, -1, -1])
    """
    a, b = _as_bank("match_banks", "a", a), _as_bank("match_banks", "b", b)
    precision = precision_of(a, b)
    call = getattr(_striate, f"match_banks_{precision}")
    banks = (np.ascontiguousarray(x, dtype=dtype_of(precision)) for x in (a, b))
    return call(*banks, {"max_shift": max_shift}, threads)
