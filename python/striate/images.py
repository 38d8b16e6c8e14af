"""Images: whitening, local contrast, high-pass, disc, patches, synthetic natural images."""

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


def whiten(
    images,
    cutoff=0.4,
    variance=0.1,
    *,
    filter=True,
    exponent=1.0,
    scale="variance",
    state=None,
    return_state=False,
):
    """Whitens images with |f|^exponent exp(-(f/cutoff)^4), then one factor for all.

    Parameters
    ----------
    images : array (H, W), (n, H, W[, C]) or list of images
    cutoff : float, default 0.4
        In cycles per pixel.
    variance : float, default 0.1
        Mean variance of the whitened images, if scale is 'variance'.
    filter : bool, default True
        False: the factor only, for images that are white already.
    exponent : float, default 1
        1 in 1996; 1.4 in the program of 2023.
    scale : {'variance', 'gain'}
        'variance': one factor for all images, to their mean variance; 'gain': the mean of the filter over
        all frequencies of an image is 1, whatever the images, as in 2023.
    state : dict, optional
        What an earlier call returned: the images are treated as those were.
    return_state : bool, default False

    Returns
    -------
    Images of the same shape; the state too with return_state=True.

    References
    ----------
    Olshausen and Field 1996, Nature 381:607; Ladret, Casanova and Perrinet 2023, Kernel Heterogeneity
    Improves Sparseness of Natural Images Representations, its code.

    Examples
    --------
    >>> import numpy as np, striate
    >>> images = striate.images.dead_leaves(2, (32, 32))
    >>> white = striate.images.whiten(images)
    >>> np.allclose(white.var(axis=(1, 2)).mean(), 0.1)
    True
    >>> of_2023 = striate.images.whiten(images, exponent=1.4, scale="gain")
    """
    given, precision, back = _as_list(images)
    if state is None:
        settings = {
            "filter": filter,
            "cutoff": cutoff,
            "variance": variance,
            "exponent": exponent,
            "scale": scale,
        }
        out, state = getattr(_striate, f"whiten_{precision}")(given, settings)
    else:
        out = getattr(_striate, f"whiten_like_{precision}")(given, state)
    return (back(out), state) if return_state else back(out)


def unwhiten(images, state, regularization=1e-3):
    """Undoes whitening up to what the filter destroyed; the mean of an image is lost."""
    given, precision, back = _as_list(images)
    return back(getattr(_striate, f"unwhiten_{precision}")(given, state, regularization))


def _alike(out, given, back):
    """Results of single images in the shape of what was given."""
    return back([a.reshape(b.shape) for a, b in zip(out, given)])


def local_contrast_normalize(images, radius=7, *, return_state=False):
    """Divides what differs from the local mean by the local standard deviation, or its mean if larger.

    Parameters
    ----------
    images : array (H, W), (n, H, W[, C]) or list of images
    radius : int, default 7
        The neighbourhood: a Gaussian window of 2 radius + 1 pixels, three standard deviations each way.
    return_state : bool, default False
        Return what `local_contrast_restore` needs too: mean and divisor, shapes as the images.

    Returns
    -------
    Images of the same shape; a constant one becomes zeros.

    Examples
    --------
    >>> import numpy as np, striate
    >>> image = np.linspace(0, 1, 64).reshape(8, 8)
    >>> normalized, state = striate.images.local_contrast_normalize(image, return_state=True)
    >>> np.allclose(normalized * state["divisor"] + state["mean"], image)
    True

    References
    ----------
    Jarrett, Kavukcuoglu, Ranzato and LeCun 2009, ICCV.
    """
    given, precision, back = _as_list(images)
    call = getattr(_striate, f"local_contrast_normalize_{precision}")
    out, mean, divisor = (_alike(part, given, back) for part in call(given, {"radius": radius}))
    return (out, {"mean": mean, "divisor": divisor}) if return_state else out


def local_contrast_restore(images, state):
    """Undoes `local_contrast_normalize`: images * divisor + mean."""
    given, precision, back = _as_list(images)
    parts = [
        [np.ascontiguousarray(a, dtype=dtype_of(precision)) for a in _as_list(state[name])[0]]
        for name in ("mean", "divisor")
    ]
    return _alike(getattr(_striate, f"local_contrast_restore_{precision}")(given, *parts), given, back)


def tikhonov_highpass(images, gradient_weight=10.0, padding=16, *, return_state=False):
    """What is left of images without their slow changes.

    Parameters
    ----------
    images : array (H, W), (n, H, W[, C]) or list of images
    gradient_weight : float, default 10
        The larger, the smoother is what is taken off; 5 is usual for learning.
    padding : int, default 16
        Mirrored pixels beyond the borders.
    return_state : bool, default False
        Return {'low': what was taken off} too: images are high + low.

    Returns
    -------
    Images of the same shape.

    Examples
    --------
    >>> import numpy as np, striate
    >>> image = np.linspace(0, 1, 64).reshape(8, 8)
    >>> high, state = striate.images.tikhonov_highpass(image, return_state=True)
    >>> np.allclose(high + state["low"], image)
    True

    References
    ----------
    Wohlberg 2017, Proc. Python in Science Conference.
    """
    given, precision, back = _as_list(images)
    settings = {"gradient_weight": gradient_weight, "padding": padding}
    call = getattr(_striate, f"tikhonov_highpass_{precision}")
    high, low = (_alike(part, given, back) for part in call(given, settings))
    return (high, {"low": low}) if return_state else high


def disc_mask(images, *, return_state=False):
    """Images that fall smoothly to 0 towards their borders, times ((1 + cos pi R) / 2)^(1/3) for R < 1, else 0.

    Parameters
    ----------
    images : array (H, W), (n, H, W[, C]) or list of images
        R is the distance from the middle, 1 at the middle of each border.
    return_state : bool, default False
        Return {'weights': what every pixel was multiplied with} too, (H, W), or a list of them for a list.

    Returns
    -------
    Images of the same shape.

    Examples
    --------
    >>> import numpy as np, striate
    >>> image = np.ones((5, 5))
    >>> masked, state = striate.images.disc_mask(image, return_state=True)
    >>> np.array_equal(masked, state["weights"]), float(masked[2, 2]), float(masked[0, 2])
    (True, 1.0, 0.0)

    References
    ----------
    Ladret, Casanova and Perrinet 2023, Kernel Heterogeneity Improves Sparseness of Natural Images
    Representations, its code.
    """
    given, precision, back = _as_list(images)
    out = _alike(getattr(_striate, f"disc_mask_{precision}")(given), given, back)
    if not return_state:
        return out
    weights = getattr(_striate, f"disc_weights_{precision}")
    if isinstance(images, (list, tuple)):
        return out, {"weights": [weights(*a.shape[:2]) for a in given]}
    return out, {"weights": weights(*given[0].shape[:2])}


def disc_unmask(images, floor=1e-2):
    """Undoes `disc_mask` where its weights are at least `floor`; elsewhere pixels are lost and become 0.

    What is lost are the corners and a thin rim, about a fifth of a large image. Elsewhere rounding and
    noise grow by 1 / weight. The weights follow from the shape, so no state is needed.
    """
    given, precision, back = _as_list(images)
    return _alike(getattr(_striate, f"disc_unmask_{precision}")(given, floor), given, back)


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
