"""Images without their noise, without their holes."""

from dataclasses import dataclass

import numpy as np

from . import _striate
from ._arrays import as_rows, dtype_of, precision_of
from ._coding import Dictionary, _given
from ._learning import Model
from ._signatures import described


@dataclass
class RestorationInfo:
    """What is known of a restored image.

    Attributes
    ----------
    atoms : ndarray (K, m)
        The dictionary that was used.
    nonzeros : float
        Atoms per patch.
    seconds : float
    status : str
        "completed", "time_limit" or "stopped"; then some pixels may be as they were.
    sigma : float or None
        Of denoise: the standard deviation of the noise, as given or estimated.
    missing, passes : int or None
        Of inpaint: pixels filled, and passes from the border of the holes inwards.
    """

    atoms: np.ndarray
    nonzeros: float
    seconds: float
    status: str
    sigma: float = None
    missing: int = None
    passes: int = None


def _restore(who, image, mask, model, method, settings, run, return_info):
    """What denoise and inpaint share. mask: None, or the argument of inpaint; run: of the job."""
    if method != "patch":
        raise ValueError(f"{who}: method is {method!r}; allowed is 'patch'")
    image = np.asarray(image)
    if image.dtype.kind not in "fiub":
        raise ValueError(f"{who}: image has dtype {image.dtype}; real numbers are needed")
    if image.ndim not in (2, 3):
        raise ValueError(f"{who}: image has shape {image.shape}; (H, W) or (H, W, C) is needed")
    masks = [] if mask is None else [_checked_mask(who, mask, image)]
    precision = precision_of(image)
    if isinstance(model, (Model, Dictionary)):
        model = model.atoms
    atoms = None if model is None else as_rows("model", model, precision)
    restore = getattr(_striate, f"{who}_{precision}")
    pixels = np.ascontiguousarray(image, dtype=dtype_of(precision))
    out, info = restore([pixels], *masks, _given(settings), atoms, *run)
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


@described(_striate.denoise_fields(), skip=("sigma",))
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
    """Takes white noise out of an image with sparse codes of its overlapping patches.

    Parameters
    ----------
    image : array (H, W) or (H, W, C)
    sigma : float, optional
        Standard deviation of the noise in units of the image; estimated where it is not given.
    model : Model, Dictionary or array (K, m), optional
        Atoms; where not given they are learned on the image itself (K-SVD).
    method : 'patch'
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


@described(_striate.inpaint_fields())
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
    """Fills in the pixels of an image that are missing, by pursuit on what is seen of its patches.

    Parameters
    ----------
    image : array (H, W) or (H, W, C)
        Missing values may be anything, NaN too.
    mask : boolean array (H, W)
        True where a pixel is seen. Seen pixels come back as they are, unless sigma is given.
    model : Model, Dictionary or array (K, m), optional
        Atoms; where not given they are learned on the image itself (K-SVD).
    method : 'patch'
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
