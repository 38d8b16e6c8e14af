"""Denoising, inpainting and dictionaries by name."""

import inspect

import numpy as np
import pytest
import striate


@pytest.fixture(scope="module")
def clean():
    image = striate.images.dead_leaves(1, (96, 96), seed=3)[0]
    return image.astype(np.float64)


def psnr(clean, image):
    return 10 * np.log10(np.ptp(clean) ** 2 / ((clean - image) ** 2).mean())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_is_taken_out(clean, dtype):
    sigma = 0.1 * np.ptp(clean)
    noisy = clean + sigma * np.random.default_rng(0).standard_normal(clean.shape)
    out, info = striate.denoise(noisy.astype(dtype), sigma, atoms=64, threads=1, return_info=True)
    assert out.dtype == dtype and out.shape == clean.shape
    assert psnr(clean, out) > psnr(clean, noisy) + 3
    assert info.status == "completed" and info.sigma == pytest.approx(sigma)
    assert info.atoms.shape == (64, 64) and info.nonzeros > 0
    again = striate.denoise(noisy.astype(dtype), sigma, atoms=64, threads=2)
    np.testing.assert_array_equal(out, again)
    given = striate.denoise(noisy.astype(dtype), sigma, striate.dictionaries.dct(patch=8))
    assert psnr(clean, given) > psnr(clean, noisy) + 3


def test_sigma_is_estimated(clean):
    noisy = clean + 0.2 * np.random.default_rng(1).standard_normal(clean.shape)
    _, info = striate.denoise(noisy, atoms=64, return_info=True)
    assert info.sigma == pytest.approx(0.2, rel=0.25)


def test_holes_are_filled_and_the_rest_is_kept(clean):
    mask = np.random.default_rng(2).random(clean.shape) > 0.4
    holes = np.where(mask, clean, np.nan)
    out, info = striate.inpaint(holes, mask, atoms=64, threads=1, return_info=True)
    np.testing.assert_array_equal(out[mask], clean[mask])
    assert np.isfinite(out).all() and info.missing == (~mask).sum() and info.passes >= 1
    filled = np.where(mask, clean, clean[mask].mean())
    assert psnr(clean, out) > psnr(clean, filled) + 6
    np.testing.assert_array_equal(out, striate.inpaint(holes, mask, atoms=64, threads=2))


def test_colour_images_keep_their_shape(clean):
    colour = np.stack([clean, 0.5 * clean, -clean], axis=2).astype(np.float32)
    for image in (colour, colour[:, :, :1]):
        assert striate.denoise(image, 0.1, striate.dictionaries.dct()).shape == image.shape
    mask = np.random.default_rng(3).random(clean.shape) > 0.2
    out = striate.inpaint(colour, mask, striate.dictionaries.dct())
    np.testing.assert_array_equal(out[mask], colour[mask])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_convolutional_codes_restore_too(clean, dtype):
    noisy = (clean + 0.1 * np.random.default_rng(0).standard_normal(clean.shape)).astype(dtype)
    how = {"method": "convolutional", "steps": 2, "turns": 2}
    out, info = striate.denoise(noisy, 0.1, threads=1, return_info=True, **how)
    assert out.dtype == dtype and out.shape == clean.shape
    assert psnr(clean, out) > psnr(clean, noisy) + 2
    assert info.status == "completed" and info.sigma == pytest.approx(0.1)
    assert info.filters.shape == (64, 8, 8) and info.atoms is None and info.lam > 0
    np.testing.assert_array_equal(out, striate.denoise(noisy, 0.1, threads=2, **how))
    mask = np.random.default_rng(2).random(clean.shape) > 0.4
    holes = np.where(mask, clean, np.nan).astype(dtype)
    filled, info = striate.inpaint(holes, mask, info.filters, "convolutional", return_info=True)
    np.testing.assert_array_equal(filled[mask], holes[mask])
    assert info.missing == (~mask).sum() and info.passes is None
    assert psnr(clean, filled) > psnr(clean, np.where(mask, clean, clean[mask].mean())) + 6


