"""Convolutional sparse codes: images as sums of filters, each placed where it is needed."""

import math
import operator
import os
import warnings
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from . import _striate
from ._arrays import dtype_of, precision_of
from ._coding import ConvergenceWarning, _given, check_mask, weights_or_mask
from ._signatures import described

_METHODS = _striate.convolutional_fields()


@dataclass(repr=False)
class ConvolutionalInfo:
    """What is known of the codes of an image.

    Attributes
    ----------
    status : str
        "converged", "iteration_limit", "time_limit" or "stopped".
    iterations : int
    objective : float
        At the returned code, from the original image, in double precision.
    relative_gap : float
        Duality gap / objective: an upper bound of the relative distance to the optimum.
    violation : float
        By how much the code misses the conditions of an optimum, in units of lambda.
    nonzeros : int
    seconds : float
    peak_bytes : int
        Arrays that the call held at most (images, maps, spectra, work space of every thread) and the
        codes; lists of entries on the way are left out, and what other threads of the process do meanwhile
        counts too.
    method : str
        The solver that gave the answer.
    why : str
        With method 'auto': what made it choose.
    trace : dict of ndarrays (iterations,), or None
        With trace=True; NaN where a figure was not measured. 'seconds'; 'objective' of the code that
        would be returned; 'objective_x', 'data_fidelity', 'l1' at the other variable of ADMM, which is
        not sparse; 'primal' and 'dual' residuals; penalty 'rho'; relative duality 'gap'.
    channels : list of ConvolutionalInfo, or None
        With channels='separate': of every channel alone, traces too. Then iterations, objective,
        nonzeros and seconds are sums, violation and peak_bytes are the largest, and the gap is that of the
        sum.
    """

    status: str
    iterations: int
    objective: float
    relative_gap: float
    violation: float
    nonzeros: int
    seconds: float
    peak_bytes: int
    method: str
    why: str = ""
    trace: dict = None
    channels: list = None

    @property
    def converged(self):
        return self.status == "converged"

    def __repr__(self):
        gap = f", gap {self.relative_gap:.2g}" if np.isfinite(self.relative_gap) else ""
        return (
            f"striate.convolutional.ConvolutionalInfo({self.status}, {self.method}, "
            f"{self.iterations} iterations, objective {self.objective:.6g}{gap}, "
            f"{self.nonzeros} nonzeros, {self.seconds:.3g} s)"
        )


def _joined(infos):
    """The channels of an image as one: problems that share nothing, so objectives and gaps add up."""
    objective = sum(i.objective for i in infos)
    gap = sum(i.relative_gap * i.objective for i in infos)
    return ConvolutionalInfo(
        status=next((i.status for i in infos if not i.converged), "converged"),
        iterations=sum(i.iterations for i in infos),
        objective=objective,
        relative_gap=gap / objective if gap else gap,
        violation=max(i.violation for i in infos),
        nonzeros=sum(i.nonzeros for i in infos),
        seconds=sum(i.seconds for i in infos),
        peak_bytes=max(i.peak_bytes for i in infos),
        method=infos[0].method,
        why=infos[0].why,
        channels=infos,
    )


