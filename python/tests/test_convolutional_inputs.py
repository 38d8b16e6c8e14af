"""Masks, weights, gradients and codes to begin with: judged by plain sums over positions."""

import numpy as np
import pytest

from convolutional_problem import NAN, TIGHT, objective, plain_sum, waves
from striate.convolutional import decode, encode


def masked_objective(image, maps, filters, lam, omega, w=1.0, boundary="circular"):
    r = np.where(omega > 0, image, 0) - plain_sum(maps, filters, boundary)
    return 0.5 * (omega * r**2).sum() + lam * (w * np.abs(maps)).sum()


METHODS = ("auto", "cd", "ssnal", "admm", "pgm")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("boundary", ["circular", "inside", "linear"])
def test_masks_and_weights_are_those_of_plain_sums(filters, method, boundary):
    image = np.vstack([waves(), waves()[::-1]])[:19, :13]  # sides that are prime
    i, j = np.ogrid[:19, :13]
    mask = (3 * i + 5 * j) % 7 != 0
    hidden = np.where(mask, image, np.nan)
    weights = 0.5 + (i + 2 * j) % 3
    positions = {"circular": (19, 13), "inside": (16, 10), "linear": (22, 16)}[boundary]
    by_position = 0.5 + np.arange(3 * np.prod(positions)).reshape(3, *positions) % 5
    settings = dict(method=method, boundary=boundary, tolerance=1e-5, max_iterations=20000)
    for omega, w, more in (
        (mask * 1.0, np.ones(()), dict(mask=mask)),
        (mask * weights, np.ones(()), dict(data_weights=mask * weights)),
        (np.ones((19, 13)), by_position, dict(penalty_weights=by_position)),
        (mask * weights, by_position, dict(data_weights=mask * weights, penalty_weights=by_position, positive=True)),
    ):
        given = hidden if "mask" in more or "data_weights" in more else image
        codes, info = encode(given, filters, 0.1, **settings, **more)
        maps = codes.to_dense()
        found = masked_objective(given, maps, filters, 0.1, omega, w, boundary)
        assert info.converged and info.relative_gap <= 1e-5 and info.nonzeros > 10
        assert info.objective == pytest.approx(found, rel=1e-10)
        rng = np.random.default_rng(0)
        for _ in range(10):  # nothing near by is better than the certificate allows
            other = np.abs(maps + 1e-3 * rng.standard_normal(maps.shape) * (maps != 0)) * np.sign(maps)
            assert masked_objective(given, other, filters, 0.1, omega, w, boundary) >= found * (1 - 1.1e-5)
    # What a mask hides is filled in by the filters' sum.
    codes, _ = encode(hidden, filters, 0.01, mask=mask, boundary=boundary)
    guess = decode(codes, filters)
    assert np.isfinite(guess).all()
    assert np.abs(guess - image)[mask].mean() < 0.1