def test_models_of_filters_say_how_images_are_prepared(clean):
    filters = striate.dictionaries.dct(patch=6).reshape(-1, 6, 6)[1:]
    learned = striate.convolutional.learn(clean, filters, 0.2, steps=1)  # of images as they are
    by_model = striate.denoise(clean, 0.1, learned, "convolutional", turns=1)
    by_array = striate.denoise(clean, 0.1, learned.filters, "convolutional", turns=1, highpass=0)
    np.testing.assert_array_equal(by_model, by_array)
    colour = np.stack([clean, 0.5 * clean, -clean], axis=2)
    for model in (filters, np.stack([filters] * 3, axis=3)):
        assert striate.denoise(colour, 0.1, model, "convolutional", turns=1).shape == colour.shape


@pytest.mark.parametrize(
    "call,words",
    [
        (lambda x: striate.denoise(x, 0.1, method="wavelets"), "allowed are 'patch'"),
        (lambda x: striate.denoise(x, 0.1, method="convolutional", atoms=64), "atoms"),
        (lambda x: striate.denoise(x, 0.1, turns=2), "turns"),
        (lambda x: striate.denoise(x, 0.1, np.ones((5, 7)), "convolutional"), "filters"),
        (
            lambda x: striate.denoise(x, 0.1, np.ones((5, 7, 7, 3)), "convolutional"),
            "filters of 3 channels",
        ),
        (lambda x: striate.denoise(x, -1.0), "sigma"),
        (lambda x: striate.denoise(np.full_like(x, np.nan), 0.1), "finite"),
        (lambda x: striate.denoise(x[:4, :4], 0.1), "patch"),
        (lambda x: striate.denoise(x[0], 0.1), r"denoise: image has shape \(\d+,\)"),
        (lambda x: striate.inpaint(x[None, None], None), "inpaint: image has shape"),
        (lambda x: striate.denoise(x.astype(complex), 0.1), "complex"),
        (lambda x: striate.denoise(x, 0.1, np.ones((5, 7))), "square number"),
        (lambda x: striate.inpaint(x, np.full(x.shape, 0.5)), "booleans are needed"),
        (lambda x: striate.inpaint(x, np.ones((3, 3), bool)), "mask has shape"),
        (lambda x: striate.inpaint(x, np.zeros(x.shape, bool)), "mask"),
    ],
)
def test_what_cannot_be_is_refused_by_name(clean, call, words):
    with pytest.raises(ValueError, match=words):
        call(clean)


def test_dictionaries_by_name():
    D = striate.dictionaries
    np.testing.assert_allclose(D.dct(patch=4) @ D.dct(patch=4).T, np.eye(16), atol=1e-12)
    np.testing.assert_allclose(D.haar(patch=8) @ D.haar(patch=8).T, np.eye(64), atol=1e-12)
    assert D.dct(patch=8, frequencies=11).shape == (121, 64)
    for atoms in (D.gabor(), D.sinusoids(), D.union()):
        np.testing.assert_allclose(np.linalg.norm(atoms, axis=1), 1, atol=1e-12)
    assert D.random(atoms=20, rows=9).shape == (20, 9)
    np.testing.assert_array_equal(D.random(atoms=6, seed=1), D.random(atoms=6, seed=1))
    both = D.union(parts="dct,haar", patch=4)
    np.testing.assert_array_equal(both, np.vstack([D.dct(patch=4), D.haar(patch=4)]))
    assert {"parts", "patch", "frequencies"} <= set(inspect.signature(D.union).parameters)
    X = np.random.default_rng(0).standard_normal((50, 6))
    drawn = D.from_data(X, atoms=10)
    cosines = drawn @ (X / np.linalg.norm(X, axis=1, keepdims=True)).T
    np.testing.assert_allclose(cosines.max(axis=1), 1, atol=1e-12)
    with pytest.raises(ValueError, match="frequencies"):
        D.dct(patch=8, frequencies=4)