class ConvolutionalCodes:
    """Codes of an image, or of several: which filter begins at which position, and how strong.

    `encode` and `load` make them. Entries are kept as (row, column, filter, value) in that order, about
    8 bytes each. `len`, indices and iteration go by images; ``codes[i]`` are the codes of one.

    Attributes
    ----------
    shape : tuple
        Of `to_dense`: (K, H, W) for a single image, (n, K, H, W) for several; with channels='separate'
        the channels come before K. H and W count positions: fewer than pixels with boundary 'inside',
        more with 'linear'; None where images differ in size.
    nonzeros : int
    sparseness : float
        The fraction of positions and filters that are not used.
    dtype : float32 or float64
    boundary : str
    columns, filters : ndarray of uint16 (nonzeros,)
    values : ndarray (nonzeros,)
    starts : ndarray of int64 (H + 1,)
        Of one image, read-only views: row r of the positions has the entries from starts[r] up to
        starts[r + 1].
    channels : list of ConvolutionalCodes
        Of one image: of every channel alone with channels='separate', else the codes themselves.

    Examples
    --------
    >>> import numpy as np, striate
    >>> image = striate.images.dead_leaves(1, (32, 32))[0]
    >>> filters = striate.dictionaries.dct(patch=4).reshape(-1, 4, 4)
    >>> codes, info = striate.convolutional.encode(image, filters, lam=0.1)
    >>> codes.shape, codes.to_dense().shape, codes.to_csr().shape
    ((16, 32, 32), (16, 32, 32), (16, 1024))
    >>> codes.nonzeros == len(codes.values) == int((codes.to_dense() != 0).sum())
    True
    >>> codes.prune(0.2).nonzeros < codes.nonzeros
    True
    """

    def __init__(self, planes, precision, single=True, channels=0):
        # Image after image, channel after channel; `channels` is 0 where images are coded whole.
        self._planes, self.precision = planes, precision
        self._single, self._channels = single, channels

    def _of_one(self):
        if not self._single:
            raise ValueError(f"codes: these are of {len(self)} images; take one, as codes[0] does")
        if self._channels:
            raise ValueError(
                f"codes: these are of {self._channels} channels alone; take one, as codes.channels[0] does"
            )
        return self._planes[0]

    def _nested(self, parts):
        """A list, one item per plane, in lists as images and channels are."""
        if self._channels:
            width = self._channels
            parts = [parts[i : i + width] for i in range(0, len(parts), width)]
        return parts[0] if self._single else parts

    starts = property(lambda self: self._of_one().starts)
    columns = property(lambda self: self._of_one().columns)
    filters = property(lambda self: self._of_one().filters)
    values = property(lambda self: self._of_one().values)
    nonzeros = property(lambda self: sum(plane.nonzeros for plane in self._planes))
    boundary = property(lambda self: self._planes[0].boundary)
    dtype = property(lambda self: np.dtype(dtype_of(self.precision)))

    @property
    def shape(self):
        shapes = {plane.shape for plane in self._planes}
        lead = () if self._single else (len(self),)
        if self._channels:
            lead += (self._channels,)
        return lead + (shapes.pop() if len(shapes) == 1 else (shapes.pop()[0], None, None))

    @property
    def sparseness(self):
        return 1 - self.nonzeros / sum(math.prod(plane.shape) for plane in self._planes)

    @property
    def channels(self):
        if not self._single:
            raise ValueError(f"codes: these are of {len(self)} images; take one, as codes[0] does")
        return [ConvolutionalCodes([plane], self.precision) for plane in self._planes]

    def __len__(self):
        return len(self._planes) // (self._channels or 1)

    def __getitem__(self, i):
        i, width = range(len(self))[operator.index(i)], self._channels or 1
        planes = self._planes[i * width : (i + 1) * width]
        return ConvolutionalCodes(planes, self.precision, True, self._channels)

    def prune(self, least, relative=False):
        """The codes without their small entries.

        Parameters
        ----------
        least : float
            Entries of smaller magnitude go; in units of the codes.
        relative : bool, default False
            `least` is a fraction of the largest magnitude of each image (or of each channel alone).

        Returns
        -------
        ConvolutionalCodes

        Raises
        ------
        ValueError
            least is below 0 or not a number.
        """
        planes = [plane.pruned(least, relative) for plane in self._planes]
        return ConvolutionalCodes(planes, self.precision, self._single, self._channels)

    def to_dense(self):
        """Maps as an array of the shape `shape`.

        Raises
        ------
        ValueError
            Images differ in size; take them one by one.
        """
        if None in self.shape:
            raise ValueError("to_dense: images differ in size; take one, as codes[0].to_dense() does")
        return np.stack([plane.to_dense() for plane in self._planes]).reshape(self.shape)

    def to_csr(self):
        """Maps as sparse matrices.

        Returns
        -------
        scipy.sparse.csr_array (K, H * W)
            Row k is map k in C order. Of several images a list of them; with channels='separate' a list
            of the channels.
        """

        def csr(plane):
            K, H, W = plane.shape
            rows = np.repeat(np.arange(H), np.diff(plane.starts))
            places = (plane.filters.astype(np.int64), rows * W + plane.columns)
            return sparse.csr_array((plane.values, places), shape=(K, H * W))

        return self._nested([csr(plane) for plane in self._planes])

    def save(self, path, overwrite=False):
        """Writes the codes to a file (.h5 or .npz) for `load`.

        Raises
        ------
        OSError
            The file exists and `overwrite` is False, or cannot be written.
        """
        _striate.save(os.fspath(path), self._to_archive(), overwrite)

    @classmethod
    def load(cls, path):
        """The codes that `save` wrote; `striate.load` reads them too.

        Raises
        ------
        OSError
            The file is missing or damaged.
        ValueError
            It holds no convolutional codes, or what it holds does not fit together.
        """
        return cls._from_archive(_striate.load(os.fspath(path)))

    def _to_archive(self):
        about = {"kind": "convolutional_codes", "single": self._single, "channels": self._channels}
        archive = {"arrays": {}, "attributes": {"": about}}
        for i, plane in enumerate(self._planes):
            for part, content in plane.to_archive().items():
                for name, value in content.items():
                    archive[part][f"{i:09}/{name}" if len(self._planes) > 1 else name] = value
        return archive

    @classmethod
    def _from_archive(cls, archive):
        found = {}  # by what stands before "maps"
        for part, content in archive.items():
            for name, value in content.items():
                before, maps, rest = name.rpartition("maps")
                if maps and (not before or before.endswith("/")):
                    own = found.setdefault(before, {"arrays": {}, "attributes": {}})
                    own[part][maps + rest] = value
        planes = [found[before] for before in sorted(found) if "maps/data" in found[before]["arrays"]]
        if not planes:
            raise ValueError("ConvolutionalCodes: this file holds no convolutional codes")
        precision = precision_of(*(plane["arrays"]["maps/data"] for plane in planes))
        native = getattr(_striate, f"ConvolutionalCodes_{precision}")
        planes = [native.from_archive(plane) for plane in planes]
        about = archive["attributes"].get("", {})
        single, channels = about.get("single", len(planes) == 1), about.get("channels", 0)
        width = channels or 1
        fits = isinstance(channels, int) and width > 0 and len(planes) % width == 0
        if not fits or (single and len(planes) != width):
            raise ValueError(
                f"ConvolutionalCodes: the file has {len(planes)} sets of maps, which are no "
                f"{'image' if single else 'images'} of {width} channels"
            )
        return cls(planes, precision, single, channels)

    def _in(self, precision):
        """The same codes in another precision."""
        if precision == self.precision:
            return self
        archive = self._to_archive()
        for name, values in archive["arrays"].items():
            if name.endswith("maps/data"):
                archive["arrays"][name] = values.astype(dtype_of(precision))
        return ConvolutionalCodes._from_archive(archive)

    def __repr__(self):
        kind = f"{self.nonzeros} nonzeros, {self.dtype}"
        return f"striate.convolutional.ConvolutionalCodes({self.shape}, {kind})"

    def __reduce__(self):
        return _codes_from_archive, (self._to_archive(),)


