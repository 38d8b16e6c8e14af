"""The iteration of SPORCO's ConvBPDN and its options: `striate.convolutional` shows them."""

from dataclasses import asdict, dataclass, field

import numpy as np

from . import _striate
from ._coding import _given
from ._signatures import fields_doc
from .convolutional import ConvolutionalInfo, _Planes

_REFERENCE = _striate.reference_fields()


def _options(name):
    """The field of a dataclass whose default the description of the settings gives."""
    table = {row["name"]: row["default"] for row in _REFERENCE}
    return field(default=table[name])


_AUTO_RHO = ("auto_rho", "period", "auto_scaling", "scaling", "ratio", "target")


@dataclass
class AutoRho:
    """How rho follows the residuals.

    Parameters
    ----------
    %(settings)s
    """

    enabled: bool = _options("auto_rho")
    period: int = _options("period")
    auto_scaling: bool = _options("auto_scaling")
    scaling: float = _options("scaling")
    ratio: float = _options("ratio")
    target: float = _options("target")


# What SPORCO calls the options that have a counterpart; and those that change no number, whatever
# they are, or only if they are not what is named here.
_SPORCO = {
    "MaxMainIter": "max_iterations",
    "RelStopTol": "rel_stop",
    "AbsStopTol": "abs_stop",
    "rho": "rho",
    "RelaxParam": "relaxation",
    "NonNegCoef": "non_negative",
    "NoBndryCross": "no_boundary_crossing",
    "ReturnX": "return_x",
}
_SPORCO_AUTO_RHO = {
    "Enabled": "enabled",
    "Period": "period",
    "AutoScaling": "auto_scaling",
    "Scaling": "scaling",
    "RsdlRatio": "ratio",
    "RsdlTarget": "target",
}
_SPORCO_SILENT = ("Verbose", "StatusHeader", "IterTimer", "HighMemSolve", "LinSolveCheck")
_SPORCO_FIXED = {
    "FastSolve": False,
    "AuxVarObj": False,
    "DataType": None,
    "Callback": None,
    "Y0": None,
    "U0": None,
}


@dataclass
class ReferenceOptions:
    """The options of `encode_reference`.

    Parameters
    ----------
    %(settings)s
    auto_rho : AutoRho
    penalty_weights : float or array (K,), optional
        Factors of lambda, one for all filters or one per filter.

    Examples
    --------
    >>> from striate.convolutional import AutoRho, ReferenceOptions
    >>> ReferenceOptions(max_iterations=100, rel_stop=1e-4, auto_rho=AutoRho(ratio=1.05)).relaxation
    1.8
    """

    max_iterations: int = _options("max_iterations")
    rel_stop: float = _options("rel_stop")
    abs_stop: float = _options("abs_stop")
    rho: float = _options("rho")
    relaxation: float = _options("relaxation")
    auto_rho: AutoRho = field(default_factory=AutoRho)
    standard_residuals: bool = _options("standard_residuals")
    non_negative: bool = _options("non_negative")
    no_boundary_crossing: bool = _options("no_boundary_crossing")
    return_x: bool = _options("return_x")
    penalty_weights: object = None

    @classmethod
    def from_sporco(cls, options):
        """The options of a dictionary as SPORCO's ConvBPDN.Options takes it.

        Parameters
        ----------
        options : dict
            %(sporco)s; AutoRho with %(auto_rho)s and StdResiduals; L1Weight, one number or one per
            filter along the last axis. What is not given has SPORCO's default. %(silent)s are read
            and change nothing.

        Returns
        -------
        ReferenceOptions

        Raises
        ------
        ValueError
            A key that is unknown, or whose value has no counterpart here, by its name.

        Examples
        --------
        >>> from striate.convolutional import ReferenceOptions
        >>> options = ReferenceOptions.from_sporco({"MaxMainIter": 50, "AutoRho": {"Enabled": False}})
        >>> options.max_iterations, options.auto_rho.enabled
        (50, False)
        """
        own, rho = {}, {}
        for key, value in options.items():
            if key in _SPORCO:
                own[_SPORCO[key]] = value
            elif key == "AutoRho":
                for part, setting in value.items():
                    if part in _SPORCO_AUTO_RHO:
                        rho[_SPORCO_AUTO_RHO[part]] = setting
                    elif part == "StdResiduals":
                        own["standard_residuals"] = setting
                    else:
                        raise ValueError(f"from_sporco: AutoRho has the key {part!r}, which is not known")
            elif key == "L1Weight":
                own["penalty_weights"] = _weight_from_sporco(value)
            elif key in _SPORCO_FIXED:
                fixed = _SPORCO_FIXED[key]
                if value is not fixed and not (fixed is False and not value):
                    raise ValueError(f"from_sporco: {key} is given; only {fixed} is supported")
            elif key not in _SPORCO_SILENT:
                raise ValueError(f"from_sporco: the key {key!r} is not known")
        return cls(**own, auto_rho=AutoRho(**rho))

    def _settings(self, filters):
        if not isinstance(self.auto_rho, AutoRho):
            raise ValueError(
                f"encode_reference: auto_rho is of type {type(self.auto_rho).__name__}; AutoRho is needed"
            )
        settings = {**asdict(self), **asdict(self.auto_rho)}
        settings["auto_rho"] = settings.pop("enabled")
        if self.penalty_weights is not None:
            weights = np.asarray(self.penalty_weights, dtype=np.float64)
            settings["penalty_weights"] = np.full(filters, weights) if weights.ndim == 0 else weights
        return settings