def test_masks_are_for_all_images_or_for_each(image, filters):
    batch = np.stack([image, 2 * image])
    mask = np.arange(240).reshape(16, 15) % 3 != 0
    one, _ = encode(image, filters, 0.1, mask=mask)
    both, _ = encode(batch, filters, 0.1, mask=mask)
    np.testing.assert_array_equal(both[0].to_dense(), one.to_dense())
    for masks in (np.stack([mask, ~mask]), [mask, ~mask]):
        each, _ = encode(batch, filters, 0.1, mask=masks)
        np.testing.assert_array_equal(each[0].to_dense(), one.to_dense())
        np.testing.assert_array_equal(
            each[1].to_dense(), encode(2 * image, filters, 0.1, mask=~mask)[0].to_dense()
        )
    sizes = [image, image[:9, :11]]
    each, _ = encode(sizes, filters, 0.1, mask=[mask, mask[:9, :11]])
    np.testing.assert_array_equal(each[0].to_dense(), one.to_dense())
    # Colour: a mask for all channels, or one per channel.
    colour = np.stack([image, image[::-1]], axis=2)
    deep = np.stack([filters, filters[::-1]], axis=3)
    a, _ = encode(colour, deep, 0.1, mask=mask)
    b, _ = encode(colour, deep, 0.1, mask=np.stack([mask, mask], axis=2))
    np.testing.assert_array_equal(a.to_dense(), b.to_dense())
    c, _ = encode(colour, filters, 0.1, channels="separate", mask=np.stack([mask, ~mask], axis=2))
    np.testing.assert_array_equal(c.to_dense()[0], one.to_dense())
    np.testing.assert_array_equal(
        c.to_dense()[1], encode(image[::-1], filters, 0.1, mask=~mask)[0].to_dense()
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_mask_that_hides_everything_leaves_nothing(image, filters, method):
    for lam in (dict(lam=0.1), dict(lam_relative=0.1)):
        codes, info = encode(NAN, filters, mask=np.zeros((16, 15), bool), method=method, **lam)
        assert codes.nonzeros == 0 and info.converged and info.relative_gap == 0 and info.objective == 0


def test_penalty_weights_by_filter_and_position_agree(image, filters):
    w = np.array([1.0, 2.0, 0.5])
    a, _ = encode(image, filters, 0.1, penalty_weights=w, **TIGHT)
    b, _ = encode(image, filters, 0.1, penalty_weights=np.broadcast_to(w[:, None, None], (3, 16, 15)), **TIGHT)
    np.testing.assert_allclose(a.to_dense(), b.to_dense(), atol=1e-9)
    c, _ = encode(image, filters, 0.05, penalty_weights=2, **TIGHT)
    np.testing.assert_allclose(c.to_dense(), encode(image, filters, 0.1, **TIGHT)[0].to_dense(), atol=1e-9)
    heavy = np.ones((3, 16, 15))
    heavy[:, :8] = 1e6  # a place that costs too much is left empty
    d, _ = encode([image, image], filters, 0.1, penalty_weights=[heavy, np.ones((3, 16, 15))])
    assert not d[0].to_dense()[:, :8].any() and d[0].nonzeros > 0
    np.testing.assert_array_equal(d[1].to_dense(), encode(image, filters, 0.1)[0].to_dense())


def test_gradients_are_penalised(image, filters):
    objectives = []
    for method in ("auto", "admm", "pgm"):
        codes, info = encode(
            image, filters, 0.1, gradient_weight=0.5, method=method, tolerance=1e-5, max_iterations=20000
        )
        maps = codes.to_dense()
        rough = sum(((maps - np.roll(maps, 1, axis)) ** 2).sum() for axis in (1, 2))
        assert info.objective == pytest.approx(objective(image, maps, filters, 0.1) + 0.25 * rough)
        assert info.converged and info.method == ("pgm" if method == "pgm" else "admm")
        objectives.append(info.objective)
    np.testing.assert_allclose(objectives, objectives[0], rtol=2e-5)
    info = encode(image, filters, 0.1, gradient_weight=0.5, mask=np.ones((16, 15), bool))[1]
    assert info.method == "admm"
    plain = encode(image, filters, 0.1, gradient_weight=0.0)[0]
    np.testing.assert_array_equal(plain.to_dense(), encode(image, filters, 0.1)[0].to_dense())


@pytest.mark.parametrize("method", METHODS)
def test_coding_goes_on_from_earlier_codes(image, filters, method):
    batch = np.stack([image, image[::-1]])
    settings = dict(method=method, max_iterations=20000)
    rough, _ = encode(batch, filters, 0.1, **settings, tolerance=1e-3)
    cold = encode(batch, filters, 0.1, **settings, tolerance=1e-5)[1]
    warm = encode(batch, filters, 0.1, **settings, tolerance=1e-5, initial=rough)[1]
    assert all(info.converged for info in warm)
    assert sum(i.iterations for i in warm) <= sum(i.iterations for i in cold)
    narrow, _ = encode(image.astype("f"), filters.astype("f"), 0.1)
    again, info = encode(image, filters, 0.1, method=method, initial=narrow)  # of another precision
    assert again.dtype == np.float64 and info.converged