def _codes_from_archive(archive):
    return ConvolutionalCodes._from_archive(archive)


def _real(who, name, array):
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{who}: {name} has dtype {array.dtype}; real numbers are needed")
    return array


def _as_filters(who, filters):
    """Filters (K, h, w, C) and whether they were given with channels."""
    filters = _real(who, "filters", filters)
    if filters.ndim not in (3, 4):
        raise ValueError(f"{who}: filters has shape {filters.shape}; (K, h, w) or (K, h, w, C) is needed")
    if filters.size == 0:
        raise ValueError(f"{who}: filters has shape {filters.shape}; at least one tap is needed")
    return filters.reshape(*filters.shape[:3], -1), filters.ndim == 4


class _Planes:
    """Images and filters as the solvers take them."""

    def __init__(self, who, images, filters, channels):
        if channels not in ("shared", "separate"):
            raise ValueError(f"{who}: channels is {channels!r}; 'shared' and 'separate' are allowed")
        filters, with_channels = _as_filters(who, filters)
        separate = channels == "separate"
        if separate and filters.shape[3] != 1:
            raise ValueError(
                f"{who}: filters has {filters.shape[3]} channels; channels='separate' needs filters of one"
            )
        colour = with_channels or separate
        one = "(H, W, C)" if colour else "(H, W)"
        needed = f"{one}, (n, {one[1:]} or a list of {one}"
        if isinstance(images, (list, tuple)):
            images, self.single = [_real(who, f"images[{i}]", a) for i, a in enumerate(images)], False
        else:
            images = _real(who, "images", images)
            self.single = images.ndim == 2 + colour
            if not self.single and images.ndim != 3 + colour:
                raise ValueError(f"{who}: images has shape {images.shape}; {needed} is needed")
            if not colour and images.ndim == 3 and images.shape[2] < min(5, filters.shape[2]):
                raise ValueError(
                    f"{who}: images has shape {images.shape}, which is {images.shape[0]} images (H, W) for "
                    "filters without channels; colour needs filters (K, h, w, C) or channels='separate'"
                )
            images = [images] if self.single else list(images)
        if not images:
            raise ValueError(f"{who}: images has none; at least one is needed")
        for i, image in enumerate(images):
            if image.ndim != 2 + colour:
                raise ValueError(f"{who}: images[{i}] has shape {image.shape}; {needed} is needed")
            wanted = images[0].shape[2] if separate else filters.shape[3]
            if colour and image.shape[2] != wanted:
                of = "the first image" if separate else "the filters"
                raise ValueError(
                    f"{who}: images[{i}] has {image.shape[2]} channels, {of} {wanted}; they must agree"
                )
        self.channels = images[0].shape[2] if separate else 0
        if separate and self.channels == 0:
            raise ValueError(f"{who}: images has no channel; at least one is needed")
        self.who, self.shapes = who, [image.shape for image in images]
        if separate:
            images = [image[:, :, c] for image in images for c in range(self.channels)]
        self.precision = precision_of(*images, filters)
        dtype = dtype_of(self.precision)
        self.images = [np.ascontiguousarray(image, dtype=dtype) for image in images]
        self.filters = np.ascontiguousarray(filters, dtype=dtype)

    def weights(self, name, given):
        """Weights (H, W, C) of the values of every plane, from those of all images or of each."""
        if given is None:
            return None

        def fits(array, shape):
            return array.shape in (shape, shape[:2])

        n = len(self.shapes)
        if isinstance(given, (list, tuple)):
            each = [_real(self.who, f"{name}[{i}]", one) for i, one in enumerate(given)]
        else:
            each = _real(self.who, name, given)
            if all(fits(each, shape) for shape in self.shapes):
                each = [each] * n
            elif self.single or each.ndim < 3:
                raise ValueError(
                    f"{self.who}: {name} has shape {each.shape}; that of the images, {self.shapes[0]}, is "
                    "needed, for all of them or for each"
                )
        if len(each) != n:
            raise ValueError(f"{self.who}: {name} has {len(each)} items; there are {n} images")
        planes = []
        for i, (one, shape) in enumerate(zip(each, self.shapes)):
            if not fits(one, shape):
                raise ValueError(
                    f"{self.who}: {name} of image {i} has shape {one.shape}; the image has {shape}"
                )
            check_mask(name, one)
            whole = np.broadcast_to(one[:, :, None] if one.ndim == 2 else one, (*shape, 1)[:3])
            planes += [whole[:, :, c : c + 1] for c in range(self.channels)] if self.channels else [whole]
        return [np.ascontiguousarray(plane, dtype=self.filters.dtype) for plane in planes]

    def penalty_weights(self, given, boundary):
        """Weights by filter, and those by position (K, H, W) of every plane."""
        if given is None:
            return None, None
        many = isinstance(given, (list, tuple)) and any(np.ndim(one) == 3 for one in given)
        if not many:
            given = _real(self.who, "penalty_weights", given)
            if given.ndim < 2:
                return np.full(len(self.filters), given) if given.ndim == 0 else given, None
            many = given.ndim == 4
        each = list(given) if many else [given] * len(self.shapes)
        if len(each) != len(self.shapes):
            raise ValueError(
                f"{self.who}: penalty_weights has {len(each)} items; there are {len(self.shapes)} images"
            )
        extra = {"inside": -1, "linear": 1}.get(boundary, 0)
        K, h, w = self.filters.shape[:3]
        planes = []
        for one, shape in zip(each, self.shapes):
            one = _real(self.who, "penalty_weights", one)
            maps = (K, shape[0] + extra * (h - 1), shape[1] + extra * (w - 1))
            if one.shape != maps:
                raise ValueError(
                    f"{self.who}: penalty_weights has shape {one.shape}; one number, (K,) = ({K},) or that "
                    f"of the maps, {maps}, is needed"
                )
            planes += [np.ascontiguousarray(one, dtype=self.filters.dtype)] * (self.channels or 1)
        return None, planes

    def initial(self, codes):
        """The maps of given codes, in this precision."""
        if codes is None:
            return None
        if not isinstance(codes, ConvolutionalCodes):
            raise ValueError(
                f"{self.who}: initial is of type {type(codes).__name__}; ConvolutionalCodes are needed"
            )
        if len(codes._planes) != len(self.images) or codes._channels != self.channels:
            raise ValueError(f"{self.who}: initial is {codes!r}, which is not of these images and channels")
        return codes._in(self.precision)._planes

    def codes(self, natives):
        return ConvolutionalCodes(natives, self.precision, self.single, self.channels)


