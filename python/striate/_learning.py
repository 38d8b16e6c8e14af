"""Learning dictionaries: models and how they come about."""

import os
from typing import NamedTuple

import numpy as np

from . import _striate
from . import io as _io
from ._arrays import as_rows, dtype_of, precision_of
from ._coding import FIELDS, Dictionary, _given, encode
from ._signatures import described


class Model:
    """A learned dictionary with how signals were prepared for it.

    Attributes
    ----------
    atoms : ndarray (K, m)
    group_size : int
        Atoms per group, consecutive; pairs are complex numbers.
    coder : str
        The method its codes are made with.
    history : dict of ndarray
        Columns of equal length: step, seconds, objective, held_out_objective, ...
    status : str
        How learning ended.
    """

    def __init__(self, native, precision, status="completed"):
        self._native, self.precision, self.status = native, precision, status
        self._dictionary = None

    atoms = property(lambda self: self._native.atoms)
    group_size = property(lambda self: self._native.group_size)
    coder = property(lambda self: self._native.coder)
    history = property(lambda self: self._native.history)
    preprocessing = property(lambda self: self._native.preprocessing)

    @property
    def dictionary(self):
        if self._dictionary is None:
            self._dictionary = Dictionary(self.atoms)
        return self._dictionary

    def encode(self, X, **settings):
        """Codes of signals (n, m), as the model was learned unless settings say otherwise."""
        known = {field["name"] for field in FIELDS[settings.setdefault("method", self.coder)]}
        coding = dict(self._native.coding)
        if "group_size" in known:
            settings.setdefault("group_size", self.group_size)
        if "lam" in known and "lam_relative" not in settings:
            settings.setdefault("lam", coding.get("lambda"))
        stops = {"nonzeros", "residual"}  # one that is given stands alone
        for name in known & set(coding) - (stops if stops & set(settings) else set()):
            settings.setdefault(name, coding[name])
        return encode(np.asarray(X, dtype=dtype_of(self.precision)), self.dictionary, **settings)

    def decode(self, codes):
        """Signals (n, m) that codes (n, K) stand for."""
        return codes @ self.atoms

    def save(self, path, overwrite=False):
        """Writes a model file (.h5) that the command line reads too."""
        _striate.save(os.fspath(path), self._native.to_archive(), overwrite)

    def report(self):
        """How alike the atoms are and how learning went, as a dict.

        `coherence` is the largest cosine between two groups of atoms (`alike_first`, `alike_second`),
        `near_duplicates` the pairs of groups with 0.99 or more; with groups, `coherence_within` is the
        largest |cosine| inside one. The rest sums the history up; what a model without one cannot
        tell is left out.
        """
        return {name: value for name, value in self._native.report().items() if value is not None}

    def __repr__(self):
        atoms = self.atoms
        return f"striate.Model({atoms.shape[0]} atoms of {atoms.shape[1]} values, {self.coder})"

    def __reduce__(self):
        return _model_from_archive, (self._native.to_archive(), self.precision, self.status)


def _model_from_archive(archive, precision, status="completed"):
    native = getattr(_striate, f"Model_{precision}").from_archive(archive)
    return Model(native, precision, status)


def load(path):
    """A model (Model, FilterModel), a memory (AssociativeMemory, ConvolutionalMemory), convolutional codes; else a dict."""
    from ._filter_learning import _model_from_archive as _filters_from_archive
    from .convolutional import ConvolutionalCodes
    from .memory import AssociativeMemory, ConvolutionalMemory

    archive = _striate.load(os.fspath(path))
    arrays = archive["arrays"]
    if "dictionary/atoms" in arrays:
        return _model_from_archive(archive, precision_of(arrays["dictionary/atoms"]))
    if "memory" in archive["attributes"]:
        return AssociativeMemory._from_archive(archive)
    if archive["attributes"].get("", {}).get("kind") == "filter_model":
        return _filters_from_archive(archive)
    if archive["attributes"].get("", {}).get("kind") == "convolutional_codes":
        return ConvolutionalCodes._from_archive(archive)
    if archive["attributes"].get("", {}).get("kind") == "convolutional_memory":
        return ConvolutionalMemory._from_archive(archive)
    return _io.Content(archive)


