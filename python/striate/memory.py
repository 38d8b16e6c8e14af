"""Associative memories of sparse complex codes."""

import os
from dataclasses import dataclass, field

import numpy as np

from . import _striate
from ._arrays import complex_to_pairs, dtype_of, from_csr, pairs_to_complex, precision_of, to_csr
from ._coding import Dictionary, _given
from ._signatures import described, fields_doc


@dataclass
class RecallResult:
    """What was recalled, one entry per cue.

    Attributes
    ----------
    states : complex scipy.sparse.csr_array (n, n_units)
    ids : ndarray of int64
        The stored pattern each state is nearest to; -1: none.
    margins : ndarray
        Best minus second best normalised overlap.
    kinds : list of str
        "pattern", "mixture", "diffuse", "silent", "invalid".
    steps : ndarray of int
    covered_by : str
        The theorem that says the energy never rises: "T1", "T2", "T3-partial", "async", "none".
    energies : list of lists
        With trace=True one value per step, else the settled state's.
    overlaps : list of arrays (steps + 1, patterns), with trace=True
    familiarity, familiarity_margins : ndarray
        Best normalised overlap of the cue itself with a stored pattern, before any dynamics, and
        its distance to the second best. A state always resembles something stored; whether the
        cue does is for a limit on these to say, which the user picks.
    baselines : list of int
        Steps from which on energies compare with one another but not with those before: 0, and
        where a schedule changes theta or k.
    """

    states: object
    ids: np.ndarray
    margins: np.ndarray
    kinds: list
    steps: np.ndarray
    covered_by: str
    energies: list
    overlaps: list
    endings: list
    cosines: np.ndarray
    familiarity: np.ndarray
    familiarity_margins: np.ndarray
    baselines: list
    _native: object = field(repr=False, default=None)