@described(*_METHODS.values(), skip=("lam", "max_iterations", "penalty_weights"))
def encode(
    images,
    filters,
    lam=None,
    *,
    method="auto",
    channels="shared",
    mask=None,
    data_weights=None,
    penalty_weights=None,
    initial=None,
    max_iterations=None,
    max_seconds=None,
    threads=None,
    trace=False,
    callback=None,
    **settings,
):
    """Convolutional sparse codes of images, with a certificate.

    Minimises 1/2 |s - sum_k d_k * x_k|^2 + lambda sum_k w_k |x_k|_1 for every image s alone: x_k is the
    map of filter d_k, where x_k[p] puts tap (0, 0) of the filter on pixel p. Signals are images of one
    row, (1, W), with filters (K, 1, w).

    Parameters
    ----------
    images : array (H, W) or (n, H, W), or a list of arrays (H, W) of any sizes
        (H, W, C), (n, H, W, C) or a list of (H, W, C) where filters have channels or channels is
        'separate'. Integers are taken as they are. float32 with float32 filters stays float32.
    filters : array (K, h, w) or (K, h, w, C)
        Of any norm; none larger than an image.
    lam : float
        Weight lambda of the l1 norm, above 0, in units of the image times those of the filters; this
        or lam_relative is needed.
    method : str, default 'auto'
        One of %(methods)s. 'auto' begins with 'cd' and hands over to 'ssnal' where that is slow.
        Each takes all that follows, but gradient_weight is for 'admm', 'pgm' and 'auto', which asks them.
    channels : 'shared' or 'separate', default 'shared'
        'shared': filters have the channels of the images, which have one set of maps. 'separate': every
        channel is coded alone with filters of one channel.
    mask : array of bool (H, W), or of the images' shape, optional
        True where a value is observed, for all images or one for each: data_weights of 1 there, of 0
        elsewhere. `decode` of the codes fills in what is not observed.
    data_weights : array (H, W), or of the images' shape, optional
        Weights omega, at least 0, for all images or one for each: 1/2 sum omega (s - sum_k d_k * x_k)^2
        is the first term. Where one is 0 the image may hold anything, NaN too.
    penalty_weights : float, array (K,) or array of the maps' shape (K, H, W), optional
        Factors w of lambda, above 0: one for all, by filter, or by filter and position, for all images or
        as a list (or (n, K, H, W)) for each; by default 1.
    initial : ConvolutionalCodes, optional
        Codes to begin with: those of an earlier call for these images, filters and boundary.
    max_iterations : int, optional
        Limit for the iterations of the solver, at least 1; by default %(max_iterations)s.
    max_seconds : float, optional
        Time limit for all images; the best codes so far are returned.
    threads : int, optional
        Threads to use; all that this process may use by default. Results do not depend on it.
    trace : bool, default False
        Keep what is known of every iteration.
    callback : callable, optional
        Called with a dict of progress ('image' counts them) at most every 50 ms; returning False stops
        the coding.
    %(settings)s

    Returns
    -------
    codes : ConvolutionalCodes
    info : ConvolutionalInfo, or a list of one per image where several were given

    Raises
    ------
    ValueError
        Shapes, values or settings that do not fit, by the name of the argument.

    Warns
    -----
    ConvergenceWarning
        The gap of some images is above the tolerance.

    References
    ----------
    Wohlberg 2016, Efficient algorithms for convolutional sparse representations, IEEE Trans. Image
    Processing 25:301. Boyd et al. 2011, Foundations and Trends in Machine Learning 3:1.

    Examples
    --------
    >>> import numpy as np, striate
    >>> image = striate.images.dead_leaves(1, (48, 48))[0]
    >>> filters = striate.dictionaries.dct(patch=6).reshape(-1, 6, 6).astype(np.float32)
    >>> codes, info = striate.convolutional.encode(image, filters, lam_relative=0.02)
    >>> info.status, info.relative_gap <= 0.01, codes.dtype
    ('converged', True, dtype('float32'))
    >>> error = striate.convolutional.decode(codes, filters) - image
    >>> bool((error**2).sum() < 0.01 * (image**2).sum())
    True
    """
    name = method
    if name not in _METHODS:
        raise ValueError(f"encode: there is no method {method!r}; there are {_NAMES}")
    planes = _Planes("encode", images, filters, channels)
    # The library refuses what it does not know by name, whatever the value.
    known = {row["name"] for row in _METHODS[name]}
    settings = {key: value if key in known else 0 for key, value in _given(settings).items()}
    by_filter, by_position = planes.penalty_weights(penalty_weights, settings.get("boundary"))
    settings.update(lam=lam, max_iterations=max_iterations, penalty_weights=by_filter)
    inputs = planes.weights(*weights_or_mask(data_weights, mask)), by_position, planes.initial(initial)
    control = trace, callback, threads, max_seconds
    run = getattr(_striate, f"convolutional_encode_{planes.precision}")
    natives, told = run(name, planes.images, planes.filters, _given(settings), *inputs, *control)
    infos = [ConvolutionalInfo(**one) for one in told]
    if planes.channels:
        width = planes.channels
        infos = [_joined(infos[i : i + width]) for i in range(0, len(infos), width)]
    short = [info for info in infos if not info.converged]
    if short:
        warnings.warn(
            f"{name}: {len(short)} of {len(infos)} images are not converged "
            f"({', '.join(sorted({info.status for info in short}))}); "
            f"the worst relative gap is {max(info.relative_gap for info in short):.2g}",
            ConvergenceWarning,
            stacklevel=2,
        )
    return planes.codes(natives), infos[0] if planes.single else infos


