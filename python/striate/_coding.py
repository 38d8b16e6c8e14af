"""Sparse codes of signals."""

import warnings
from dataclasses import dataclass

import numpy as np

from . import _striate
from ._arrays import as_rows, from_csr, precision_of, to_csr
from ._signatures import described


class ConvergenceWarning(UserWarning):
    """Some signals were not coded to the tolerance."""


@dataclass
class EncodeInfo:
    """What is known of the codes, signal by signal.

    Attributes
    ----------
    status : list of str
        "converged", "iteration_limit", "time_limit", "stopped", "exhausted", "stalled", "invalid".
    iterations, nonzeros : ndarray of int
    objective : ndarray of float64
        At the returned code, from the original signal.
    relative_gap : ndarray of float64
        Duality gap / objective: an upper bound of the relative distance to the optimum.
    seconds : float
    converged : bool
    lambdas, residuals : list of ndarray, or None
        With path=True, signal by signal: lambda at every step of lars; the squared error at every step
        of the pursuits.
    """

    status: list
    iterations: np.ndarray
    nonzeros: np.ndarray
    objective: np.ndarray
    relative_gap: np.ndarray
    seconds: float
    converged: bool
    lambdas: list = None
    residuals: list = None

    def __repr__(self):
        counts = {s: self.status.count(s) for s in dict.fromkeys(self.status)}
        parts = [f"{len(self.status)} signals", *(f"{n} {s}" for s, n in counts.items())]
        if len(self.status):
            parts.append(f"{self.nonzeros.mean():.4g} nonzeros a signal")
        if np.isfinite(self.relative_gap).any():
            parts.append(f"worst gap {np.nanmax(self.relative_gap):.2g}")
        return f"striate.EncodeInfo({', '.join(parts)}, {self.seconds:.3g} s)"


class Dictionary:
    """A prepared dictionary: make it once, code with it often.

    Parameters
    ----------
    atoms : array (K, m)
        Atoms as rows, of any norm; float32 stays float32.

    Examples
    --------
    >>> import numpy as np, striate
    >>> D = striate.Dictionary(np.eye(4))
    >>> D.shape
    (4, 4)
    """

    def __init__(self, atoms):
        self.precision = precision_of(atoms)
        rows = as_rows("dictionary", atoms, self.precision)
        self._native = getattr(_striate, f"Dictionary_{self.precision}")(rows)

    @property
    def atoms(self):
        return self._native.atoms()

    @property
    def shape(self):
        return self._native.shape

    def __repr__(self):
        return f"striate.Dictionary({self.shape[0]} atoms of {self.shape[1]} values, {self.precision})"

    def __reduce__(self):
        return Dictionary, (self.atoms,)


FIELDS = _striate.solver_fields()


@described(*FIELDS.values())
def encode(
    X,
    dictionary,
    *,
    method="lasso",
    data_weights=None,
    mask=None,
    initial=None,
    path=False,
    threads=None,
    max_seconds=None,
    dense=False,
    return_info=False,
    callback=None,
    **settings,
):
    """Sparse codes of signals in a dictionary.

    Parameters
    ----------
    X : array (n, m)
        Signals as rows. float32 with a float32 dictionary stays float32.
    dictionary : array (K, m) or Dictionary
        Atoms as rows.
    method : str, default 'lasso'
        One of %(methods)s.
    data_weights : array (m,) or (n, m), optional
        Weights at least 0 of the squared errors, 1/2 sum_i w_i (x_i - (Z D)_i)^2, for all signals or
        for each. Where a weight is 0 the value does not matter; it may be NaN.
    mask : array of bool (m,) or (n, m), optional
        True where a value is observed: data_weights of 1 there, of 0 elsewhere.
    initial : sparse or dense array (n, K), optional
        Codes to start from.
    path : bool, default False
        Return all codes on the way, in one run: one per number of atoms (omp, ols, mp), one per
        breakpoint of lambda (lars).
    threads : int, optional
        Threads to use; all that this process may use by default. Results do not depend on it.
    max_seconds : float, optional
        Time limit; the best codes so far are returned.
    dense : bool, default False
        Return a dense array.
    return_info : bool, default False
        Return EncodeInfo too; then signals that did not converge cause no warning.
    callback : callable, optional
        Called with a dict of progress at most every 50 ms; returning False stops the coding.
    %(settings)s

    Returns
    -------
    codes : scipy.sparse.csr_array (n, K), or ndarray with dense=True; with path=True a list of them, one
        per signal, whose rows are the steps
    info : EncodeInfo, with return_info=True

    Raises
    ------
    ValueError
        Shapes or settings that do not fit, led by the name of the method.

    Examples
    --------
    >>> import numpy as np, striate
    >>> codes = striate.encode(np.array([[1.0, 0.2]]), np.eye(2), lam=0.5)
    >>> codes.toarray()
    array([[0.5, 0. ]])
    """
    precision = dictionary.precision if isinstance(dictionary, Dictionary) else None
    precision = precision or precision_of(X, dictionary)
    if not isinstance(dictionary, Dictionary):
        dictionary = Dictionary(as_rows("dictionary", dictionary, precision))
    signals = as_rows("X", X, precision)
    weights = _weights(data_weights, mask, precision)
    control = callback, threads, max_seconds
    if path:
        if initial is not None:
            raise ValueError("encode: path and initial are both given; a path begins at the zero code")
        run = getattr(_striate, f"encode_path_{precision}")
        steps, info = run(method, dictionary._native, signals, _given(settings), weights, *control)
        codes = [to_csr(parts) for parts in steps]
    else:
        run = getattr(_striate, f"encode_{precision}")
        parts = None if initial is None else from_csr("initial", initial, precision)
        csr, info = run(method, dictionary._native, signals, _given(settings), parts, weights, *control)
        codes = to_csr(csr)
    info = EncodeInfo(**info)
    # `exhausted` is an answer too: there was nothing left to select.
    short = [s for s in info.status if s not in ("converged", "exhausted")]
    if short and not return_info:
        gaps = info.relative_gap[~np.isnan(info.relative_gap)]
        worst = f"; the worst relative gap is {gaps.max():.2g}" if len(gaps) else ""
        warnings.warn(
            f"{method}: {len(short)} of {len(info.status)} signals are not converged "
            f"({', '.join(sorted(set(short)))}){worst}",
            ConvergenceWarning,
            stacklevel=2,
        )
    if dense:
        codes = [steps.toarray() for steps in codes] if path else codes.toarray()
    return (codes, info) if return_info else codes


encode.__doc__ = encode.__doc__.replace("%(methods)s", ", ".join(map(repr, FIELDS)))


def weights_or_mask(data_weights, mask):
    """What the weights are called, and the weights; None: none are given."""
    if mask is not None and data_weights is not None:
        raise ValueError("encode: data_weights and mask are both given; a mask is data_weights of 0 and 1")
    return ("data_weights", data_weights) if mask is None else ("mask", mask)


def check_mask(name, given):
    if name == "mask" and given.dtype != bool and not ((given == 0) | (given == 1)).all():
        raise ValueError(
            "encode: mask holds more than true and false (1 and 0, true: observed); "
            "data_weights takes other weights"
        )


def _weights(data_weights, mask, precision):
    """Weights as rows, one for all signals or one per signal; None: no weights."""
    name, given = weights_or_mask(data_weights, mask)
    if given is None:
        return None
    given = np.asarray(given)
    check_mask(name, given)
    return as_rows(name, given[np.newaxis] if given.ndim == 1 else given, precision)


def _given(settings):
    """Settings that were given: None stands for 'not given'."""
    return {name: value for name, value in settings.items() if value is not None}