class AssociativeMemory:
    """Stores sparse complex codes and gives them back from damaged cues.

    Codes are complex arrays (n, n_units), or real codes of pairs (n, 2 n_units) as
    `encode(..., method="group_lasso")` returns them: unit p is z[2p] + i z[2p + 1].

    Parameters
    ----------
    n_units : int
        Complex units.
    rule : str, default 'tpam'
        A name of `striate.memory.rules()`.
    %(settings)s
    dtype : float32 or float64, default float32

    Examples
    --------
    >>> import numpy as np, striate
    >>> rng = np.random.default_rng(0)
    >>> codes = rng.standard_normal((3, 512)) * (rng.random((3, 512)) < 0.1)
    >>> memory = striate.memory.AssociativeMemory(256)
    >>> ids = memory.store(codes)
    >>> memory.recall(codes).ids.tolist()
    [0, 1, 2]
    """

    @described(_striate.memory_fields(), skip=("n_units", "rule"))
    def __init__(self, n_units, rule="tpam", *, dtype=None, **settings):
        self.precision = "f32" if np.dtype(dtype or np.float32) == np.float32 else "f64"
        make = getattr(_striate, f"AssociativeMemory_{self.precision}")
        self._native = make({"units": n_units, "rule": rule, **_given(settings)})

    n_units = property(lambda self: self._native.settings["units"])
    rule = property(lambda self: self._native.settings["rule"])
    settings = property(lambda self: self._native.settings)
    k = property(lambda self: self._native.k)
    ids = property(lambda self: self._native.ids)
    covered_by = property(lambda self: self._native.covered_by)

    @property
    def layout(self):
        """How codes are laid out now: "dense", "implicit" or "inverted"."""
        return self._native.layout

    @property
    def nbytes(self):
        """Bytes that codes, lists and weight matrix take."""
        return self._native.nbytes

    def __len__(self):
        return len(self._native)

    def __repr__(self):
        return f"striate.memory.AssociativeMemory({len(self)} patterns, {self.n_units} units, {self.rule})"

    def _parts(self, name, codes):
        kind = getattr(codes, "dtype", np.asarray(codes).dtype).kind
        if kind == "c":
            codes = complex_to_pairs(codes)
        return from_csr(name, codes, self.precision)

    def _extras(self, weights, targets):
        if weights is not None:
            weights = np.ascontiguousarray(weights, dtype=np.float64)
        if targets is not None:
            if np.iscomplexobj(targets):
                parts = np.stack([np.real(targets), np.imag(targets)], axis=-1)
                targets = parts.reshape(len(parts), -1)
            targets = np.ascontiguousarray(targets, dtype=dtype_of(self.precision))
        return weights, targets

    @property
    def codes(self):
        """Stored codes of unit norm, complex csr_array in the order of `ids`."""
        return pairs_to_complex(to_csr(self._native.codes))

    def store(self, codes, ids=None, weights=None, targets=None):
        """Stores codes under new ids, or under `ids`; returns the ids.

        A weight counts a pattern as so many copies. `targets` (n, m) are what a memory of rule
        'hetero' gives back from `associate`; complex ones are kept as pairs of real numbers.
        """
        ids = None if ids is None else np.ascontiguousarray(ids, dtype=np.int64)
        return self._native.store(self._parts("codes", codes), ids, *self._extras(weights, targets))

    def forget(self, ids):
        """Removes patterns exactly, as if they had never been stored."""
        self._native.forget(np.atleast_1d(np.ascontiguousarray(ids, dtype=np.int64)))

    def replace(self, codes, ids, weights=None, targets=None):
        """New codes under ids in use; targets stay unless given."""
        ids = np.atleast_1d(np.ascontiguousarray(ids, dtype=np.int64))
        self._native.replace(self._parts("codes", codes), ids, *self._extras(weights, targets))

    def decay(self, factor):
        """Multiplies the weights of all stored patterns."""
        self._native.decay(factor)

    def compact(self):
        """Gives back the room of forgotten patterns, which happens by itself once they are the half."""
        self._native.compact()

    @described(_striate.recall_fields())
    def recall(self, cues, *, mask=None, threads=None, **settings):
        """Settles cues and names the stored patterns they end at.

        Parameters
        ----------
        cues : codes, as in `store`
        mask : bool array (n_units,) or (n, n_units), optional
            False where the cue is unknown.
        %(settings)s

        Returns
        -------
        RecallResult
        """
        if mask is not None:
            mask = np.ascontiguousarray(mask, dtype=np.uint8).ravel()
        native = self._native.recall(self._parts("cues", cues), _given(settings), mask, threads)
        return RecallResult(
            states=pairs_to_complex(to_csr(native.states)),
            ids=native.ids,
            margins=native.margins,
            kinds=native.kinds,
            steps=native.steps,
            covered_by=native.covered_by,
            energies=native.energies,
            overlaps=native.overlaps,
            endings=native.endings,
            cosines=native.cosines,
            familiarity=native.familiarity,
            familiarity_margins=native.familiarity_margins,
            baselines=native.baselines,
            _native=native,
        )

    def decode(self, recalled, model, noisy=None, gain="ls_real"):
        """Signals (n, m) of recalled states.

        Parameters
        ----------
        recalled : RecallResult
        model : Model, Dictionary or array (2 n_units, m)
        noisy : array (n, m)
            The noisy signals, needed by the gains 'ls_real' and 'ls_complex'.
        gain : {'ls_real', 'ls_complex', 'cue_norm', 'stored_norm', 'none'}
        """
        atoms = getattr(model, "atoms", model)
        dtype = dtype_of(self.precision)
        noisy = None if noisy is None else np.ascontiguousarray(noisy, dtype=dtype)
        return self._native.decode(
            recalled._native, np.ascontiguousarray(atoms, dtype=dtype), noisy, gain
        )

    @property
    def targets(self):
        """Targets (P, m) stored with the patterns, in the order of `ids`; complex ones as pairs (P, 2 m)."""
        return self._native.targets

    def associate(self, states, *, as_complex=False):
        """Targets (n, m) that states call up: those stored, weighed by the rule's overlaps.

        Real targets do not turn with the global phase of a state. With `as_complex` the targets are
        complex, and outputs turn as states do.
        """
        states = self._parts("states", states)
        return self._native.associate_complex(states) if as_complex else self._native.associate(states)

    def energy(self, states):
        """Energy of states, as they are given."""
        return self._native.energy(self._parts("states", states))

    def overlaps(self, states):
        """Complex overlaps (n, P) of states with the stored patterns."""
        return self._native.overlaps(self._parts("states", states))

    def field(self, states):
        """Field u = Z g(Z^H z), complex (n, n_units), that the stored patterns exert on states."""
        return self._native.field(self._parts("states", states))

    def identify(self, states):
        """(ids, cosines, margins) of the stored patterns that states are most like."""
        return self._native.identify(self._parts("states", states))

    def nearest(self, cues, *, mask=None):
        """(ids, cosines, margins) of the stored codes nearest to cues: no dynamics.

        `mask` as in `recall`: unknown units leave the overlaps and both norms.
        """
        if mask is not None:
            mask = np.ascontiguousarray(mask, dtype=np.uint8).ravel()
        return self._native.nearest(self._parts("cues", cues), mask)

    @described(_striate.capacity_report_fields())
    def capacity_report(self, *, threads=None, **settings):
        """How crowded the memory is, and how well it answers damaged copies of what it holds.

        Parameters
        ----------
        %(settings)s

        Returns
        -------
        dict
            Overlaps of the stored codes (rms_overlap, worst_overlap, mean_worst_overlap), their Gram
            matrix (leading_eigenvalue, effective_rank), k and k_energy, use of the units, signal
            over cross-talk (snr_first_order, snr), safe_load, and the accuracy of recall.
        """
        report = getattr(_striate, f"capacity_report_{self.precision}")(
            self._native, _given(settings), threads
        )
        report["unit_usage"] = np.asarray(report["unit_usage"])
        return report

    def save(self, path, overwrite=False):
        """Writes the memory as one file (.h5)."""
        self._native.save(os.fspath(path), overwrite)

    @classmethod
    def load(cls, path):
        """Opens a file that `save` wrote, or the folder of `striate memory create`.

        Rule, settings and size are there at once; the patterns are read, and their check sums
        compared, when they are first needed.
        """
        self = cls.__new__(cls)
        self.precision = _striate.memory_precision(os.fspath(path))
        self._native = getattr(_striate, f"AssociativeMemory_{self.precision}").open(os.fspath(path))
        return self

    @staticmethod
    def verify(path):
        """Compares all check sums of a saved memory; returns its bytes. OSError: damaged."""
        return _striate.verify_memory(os.fspath(path))

    @classmethod
    def _from_archive(cls, archive, precision=None):
        if "codes/data" not in archive["arrays"] or "memory" not in archive["attributes"]:
            raise ValueError("AssociativeMemory: this file holds no memory")
        self = cls.__new__(cls)
        self.precision = precision or precision_of(archive["arrays"]["codes/data"])
        self._native = getattr(_striate, f"AssociativeMemory_{self.precision}").from_archive(archive)
        return self

    def __reduce__(self):
        return _from_archive, (self._native.to_archive(), self.precision)