_NAMES = ", ".join(map(repr, _METHODS))
for _word, _text in {
    "%(methods)s": _NAMES,
    "%(max_iterations)s": ", ".join(
        f"{row['default']} of {name!r}"
        for name, table in _METHODS.items()
        for row in table
        if row["name"] == "max_iterations"
    ),
}.items():
    encode.__doc__ = encode.__doc__.replace(_word, _text)


def decode(codes, filters):
    """Images that codes stand for: sums of filters at their positions.

    Parameters
    ----------
    codes : ConvolutionalCodes
    filters : array (K, h, w) or (K, h, w, C)
        Those of the codes, taken in the codes' precision.

    Returns
    -------
    array
        (H, W) for a single image, (n, H, W) for several; a list where they differ in size. Colour
        images have their channels last.

    Raises
    ------
    ValueError
        Filters are not those that the codes are of.

    Examples
    --------
    >>> import numpy as np, striate
    >>> image = striate.images.dead_leaves(1, (32, 32))[0]
    >>> filters = striate.dictionaries.dct(patch=4).reshape(-1, 4, 4)
    >>> codes, info = striate.convolutional.encode(image, filters, lam=0.1)
    >>> residual = image - striate.convolutional.decode(codes, filters)
    >>> objective = 0.5 * (residual**2).sum() + 0.1 * np.abs(codes.values).sum()
    >>> bool(np.isclose(objective, info.objective))
    True
    """
    taps, with_channels = _as_filters("decode", filters)
    if not isinstance(codes, ConvolutionalCodes):
        raise ValueError(f"decode: codes is of type {type(codes).__name__}; ConvolutionalCodes are needed")
    if codes._channels and taps.shape[3] != 1:
        raise ValueError(f"decode: filters has {taps.shape[3]} channels; the codes are of channels alone")
    taps = np.ascontiguousarray(taps, dtype=dtype_of(codes.precision))
    call = getattr(_striate, f"convolutional_decode_{codes.precision}")
    planes = [call(plane, taps) for plane in codes._planes]
    if codes._channels:
        width = codes._channels
        images = [np.stack(planes[i : i + width], axis=2) for i in range(0, len(planes), width)]
    elif with_channels:
        images = [plane.reshape(*plane.shape[:2], -1) for plane in planes]
    else:
        images = planes
    if codes._single:
        return images[0]
    return images if None in codes.shape else np.stack(images)


# They code by what stands above, and belong here.
from ._convolutional_reference import AutoRho, ReferenceOptions, encode_reference  # noqa: E402
from ._filter_learning import FilterModel, learn  # noqa: E402

for _own in (AutoRho, ReferenceOptions, encode_reference, FilterModel, learn):
    _own.__module__ = __name__