@described(_striate.learn_fields(), _striate.preprocessing_fields(), skip=("n_components", "initial"))
def learn(
    source,
    n_components,
    *,
    initial=None,
    checkpoint=None,
    resume=False,
    threads=None,
    max_seconds=None,
    callback=None,
    **settings,
):
    """Learns a dictionary from signals or images.

    Parameters
    ----------
    source : array (n, m), path or glob, list of paths, or list of images (H, W)
        Signals as rows, or images whose patches are the signals.
    n_components : int
        Atoms K, never pairs.
    initial : array (K, m) or 'data' or 'random', optional
        Atoms to begin with.
    checkpoint : path, optional
        File that keeps the state of learning.
    resume : bool, default False
        Go on from the checkpoint if there is one; the same bits as an uninterrupted run.
    threads, max_seconds, callback
        As in `encode`.
    %(settings)s

    Returns
    -------
    Model

    Examples
    --------
    >>> import numpy as np, striate
    >>> X = np.random.default_rng(0).standard_normal((400, 8))
    >>> striate.learn(X, 16, lam=0.5, steps=5, batch=50).atoms.shape
    (16, 8)
    """
    settings = _given(settings)
    settings["n_components"] = n_components
    start = None
    if isinstance(initial, str):
        settings["initial"] = initial
    if isinstance(source, (str, os.PathLike)):
        source, precision = os.fspath(source), "f32"
    elif isinstance(source, (list, tuple)) and all(isinstance(s, (str, os.PathLike)) for s in source):
        source, precision = [os.fspath(s) for s in source], "f32"
    elif isinstance(source, (list, tuple)) or getattr(source, "ndim", 2) > 2:
        precision = precision_of(*source)
        source = [np.ascontiguousarray(image, dtype=dtype_of(precision)) for image in source]
    else:
        precision = precision_of(source)
        source = as_rows("source", source, precision)
    if initial is not None and not isinstance(initial, str):
        start = as_rows("initial", initial, precision)
    native, status = getattr(_striate, f"learn_{precision}")(
        source,
        settings,
        start,
        "" if checkpoint is None else os.fspath(checkpoint),
        resume,
        callback,
        threads,
        max_seconds,
    )
    return Model(native, precision, status)


class StepInfo(NamedTuple):
    """What a step of a Learner did: means over its batch, and the atoms that were replaced.

    `complete` is False where the step was stopped while coding; then nothing was changed.
    """

    complete: bool
    objective: float
    nonzeros: float
    replaced: np.ndarray


# The settings that are about a whole source, not about a step.
OF_SOURCES = (
    "n_components",
    "initial",
    "batch",
    "steps",
    "epochs",
    "shuffle",
    "held_out",
    "held_out_period",
    "min_improvement",
    "patience",
)


class Learner:
    """Learns a dictionary batch by batch, where the caller has the signals.

    Steps over the batches of a source in its order end in the same bits as `learn` with
    ``shuffle=False`` does; so do steps that were interrupted by `save` and `restore`.
    """

    @described(_striate.learn_fields(), skip=OF_SOURCES)
    def __init__(self, initial, **settings):
        """
        Parameters
        ----------
        initial : array (K, m)
            Atoms to begin with, never pairs; float64 atoms learn in double precision.
        %(settings)s

        Examples
        --------
        >>> import numpy as np, striate
        >>> X = np.random.default_rng(0).standard_normal((400, 8))
        >>> learner = striate.Learner(X[:16], lam=0.5)
        >>> info = learner.step(X[:200])
        >>> learner.steps, learner.atoms.shape
        (1, (16, 8))
        """
        settings = _given(settings)
        for name in OF_SOURCES:
            if name in settings:
                raise ValueError(f"Learner: {name} is about a whole source; striate.learn has it")
        self.precision = precision_of(initial)
        native = getattr(_striate, f"Learner_{self.precision}")
        self._native = native(as_rows("initial", initial, self.precision), settings)

    atoms = property(lambda self: self._native.atoms)
    group_size = property(lambda self: self._native.group_size)
    steps = property(lambda self: self._native.steps)
    atoms_in_use = property(lambda self: self._native.atoms_in_use)
    settings = property(lambda self: self._native.settings)

    @property
    def dictionary(self):
        """The atoms as they are now, prepared for coding."""
        return Dictionary(self.atoms)

    def step(self, batch, *, threads=None, max_seconds=None, callback=None):
        """Codes signals (n, m) with the atoms, then betters the atoms."""
        rows = as_rows("batch", batch, self.precision)
        complete, objective, nonzeros, replaced = self._native.step(
            rows, callback, threads, max_seconds
        )
        return StepInfo(complete, objective, nonzeros, np.array(replaced, dtype=np.int64))

    def save(self, path, overwrite=False):
        """Writes atoms, statistics and settings to a file (.h5 or .npz) for `restore`."""
        _striate.save(os.fspath(path), self._native.to_archive(), overwrite)

    @classmethod
    def restore(cls, path):
        """The learner that `save` wrote."""
        return cls._from_archive(_striate.load(os.fspath(path)))

    @classmethod
    def _from_archive(cls, archive):
        atoms = archive["arrays"].get("learner/atoms")
        if atoms is None:
            raise ValueError("Learner: the file does not hold a learner, as Learner.save writes it")
        self = cls.__new__(cls)
        self.precision = precision_of(atoms)
        self._native = getattr(_striate, f"Learner_{self.precision}").from_archive(archive)
        return self

    def __repr__(self):
        atoms = self.atoms
        return f"striate.Learner({atoms.shape[0]} atoms of {atoms.shape[1]} values, {self.steps} steps)"

    def __reduce__(self):
        return _learner_from_archive, (self._native.to_archive(),)


def _learner_from_archive(archive):
    return Learner._from_archive(archive)
