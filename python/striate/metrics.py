"""How near an answer is to the truth."""

import numpy as np

from . import _striate
from ._arrays import as_rows, dtype_of, precision_of


def _two(reference, image):
    precision = precision_of(reference, image)
    a = np.ascontiguousarray(reference, dtype=dtype_of(precision))
    b = np.ascontiguousarray(image, dtype=dtype_of(precision))
    if a.shape != b.shape:
        raise ValueError(f"reference has shape {a.shape}, image {b.shape}; they must agree")
    return a, b, precision


def psnr(reference, image, peak="max"):
    """Peak signal-to-noise ratio 10 log10(peak^2 / MSE) in decibels.

    Parameters
    ----------
    reference, image : array, or stack of images along the first of 3 axes
    peak : {'max', 'global_max', 'range'} or number
        'max': the largest value of each reference.

    Returns
    -------
    float, or one float per image of a stack. Equal images: infinity.
    """
    a, b, precision = _two(reference, image)
    stack = a.ndim > 2
    rows = len(a) if stack else 1
    call = getattr(_striate, f"psnr_{precision}")
    out = call(a.reshape(rows, -1), b.reshape(rows, -1), peak)
    return out if stack else float(out[0])


def snr(reference, image, signal="energy"):
    """Signal-to-noise ratio 10 log10(signal / MSE) in decibels.

    Parameters
    ----------
    reference, image : array
    signal : {'energy', 'variance'}
        'energy': the mean square of the reference; 'variance': about its mean.
    """
    a, b, precision = _two(reference, image)
    return getattr(_striate, f"snr_{precision}")(a.ravel(), b.ravel(), signal)


def ssim(reference, image, data_range=1.0):
    """Structural similarity of two images (Wang et al. 2004), Gaussian window of 11 pixels."""
    a, b, precision = _two(reference, image)
    return getattr(_striate, f"ssim_{precision}")(a, b, data_range)


def atom_recovery(truth, learned, group_size=1, threshold=0.99):
    """Share of true atoms (rows), or groups of them, that have a learned partner."""
    precision = precision_of(truth, learned)
    return getattr(_striate, f"atom_recovery_{precision}")(
        as_rows("truth", truth, precision), as_rows("learned", learned, precision), group_size, threshold
    )
