"""Images without their noise, without their holes."""

from dataclasses import dataclass

import numpy as np

from . import _striate
from ._arrays import as_rows, dtype_of, precision_of
from ._coding import Dictionary, _given
from ._filter_learning import FilterModel
from ._learning import Model
from ._signatures import described


@dataclass
class RestorationInfo:
    """What is known of a restored image.

    Attributes
    ----------
    nonzeros : float
        Atoms per patch; with method 'convolutional' per pixel and code.
    seconds : float
    status : str
        "completed", "time_limit" or "stopped"; then some pixels may be as they were.
    sigma : float or None
        Of denoise: the standard deviation of the noise, as given or estimated.
    missing : int or None
        Of inpaint: pixels filled.
    atoms : ndarray (K, m) or None
        Of method 'patch': the dictionary that was used.
    passes : int or None
        Of inpaint by patches: passes from the border of the holes inwards.
    filters : ndarray (K, h, w[, C]) or None
        Of method 'convolutional': the filters that were used; None where nothing had to be done.
    lam : float or None
        Of method 'convolutional': the weight of the l1 norm of its codes.
    """

    nonzeros: float
    seconds: float
    status: str
    sigma: float = None
    missing: int = None
    atoms: np.ndarray = None
    passes: int = None
    filters: np.ndarray = None
    lam: float = None


def _atoms(model, precision):
    if isinstance(model, (Model, Dictionary)):
        model = model.atoms
    return None if model is None else as_rows("model", model, precision)


def _filters(model, precision):
    if model is None:
        return None
    kind = getattr(_striate, f"FilterModel_{precision}")
    if isinstance(model, FilterModel):
        return kind.from_archive(model._native.to_archive())
    taps = np.asarray(model, dtype=dtype_of(precision))
    return kind.from_archive({"arrays": {"filters": np.ascontiguousarray(taps)}, "attributes": {}})


# What a method's model comes to, and the keywords that it has.
_MODELS = {"patch": _atoms, "convolutional": _filters}
_DENOISE, _INPAINT = _striate.denoise_fields(), _striate.inpaint_fields()


def _restore(who, image, mask, model, method, settings, run, return_info):
    """What denoise and inpaint share. mask: None, or the argument of inpaint; run: of the job."""
    if method not in _MODELS:
        raise ValueError(f"{who}: method is {method!r}; allowed are 'patch' and 'convolutional'")
    image = np.asarray(image)
    if image.dtype.kind not in "fiub":
        raise ValueError(f"{who}: image has dtype {image.dtype}; real numbers are needed")
    if image.ndim not in (2, 3):
        raise ValueError(f"{who}: image has shape {image.shape}; (H, W) or (H, W, C) is needed")
    masks = [] if mask is None else [_checked_mask(who, mask, image)]
    precision = precision_of(image)
    model = _MODELS[method](model, precision)
    restore = getattr(_striate, f"{who}_{method}_{precision}")
    pixels = np.ascontiguousarray(image, dtype=dtype_of(precision))
    out, info = restore([pixels], *masks, _given(settings), model, *run)
    out = out.reshape(image.shape)
    return (out, RestorationInfo(**info)) if return_info else out


def _checked_mask(who, mask, image):
    mask = np.asarray(mask)
    if mask.dtype != bool:
        raise ValueError(
            f"{who}: mask has dtype {mask.dtype}; booleans are needed, True where a pixel is seen"
        )
    if mask.shape != image.shape[:2]:
        raise ValueError(f"{who}: mask has shape {mask.shape}; the image has {image.shape[:2]}")
    return np.ascontiguousarray(mask).view(np.uint8)


@described(*_DENOISE.values(), skip=("sigma",))
def denoise(
    image,
    sigma=None,
    model=None,
    method="patch",
    *,
    threads=None,
    max_seconds=None,
    callback=None,
    return_info=False,
    **settings,
):
    """Takes white noise out of an image with sparse codes.

    'patch' takes the mean over codes of all overlapping patches; 'convolutional' codes the whole image,
    less its slow part, by filters, some times with the filters turned, and takes the mean. On
    photographs 'patch' is better by about 0.7 dB.

    Parameters
    ----------
    image : array (H, W) or (H, W, C)
    sigma : float, optional
        Standard deviation of the noise in units of the image; estimated where it is not given.
    model : Model, Dictionary or array (K, m); FilterModel or array (K, h, w[, C]), optional
        Atoms of 'patch', filters of 'convolutional'; where not given they are learned on the image
        itself. A FilterModel knows how images are prepared for it (one from `convolutional.learn`
        takes them as they are); for an array `highpass` says it.
    method : 'patch' or 'convolutional'
    threads, max_seconds, callback
        As in `encode`.
    return_info : bool, default False
    %(settings)s

    Returns
    -------
    Image of the same shape; with return_info=True a RestorationInfo too.

    References
    ----------
    Elad and Aharon 2006, IEEE Trans. Image Processing 15:3736.

    Examples
    --------
    >>> import numpy as np, striate
    >>> clean = striate.images.dead_leaves(1, (64, 64))[0]
    >>> noisy = clean + 0.1 * np.random.default_rng(0).standard_normal(clean.shape)
    >>> restored = striate.denoise(noisy, 0.1, atoms=64)
    >>> bool(((restored - clean) ** 2).mean() < 0.5 * 0.1**2)
    True
    """
    run = (callback, threads, max_seconds)
    settings["sigma"] = sigma
    return _restore("denoise", image, None, model, method, settings, run, return_info)


@described(*_INPAINT.values())
def inpaint(
    image,
    mask,
    model=None,
    method="patch",
    *,
    threads=None,
    max_seconds=None,
    callback=None,
    return_info=False,
    **settings,
):
    """Fills in the pixels of an image that are missing, by sparse codes of what is seen.

    'patch' takes the mean over pursuits on what is seen of overlapping patches; 'convolutional' codes
    what is seen of the whole image, less its slow part, by filters.

    Parameters
    ----------
    image : array (H, W) or (H, W, C)
        Missing values may be anything, NaN too.
    mask : boolean array (H, W)
        True where a pixel is seen. Seen pixels come back as they are, unless sigma is given.
    model : Model, Dictionary or array (K, m); FilterModel or array (K, h, w[, C]), optional
        Atoms of 'patch', filters of 'convolutional'; where not given they are learned on the image
        itself. A FilterModel knows how images are prepared for it (one from `convolutional.learn`
        takes them as they are); for an array `highpass` says it.
    method : 'patch' or 'convolutional'
    threads, max_seconds, callback
        As in `encode`.
    return_info : bool, default False
    %(settings)s

    Returns
    -------
    Image of the same shape; with return_info=True a RestorationInfo too.

    References
    ----------
    Mairal, Elad and Sapiro 2008, IEEE Trans. Image Processing 17:53.
    """
    run = (callback, threads, max_seconds)
    return _restore("inpaint", image, mask, model, method, settings, run, return_info)