def _weight_from_sporco(weight):
    weight = np.asarray(weight)
    if weight.size == 1:
        return float(weight.reshape(()))
    if weight.shape[-1:] != (weight.size,):
        raise ValueError(
            f"from_sporco: L1Weight has shape {weight.shape}; "
            "one number, or one per filter along the last axis, is supported"
        )
    return weight.ravel().tolist()


AutoRho.__doc__ = AutoRho.__doc__.replace(
    "%(settings)s",
    fields_doc([row for row in _REFERENCE if row["name"] in _AUTO_RHO])
    .replace("auto_rho :", "enabled :")
    .replace("\n", "\n    "),
)
ReferenceOptions.__doc__ = ReferenceOptions.__doc__.replace(
    "%(settings)s",
    fields_doc(_REFERENCE, skip=(*_AUTO_RHO, "lam", "penalty_weights")).replace("\n", "\n    "),
)
ReferenceOptions.from_sporco.__func__.__doc__ = (
    ReferenceOptions.from_sporco.__doc__.replace("%(sporco)s", ", ".join(_SPORCO))
    .replace("%(auto_rho)s", ", ".join(_SPORCO_AUTO_RHO))
    .replace("%(silent)s", ", ".join(_SPORCO_SILENT))
)


def encode_reference(
    images,
    filters,
    lam=None,
    options=None,
    *,
    channels="shared",
    threads=None,
    max_seconds=None,
    callback=None,
):
    """Convolutional sparse codes by the iteration of SPORCO's ConvBPDN, number by number.

    For results of others to be met; `encode` solves the same problem faster and certifies its answer.

    Parameters
    ----------
    images : as in `encode`, but all of one size
        They are iterated together, with one rho, stop rule and trace.
    filters : array (K, h, w) or (K, h, w, C)
    lam : float, optional
        Weight of the l1 norm, at least 0, in units of the image times those of the filters; by default
        a tenth of the largest magnitude over filters and frequencies of conj(D) S, their spectra.
    options : ReferenceOptions, optional
    channels, threads, max_seconds, callback
        As in `encode`.

    Returns
    -------
    codes : ConvolutionalCodes
        Of the sparse variable y; with return_x=True of x, hardly any entry of which is zero.
    info : ConvolutionalInfo
        Of all images together, always with its trace. Its objective is that of the codes, the trace's
        objective_x that of x, which SPORCO prints. There is no gap; `converged` says that the residuals
        are below the stop rule, and nothing warns if they are not.

    Raises
    ------
    ValueError
        Shapes, values or options that do not fit, by their names.

    References
    ----------
    Wohlberg 2016, Efficient algorithms for convolutional sparse representations, IEEE Trans. Image
    Processing 25:301. Wohlberg 2017, SPORCO: a Python package for standard and convolutional sparse
    representations, Proc. Python in Science Conference.

    Examples
    --------
    >>> import numpy as np, striate
    >>> from striate.convolutional import ReferenceOptions, encode_reference
    >>> image = striate.images.dead_leaves(1, (32, 32))[0]
    >>> filters = striate.dictionaries.dct(patch=4).reshape(-1, 4, 4)
    >>> codes, info = encode_reference(image, filters, 0.1, ReferenceOptions(max_iterations=20))
    >>> len(info.trace["rho"]), float(info.trace["rho"][0])
    (20, 6.0)
    """
    if options is None:
        options = ReferenceOptions()
    if not isinstance(options, ReferenceOptions):
        raise ValueError(
            f"encode_reference: options is of type {type(options).__name__}; ReferenceOptions are needed "
            "(ReferenceOptions.from_sporco reads a dictionary)"
        )
    planes = _Planes("encode_reference", images, filters, channels)
    settings = {"lam": lam, **options._settings(len(planes.filters))}
    run = getattr(_striate, f"convolutional_encode_reference_{planes.precision}")
    natives, told = run(
        planes.images, planes.filters, _given(settings), callback, threads, max_seconds
    )
    return planes.codes(natives), ConvolutionalInfo(**told)
