"""Images: whitening, patches, synthetic natural images."""

import numpy as np

from . import _striate
from ._arrays import as_rows, dtype_of, precision_of


def _as_list(images):
    """A list of arrays, its precision, and the way back to the shape that was given."""
    if isinstance(images, (list, tuple)):
        given, back = list(images), list
    else:
        array = np.asarray(images)
        single = array.ndim == 2
        given = [array] if single else list(array)
        back = (lambda out: out[0]) if single else np.stack
    precision = precision_of(*given) if given else "f64"
    return [np.ascontiguousarray(a, dtype=dtype_of(precision)) for a in given], precision, back


def whiten(images, cutoff=0.4, variance=0.1, *, filter=True, state=None, return_state=False):
    """Whitens images with |f| exp(-(f/cutoff)^4), then one factor for all.

    Parameters
    ----------
    images : array (H, W), (n, H, W[, C]) or list of images
    cutoff : float, default 0.4
        In cycles per pixel.
    variance : float, default 0.1
        Mean variance of the whitened images.
    filter : bool, default True
        False: the factor only, for images that are white already.
    state : dict, optional
        What an earlier call returned: the images are treated as those were.
    return_state : bool, default False

    Returns
    -------
    Images of the same shape; the state too with return_state=True.

    References
    ----------
    Olshausen and Field 1996, Nature 381:607.
    """
    given, precision, back = _as_list(images)
    if state is None:
        settings = {"filter": filter, "cutoff": cutoff, "variance": variance}
        out, state = getattr(_striate, f"whiten_{precision}")(given, settings)
    else:
        out = getattr(_striate, f"whiten_like_{precision}")(given, state)
    return (back(out), state) if return_state else back(out)


def unwhiten(images, state, regularization=1e-3):
    """Undoes whitening up to what the filter destroyed; the mean of an image is lost."""
    given, precision, back = _as_list(images)
    return back(getattr(_striate, f"unwhiten_{precision}")(given, state, regularization))


def extract_patches(images, patch=16, *, return_state=False, **settings):
    """Patches of images as rows, each row by row.

    Parameters
    ----------
    images : array (H, W), (n, H, W[, C]) or list of images
    patch : int, default 16
        Rows and columns of a patch.
    sampling : {'random', 'grid', 'all'}, default 'random'
    count, border, stride, remove_mean, minimum_deviation, seed
        See `striate learn --help`.
    return_state : bool, default False
        Return what `assemble_patches` needs: positions (n, 3), means (n,), shapes.

    Returns
    -------
    patches : array (n, patch * patch * C)
    """
    given, precision, _ = _as_list(images)
    call = getattr(_striate, f"extract_patches_{precision}")
    patches, positions, means = call(given, {"patch": patch, **settings})
    if not return_state:
        return patches
    shapes = np.array([(*a.shape, 1)[:3] for a in given], dtype=np.int64)
    return patches, {"positions": positions, "means": means, "shapes": shapes}


def assemble_patches(patches, state):
    """Images from patches: overlapping ones are averaged, their means added back."""
    precision = precision_of(patches)
    return getattr(_striate, f"assemble_patches_{precision}")(
        as_rows("patches", patches, precision),
        np.ascontiguousarray(state["positions"], dtype=np.int64),
        np.ascontiguousarray(state["means"], dtype=np.float64),
        np.ascontiguousarray(state["shapes"], dtype=np.int64),
    )


def dead_leaves(n=10, shape=(256, 256), seed=0, dtype=np.float32, **settings):
    """Synthetic natural images: opaque discs with power-law radii that hide one another.

    Returns
    -------
    array (n, *shape), values in [0, 1]. The same seed gives the same images.
    """
    precision = "f32" if np.dtype(dtype) == np.float32 else "f64"
    make = getattr(_striate, f"dead_leaves_{precision}")
    wanted = {"images": n, "rows": shape[0], "columns": shape[1], "seed": seed, **settings}
    return np.stack(make(wanted))