def _from_archive(archive, precision):
    return AssociativeMemory._from_archive(archive, precision)


def _tried(name, n_units, rules, codes, dtype, threads, callback, settings):
    precision = "f64" if np.dtype(dtype or np.float32) == np.float64 else "f32"
    if codes is not None:
        if getattr(codes, "dtype", np.asarray(codes).dtype).kind == "c":
            codes = complex_to_pairs(codes)
        codes = from_csr("codes", codes, precision)
        n_units = codes[3] // 2 if n_units is None else n_units
    trials = {field["name"] for field in _striate.capacity_trials_fields()}
    settings = _given(settings)
    rows = getattr(_striate, f"{name}_{precision}")(
        [rules] if isinstance(rules, str) else list(rules),
        {"units": 400 if n_units is None else n_units}
        | {key: value for key, value in settings.items() if key not in trials},
        {key: value for key, value in settings.items() if key in trials},
        codes,
        callback,
        threads,
    )
    return {key: np.asarray([row[key] for row in rows]) for key in (rows[0] if rows else {})}


_TRIED = {
    "skip": ("n_units", "rule"),
    "own": ("rules", "codes", "dtype", "threads", "callback"),
}


@described(_striate.capacity_trials_fields(), _striate.memory_fields(), **_TRIED)
def capacity_curves(n_units=None, rules="tpam", *, codes=None, dtype=None, threads=None, callback=None, **settings):
    """How well rules answer at rising loads, with 95 % intervals.

    Parameters
    ----------
    n_units : int, optional
        Complex units; not given: those of `codes`, else 400.
    rules : str or list of str, default 'tpam'
    codes : codes as in `AssociativeMemory.store`, optional
        What patterns are drawn from; not given: random phasors.
    %(settings)s

    Returns
    -------
    dict of arrays, one entry per rule and load
        rule, patterns, cues, similar, similar_low, similar_high, identified, ..., nearest

    Examples
    --------
    >>> import striate
    >>> curve = striate.memory.capacity_curves(100, active=8, patterns=[10, 400], draws=2)
    >>> bool(curve["similar"][0] > curve["similar"][1])
    True
    """
    return _tried("capacity_curves", n_units, rules, codes, dtype, threads, callback, settings)


@described(_striate.capacity_trials_fields(), _striate.memory_fields(), **_TRIED)
def capacity_search(n_units=None, rules="tpam", *, codes=None, dtype=None, threads=None, callback=None, **settings):
    """Up to which load rules give a share `success` of right answers.

    Parameters
    ----------
    n_units, rules, codes
        As in `capacity_curves`.
    %(settings)s

    Returns
    -------
    dict of arrays, one entry per rule
        rule, patterns, share, low, high (its 95 % interval), fails_at (0: it never failed), finished
    """
    return _tried("capacity_search", n_units, rules, codes, dtype, threads, callback, settings)


def rules():
    """The names of the memory rules."""
    return _striate.memory_rules()


AssociativeMemory.__doc__ = AssociativeMemory.__doc__.replace(
    "%(settings)s",
    fields_doc(_striate.memory_fields(), skip=("n_units", "rule")).replace("\n", "\n    "),
)

from ._convolutional_memory import ConvolutionalMemory, ImageRecall  # noqa: E402, F401
