"""A small image with filters, and judges of its convolutional codes that know nothing but plain sums."""

import numpy as np

# What a solver must reach here; a small problem needs it to be told apart from luck.
TIGHT = dict(tolerance=1e-4, max_iterations=5000)
NAN = np.full((16, 15), np.nan)


def waves():
    i, j = np.ogrid[:16, :15]
    return np.sin(0.9 * i) * np.cos(0.4 * j) + 0.3 * np.cos(0.05 * i * j)


def wave_filters():
    k, a, b = np.ogrid[:3, :4, :4]
    d = np.cos(1.3 * (k + 1) * a + 0.7 * b + 0.5 * k)
    return d / np.sqrt((d**2).sum(axis=(1, 2), keepdims=True))


def plain_sum(maps, filters, boundary="circular"):
    """sum_k d_k * x_k, tap by tap; maps (K, H, W), filters (K, h, w[, C])."""
    K, H, W = maps.shape
    taps = filters.reshape(*filters.shape[:3], -1)
    h, w, C = taps.shape[1:]
    canvas = np.zeros((H + h - 1, W + w - 1, C))
    for k in range(K):
        for a in range(h):
            for b in range(w):
                canvas[a : a + H, b : b + W] += maps[k, :, :, None] * taps[k, a, b]
    if boundary == "circular":
        canvas[: h - 1] += canvas[H:]
        canvas[:, : w - 1] += canvas[:, W:]
        canvas = canvas[:H, :W]
    if boundary == "linear":
        canvas = canvas[h - 1 : H, w - 1 : W]
    return canvas if filters.ndim == 4 else canvas[:, :, 0]


def objective(image, maps, filters, lam, boundary="circular"):
    r = image - plain_sum(maps, filters, boundary)
    return 0.5 * (r**2).sum() + lam * np.abs(maps).sum()
