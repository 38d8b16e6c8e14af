"""Convolutional codes: judged by plain sums over positions, from the original images."""

import inspect
import pathlib
import pickle
import re
import signal
import threading
import time

import numpy as np
import pytest
import scipy.sparse

import striate
from striate.convolutional import (
    AutoRho,
    ConvolutionalCodes,
    ReferenceOptions,
    decode,
    encode,
    encode_reference,
)

# What a solver must reach here; a small problem needs it to be told apart from luck.
TIGHT = dict(tolerance=1e-4, max_iterations=5000)


def waves():
    i, j = np.ogrid[:16, :15]
    return np.sin(0.9 * i) * np.cos(0.4 * j) + 0.3 * np.cos(0.05 * i * j)


def wave_filters():
    k, a, b = np.ogrid[:3, :4, :4]
    d = np.cos(1.3 * (k + 1) * a + 0.7 * b + 0.5 * k)
    return d / np.sqrt((d**2).sum(axis=(1, 2), keepdims=True))


@pytest.fixture
def image():
    return waves()


@pytest.fixture
def filters():
    return wave_filters()


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


def lambda_max(image, filters):
    """max |D's| by plain sums, circular."""
    h, w = filters.shape[1:3]
    c = [
        sum(d[a, b] * np.roll(image, (-a, -b), (0, 1)) for a in range(h) for b in range(w))
        for d in filters
    ]
    return np.abs(c).max()


@pytest.mark.parametrize("boundary", ["circular", "inside"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_codes_are_optimal_and_certified(image, filters, dtype, boundary):
    s, d = image.astype(dtype), filters.astype(dtype)
    codes, info = encode(s, d, 0.1, boundary=boundary, **TIGHT)
    maps = codes.to_dense()
    assert maps.dtype == codes.dtype == dtype
    assert maps.shape == codes.shape == ((3, 16, 15) if boundary == "circular" else (3, 13, 12))
    assert codes.boundary == boundary and info.method.startswith("cd") and info.trace is None
    x = maps.astype(float)
    found = objective(s.astype(float), x, d.astype(float), 0.1, boundary)
    assert info.objective == pytest.approx(found, rel=1e-6)  # float32 sums inside
    assert info.status == "converged" and info.converged and info.relative_gap <= 1e-4
    assert info.nonzeros == codes.nonzeros == (maps != 0).sum() > 0
    assert codes.sparseness == pytest.approx(1 - codes.nonzeros / maps.size)
    # Nothing near by is better than the certificate allows.
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = x + 1e-3 * rng.standard_normal(x.shape) * (x != 0)
        assert objective(image, other, filters, 0.1, boundary) >= found * (1 - 1.1e-4)
    decoded = decode(codes, d)
    assert decoded.dtype == dtype
    np.testing.assert_allclose(decoded, plain_sum(x, d, boundary), atol=1e-5)


def test_relative_lambda_weights_and_signs(image, filters):
    most = lambda_max(image, filters)
    a, _ = encode(image, filters, 0.2 * most, **TIGHT)
    b, _ = encode(image, filters, lam_relative=0.2, **TIGHT)
    np.testing.assert_allclose(a.to_dense(), b.to_dense(), atol=1e-9)
    assert encode(image, filters, lam_relative=1.001)[0].nonzeros == 0
    assert encode(image, filters, 0.1, positive=True)[0].values.min() > 0
    heavy = encode(image, filters, 0.1, penalty_weights=np.array([1, 1000, 1.0]))[0]
    assert 1 not in heavy.filters and {0, 2} <= set(heavy.filters)


def test_batches_lists_and_single_images_have_the_same_codes(image, filters):
    batch = np.stack([image, image[::-1], 2 * image])
    codes, infos = encode(batch, filters, 0.1)
    assert codes.shape == (3, 3, 16, 15) and len(codes) == len(infos) == 3
    listed, _ = encode(list(batch), filters, 0.1, threads=2)
    np.testing.assert_array_equal(codes.to_dense(), listed.to_dense())
    for one, info, s in zip(codes, infos, batch):
        alone, alone_info = encode(s, filters, 0.1, threads=1)
        np.testing.assert_array_equal(one.to_dense(), alone.to_dense())
        assert one.shape == (3, 16, 15) and len(one) == 1
        assert info.objective == alone_info.objective and info.nonzeros == one.nonzeros
    np.testing.assert_array_equal(codes[-1].to_dense(), codes[2].to_dense())
    with pytest.raises(IndexError):
        codes[3]
    assert decode(codes, filters).shape == batch.shape
    np.testing.assert_allclose(decode(codes, filters)[1], decode(codes[1], filters))
    of_one, infos = encode(image[None], filters, 0.1)
    assert of_one.to_dense().shape == (1, 3, 16, 15) and len(infos) == 1


def test_images_of_a_list_may_differ_in_size(image, filters):
    codes, infos = encode([image, image[:9, :11]], filters, 0.1)
    assert codes.shape == (2, 3, None, None) and codes[1].shape == (3, 9, 11)
    assert [s.shape for s in decode(codes, filters)] == [(16, 15), (9, 11)]
    assert [m.shape for m in codes.to_csr()] == [(3, 240), (3, 99)]
    assert codes.nonzeros == sum(info.nonzeros for info in infos)
    with pytest.raises(ValueError, match="to_dense: images differ in size"):
        codes.to_dense()


def test_colour_shares_maps_or_goes_channel_by_channel(image, filters):
    colour = np.stack([image, 0.5 * image[::-1], image[:, ::-1]], axis=2)
    deep = np.stack([filters, filters[::-1], 0.5 * filters], axis=3)
    codes, info = encode(colour, deep, 0.1, **TIGHT)
    assert codes.shape == (3, 16, 15)
    maps = codes.to_dense()
    assert info.objective == pytest.approx(objective(colour, maps, deep, 0.1), rel=1e-9)
    np.testing.assert_allclose(decode(codes, deep), plain_sum(maps, deep), atol=1e-12)

    codes, info = encode(colour, filters, 0.1, channels="separate", trace=True)
    assert codes.shape == (3, 3, 16, 15) and len(codes) == 1 and len(codes.channels) == 3
    alone = [encode(colour[:, :, c], filters, 0.1) for c in range(3)]
    for c, (one, about) in enumerate(alone):
        np.testing.assert_array_equal(codes.to_dense()[c], one.to_dense())
        np.testing.assert_array_equal(codes.channels[c].values, one.values)
        assert info.channels[c].objective == about.objective
        assert len(info.channels[c].trace["gap"]) == about.iterations
    assert info.objective == pytest.approx(sum(about.objective for _, about in alone))
    gap = sum(about.objective * about.relative_gap for _, about in alone)
    assert info.relative_gap == pytest.approx(gap / info.objective) and info.converged
    assert decode(codes, filters).shape == colour.shape
    both, infos = encode([colour, colour], filters, 0.1, channels="separate")
    assert both.shape == (2, 3, 3, 16, 15) and len(both) == len(infos) == 2
    np.testing.assert_array_equal(both[1].to_dense(), codes.to_dense())
    assert decode(both, filters).shape == (2, 16, 15, 3)
    assert [len(one) for one in both.to_csr()] == [3, 3]
    with pytest.raises(ValueError, match="take one, as codes.channels"):
        codes.values
    # One-channel images with their axis keep it.
    codes, _ = encode(colour[:, :, :1], filters[..., None], 0.1)
    assert decode(codes, filters[..., None]).shape == (16, 15, 1)


def test_parts_of_codes_are_views_of_what_they_say(image, filters):
    codes, _ = encode(image, filters, 0.1)
    assert codes.columns.dtype == codes.filters.dtype == np.uint16 and codes.starts.dtype == np.int64
    maps = np.zeros(codes.shape)
    rows = np.repeat(np.arange(16), np.diff(codes.starts))
    maps[codes.filters, rows, codes.columns] = codes.values
    np.testing.assert_array_equal(maps, codes.to_dense())
    matrix = codes.to_csr()
    assert isinstance(matrix, scipy.sparse.csr_array) and matrix.has_canonical_format
    np.testing.assert_array_equal(matrix.toarray(), maps.reshape(3, -1))
    values = codes.values
    assert np.shares_memory(values, codes.values) and not values.flags.writeable
    want = values.copy()
    del codes
    np.testing.assert_array_equal(values, want)


def test_small_entries_are_pruned(image, filters):
    codes, _ = encode(np.stack([image, 10 * image]), filters, 0.1)
    maps = codes.to_dense()
    np.testing.assert_array_equal(codes.prune(0.2).to_dense(), np.where(np.abs(maps) < 0.2, 0, maps))
    cut = 0.2 * np.abs(maps).max(axis=(1, 2, 3), keepdims=True)
    pruned = codes.prune(0.2, relative=True)
    np.testing.assert_array_equal(pruned.to_dense(), np.where(np.abs(maps) < cut, 0, maps))
    empty = codes.prune(1e9)[0]
    assert empty.nonzeros == 0 and empty.sparseness == 1 and empty.values.shape == (0,)
    assert empty.to_csr().nnz == 0 and not decode(empty, filters).any()
    with pytest.raises(ValueError, match="least is -1"):
        codes.prune(-1)


@pytest.mark.parametrize("suffix", ["h5", "npz"])
def test_codes_are_saved_loaded_and_pickled(image, filters, tmp_path, suffix):
    colour = np.stack([image, image[::-1]], axis=2).astype(np.float32)
    narrow = filters.astype(np.float32)
    for i, codes in enumerate(
        [
            encode(image, filters, 0.1)[0],
            encode(image[None], filters, 0.1)[0],
            encode([image, image[:9]], filters, 0.1, boundary="inside")[0],
            encode(colour, narrow, 0.1, channels="separate")[0],
            encode(image, filters, 100.0)[0],
        ]
    ):
        path = tmp_path / f"{i}.{suffix}"
        codes.save(path)
        copy = pickle.loads(pickle.dumps(codes))
        for other in (ConvolutionalCodes.load(path), striate.load(path), copy):
            assert repr(other) == repr(codes) and other.boundary == codes.boundary
            for a, b in zip(other, codes):
                np.testing.assert_array_equal(a.to_dense(), b.to_dense())
        with pytest.raises(OSError, match="exists"):
            codes.save(path)
        codes.save(path, overwrite=True)


def test_files_that_hold_no_codes_are_refused(tmp_path):
    striate.io.save(tmp_path / "other.npz", {"x": np.ones(3)})
    with pytest.raises(ValueError, match="no convolutional codes"):
        ConvolutionalCodes.load(tmp_path / "other.npz")


def test_damaged_files_are_refused(image, filters, tmp_path):
    encode(np.stack([image, image]), filters, 0.1)[0].save(tmp_path / "codes.npz")
    whole = striate.io.load(tmp_path / "codes.npz")
    assert "000000001/maps/data" in whole

    def refused(words, change):
        content = striate.io.Content({"arrays": dict(whole), "attributes": dict(whole.attributes)})
        change(content)
        striate.io.save(tmp_path / "damaged.npz", content, overwrite=True)
        with pytest.raises(ValueError, match=words):
            ConvolutionalCodes.load(tmp_path / "damaged.npz")

    def about(**change):
        return lambda content: content.attributes.update({"": {**content.attributes[""], **change}})

    refused("2 sets of maps, which are no images of 3 channels", about(channels=3))
    refused("which are no images of -2 channels", about(channels=-2))
    refused("which are no image of 1 channels", about(single=True))
    refused("maps/filters", lambda content: content.pop("000000001/maps/filters"))
    columns = whole["000000001/maps/columns"] + 15
    refused("maps have 15 columns", lambda content: content.update({"000000001/maps/columns": columns}))


def test_a_trace_tells_every_iteration(image, filters):
    codes, info = encode(image, filters, 0.1, method="admm", trace=True, tolerance=1e-3)
    assert set(info.trace) == {
        *("seconds", "objective", "objective_x", "data_fidelity", "l1", "primal", "dual", "rho", "gap")
    }
    assert {len(column) for column in info.trace.values()} == {info.iterations}
    measured = np.isfinite(info.trace["gap"])
    assert measured.any() and info.trace["gap"][measured][-1] <= 1e-3
    assert np.nanmin(info.trace["objective"]) == pytest.approx(info.objective)
    assert (np.diff(info.trace["seconds"]) >= 0).all()
    fidelity = info.trace["data_fidelity"] + 0.1 * info.trace["l1"]
    np.testing.assert_allclose(info.trace["objective_x"], fidelity)
    assert len(repr(info)) < 200 and "converged, admm" in repr(info)
    assert len(repr(codes)) < 120 and "(3, 16, 15)" in repr(codes)


@pytest.mark.parametrize("boundary", ["circular", "inside"])
def test_all_methods_meet(image, filters, boundary):
    objectives = []
    for method in ("auto", "cd", "ssnal", "admm", "pgm"):
        settings = {"method": method, "boundary": boundary, "tolerance": 1e-5, "max_iterations": 5000}
        _, info = encode(image, filters, 0.1, **settings)
        assert info.status == "converged" and info.relative_gap <= 1e-5
        objectives.append(info.objective)
    np.testing.assert_allclose(objectives, objectives[0], rtol=2e-5)
    _, linear = encode(image, filters, 0.1, boundary="linear", tolerance=1e-4)
    assert linear.relative_gap <= 1e-4


def masked_objective(image, maps, filters, lam, omega, w=1.0, boundary="circular"):
    r = np.where(omega > 0, image, 0) - plain_sum(maps, filters, boundary)
    return 0.5 * (omega * r**2).sum() + lam * (w * np.abs(maps)).sum()


@pytest.mark.parametrize("method", ["auto", "cd", "ssnal", "pgm"])
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


@pytest.mark.parametrize("method", ["auto", "cd", "ssnal", "pgm"])
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
    assert info.method == "pgm"
    plain = encode(image, filters, 0.1, gradient_weight=0.0)[0]
    np.testing.assert_array_equal(plain.to_dense(), encode(image, filters, 0.1)[0].to_dense())


@pytest.mark.parametrize("method", ["auto", "cd", "ssnal", "pgm"])
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


@pytest.mark.parametrize("method", ["auto", "cd", "ssnal", "admm", "pgm"])
def test_small_and_plain_problems_have_an_answer(image, filters, method):
    codes, info = encode(image, filters, lam_relative=1.0, method=method)
    assert codes.nonzeros == 0 and info.relative_gap <= 1e-12 and info.converged
    pixel, info = encode(np.array([[2.0]]), np.array([[[2.0]]]), 1.0, method=method, tolerance=1e-9)
    assert pixel.to_dense().ravel() == pytest.approx([(4 - 1) / 4], rel=1e-4)  # S(d s, lambda) / d^2
    codes, info = encode(image[:13, :11], filters[:1], 0.1, method=method)
    assert codes.shape == (1, 13, 11) and info.converged
    counts = (100 * image).astype(np.int32)
    codes, info = encode(counts, filters, 10, method=method)
    assert codes.dtype == np.float64 and info.converged and info.nonzeros > 0
    # A signal is an image of one row.
    t = np.arange(101.0)
    signal = (np.sin(0.3 * t) * (t > 40))[None]
    atoms = np.stack([np.sin(0.3 * np.arange(21)), np.cos(0.3 * np.arange(21))])[:, None] / 3
    for boundary in ("circular", "inside") + (("linear",) if method != "admm" else ()):
        codes, info = encode(
            signal, atoms, 0.05, method=method, boundary=boundary, tolerance=1e-3, max_iterations=20000
        )
        wide = {"circular": 101, "inside": 81, "linear": 121}[boundary]
        assert codes.shape == (2, 1, wide) and info.converged
        assert ((decode(codes, atoms) - signal) ** 2).sum() < 0.1 * (signal**2).sum()


def test_memory_is_told(image, filters):
    large = np.tile(image, (4, 4))
    maps = 3 * large.nbytes
    for method, least, most in (("cd", 1 / 3, 8), ("pgm", 3, 12)):
        _, info = encode(large, filters, lam_relative=0.3, method=method, threads=1)
        assert least * maps < info.peak_bytes < most * maps
    _, info = encode(np.stack([large, large], axis=2), filters, 0.1, channels="separate")
    assert info.peak_bytes == max(one.peak_bytes for one in info.channels)


def test_not_converging_warns(image, filters):
    with pytest.warns(striate.ConvergenceWarning, match="1 of 2 images .*iteration_limit.*gap") as caught:
        _, infos = encode([image, 0 * image], filters, 0.01, max_iterations=1)
    assert caught[0].filename == __file__
    assert [info.status for info in infos] == ["iteration_limit", "converged"]
    with pytest.warns(striate.ConvergenceWarning, match="time_limit"):
        encode(image, filters, 0.01, tolerance=0, max_seconds=0)


def test_results_do_not_depend_on_threads_layout_or_integers(image, filters):
    want = encode(image, filters, 0.1, threads=1)[0].to_dense()
    for threads in (2, 3):
        np.testing.assert_array_equal(encode(image, filters, 0.1, threads=threads)[0].to_dense(), want)
    frozen = image.copy()
    frozen.flags.writeable = False
    wide = np.zeros((16, 30))
    wide[:, ::2] = image
    for given in (np.asfortranarray(image), frozen, wide[:, ::2]):
        np.testing.assert_array_equal(encode(given, filters, 0.1)[0].to_dense(), want)
    counts = np.round(100 * image).astype(np.int16)
    a = encode(counts, filters, 10.0)[0]
    b = encode(counts.astype(float), filters, 10.0)[0]
    assert a.dtype == np.float64
    np.testing.assert_array_equal(a.to_dense(), b.to_dense())


def test_the_signature_says_what_can_be_asked():
    keywords = inspect.signature(encode).parameters
    for name, default in dict(
        lam=None, lam_relative=None, method="auto", boundary="circular", channels="shared", positive=False,
        mask=None, data_weights=None, penalty_weights=None, gradient_weight=None, initial=None, tolerance=1e-2,
        max_iterations=None, max_seconds=None, threads=None, trace=False,
    ).items():  # fmt: skip
        assert keywords[name].default == default, name
    assert "boundary : 'circular' or 'inside' or 'linear'" in encode.__doc__ and "%(" not in encode.__doc__
    for f in (decode, encode_reference, AutoRho, ReferenceOptions, ReferenceOptions.from_sporco):
        assert "%(" not in f.__doc__ and "Parameters" in f.__doc__


NAN = np.full((16, 15), np.nan)


@pytest.mark.parametrize(
    "change,words",
    [
        (dict(images=np.float64(1)), r"images has shape \(\)"),
        (dict(images=np.ones(9)), r"images has shape \(9,\); \(H, W\)"),
        (dict(images=np.ones((2, 2, 16, 15))), r"images has shape \(2, 2, 16, 15\)"),
        (dict(images=[np.ones(9)]), r"images\[0\] has shape \(9,\)"),
        (dict(images=[]), "images has none"),
        (dict(images=np.ones((16, 15, 3))), "colour needs filters"),
        (dict(images=waves().astype(complex)), "images has dtype complex128"),
        (dict(images=np.full((16, 15), "a")), "images has dtype"),
        (dict(images=NAN), "image has a value that is not finite at row 0, column 0"),
        (dict(images=[waves(), NAN]), r"not finite .*\(image 1 of 0 to 1\)"),
        (dict(images=np.ones((3, 15))), "filters have 4 x 4 taps, the image 3 x 15 pixels"),
        (dict(images=np.ones((0, 15))), "image has 0 x 15 pixels"),
        (dict(filters=np.ones((0, 4, 4))), r"filters has shape \(0, 4, 4\); at least one"),
        (dict(filters=np.ones((3, 0, 4))), r"filters has shape \(3, 0, 4\)"),
        (dict(filters=np.ones((4, 4))), r"filters has shape \(4, 4\); \(K, h, w\)"),
        (dict(filters=np.full((3, 4, 4), np.inf)), "filter 0 holds inf"),
        (dict(images=np.ones((16, 15, 3)), filters=np.ones((3, 4, 4, 2))), r"has 3 channels.* 2;"),
        (dict(images=np.ones((16, 15, 2)), filters=np.ones((3, 4, 4, 2)), channels="separate"), "of one"),
        (dict(channels="separate"), r"images has shape \(16, 15\); \(H, W, C\)"),
        (dict(channels="both"), "channels is 'both'"),
        (dict(lam=0.0), "lambda is 0; it must be above 0"),
        (dict(lam=-1.0), "lambda is -1"),
        (dict(lam=np.nan), "lambda"),
        (dict(lam=None), "lambda and lambda_relative are both missing"),
        (dict(lam_relative=0.1), "lambda and lambda_relative are both given"),
        (dict(lam=None, lam_relative=0.0), "lambda_relative is 0"),
        (dict(method="fista"), "no method 'fista'; there are 'auto', 'cd', 'ssnal', 'admm', 'pgm'"),
        (dict(method="admm", boundary="linear"), "boundary is linear"),
        (dict(boundary="valid"), "boundary is 'valid'"),
        (dict(mask=np.ones((16, 14), bool)), r"mask has shape \(16, 14\); that of the images, \(16, 15\)"),
        (dict(mask=np.ones((1, 16, 15), bool)), r"mask has shape \(1, 16, 15\)"),
        (dict(mask=[np.ones((16, 15), bool)] * 2), "mask has 2 items; there are 1 images"),
        (dict(images=[waves()] * 2, mask=[np.ones((16, 15))] + [np.ones(3)]), r"mask of image 1 has shape \(3,\)"),
        (dict(mask=np.full((16, 15), 0.5)), "mask holds more than true and false"),
        (dict(mask=np.ones((16, 15), bool), data_weights=np.ones((16, 15))), "are both given"),
        (dict(data_weights=np.full((16, 15), -1.0)), "data_weights holds -1 at row 0, column 0"),
        (dict(data_weights=np.full((16, 15), np.nan)), "data_weights holds"),
        (dict(data_weights=np.full((16, 15), "a")), "data_weights has dtype"),
        (dict(images=NAN, mask=np.arange(240).reshape(16, 15) != 37), "not finite at row 0, column 0"),
        (dict(method="admm", data_weights=np.ones((16, 15))), "admm: data_weights are given; cd, pgm and ssnal"),
        (dict(penalty_weights=np.ones((3, 16, 14))), r"penalty_weights has shape \(3, 16, 14\); .*\(3, 16, 15\)"),
        (dict(penalty_weights=np.ones((3, 16, 15)), boundary="inside"), r"of the maps, \(3, 13, 12\)"),
        (dict(penalty_weights=np.zeros((3, 16, 15))), "penalty_weights holds 0 at filter 0, row 0, column 0"),
        (dict(penalty_weights=[np.ones((3, 16, 15))] * 2), "penalty_weights has 2 items"),
        (dict(penalty_weights=np.ones((3, 16, 15)), method="admm"), "admm: penalty_weights by position"),
        (dict(penalty_weights=-2.0), "penalty_weights"),
        (dict(gradient_weight=-1.0), "gradient_weight is -1"),
        (dict(gradient_weight=1.0, boundary="linear"), "gradient_weight is 1 with boundary linear"),
        (dict(gradient_weight=1.0, method="cd"), "cd has no setting 'gradient_weight'; auto, admm, pgm have"),
        (dict(initial=np.zeros((3, 16, 15))), "initial is of type ndarray"),
        (dict(initial=encode(waves()[None], wave_filters(), 0.1)[0], images=[waves()] * 2), "which is not of these"),
        (dict(initial=encode(waves()[:9], wave_filters(), 0.1)[0]), "initial is a code of other maps"),
        (dict(initial=encode(waves(), wave_filters(), 0.1)[0], method="admm"), "admm: initial is given"),
        (dict(method="admm", rhoo=1.0), "admm has no setting 'rhoo'"),
        (dict(method="admm", rho=0.0), "rho is 0"),
        (dict(tolerance=-1.0), "tolerance"),
        (dict(max_iterations=0), "max_iterations is 0"),
        (dict(penalty_weights=[1.0, 2.0]), "penalty_weights has 2 values; 3"),
        (dict(penalty_weights=[1.0, 0.0, 1.0]), "penalty_weights"),
        (dict(threads=-1), "threads is -1"),
    ],
)
def test_what_cannot_be_is_refused_by_name(change, words):
    with pytest.raises(ValueError, match=words):
        encode(**{"images": waves(), "filters": wave_filters(), "lam": 0.1, **change})


def test_codes_need_their_own_filters(image, filters):
    codes, _ = encode(image, filters, 0.1)
    with pytest.raises(ValueError, match="decode: filters are 2 of 4 x 4 taps; .* 3 of 4 x 4"):
        decode(codes, filters[:2])
    with pytest.raises(ValueError, match="decode: codes is of type ndarray"):
        decode(codes.to_dense(), filters)
    many, _ = encode(image[None], filters, 0.1)
    with pytest.raises(ValueError, match="take one, as codes"):
        many.values


def endless(image, filters, **more):
    """A job of many seconds, unless it is stopped."""
    return encode(
        np.tile(image, (4, 4)), filters, 0.01, tolerance=0, max_iterations=10**6, max_seconds=30, **more
    )


@pytest.mark.filterwarnings("ignore::striate.ConvergenceWarning")
def test_callbacks_see_progress_and_stop(image, filters):
    seen = []

    def look(told):
        seen.append(told)
        return len(seen) < 3

    codes, info = endless(image, filters, callback=look)
    assert info.status == "stopped" and len(seen) == 3 and info.objective > 0
    assert {"stage", "done", "total", "seconds", "image"} <= set(seen[0])
    many = [np.tile(image, (4, 4))] * 3
    codes, infos = encode(
        many, filters, 0.01, tolerance=0, max_iterations=10**6, callback=lambda told: False
    )
    assert [one.status for one in infos] == ["stopped"] * 3 and len(codes) == 3

    def broken(told):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        endless(image, filters, callback=broken)
    with pytest.raises(KeyError, match="mine"):
        encode(many, filters, 0.01, tolerance=0, max_iterations=10**6, callback=broken)


def test_control_c_stops_and_others_may_run_meanwhile(image, filters):
    # A process that a shell began in the background ignores the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    main = threading.main_thread().ident
    counted = [0]

    def interrupt():
        end = time.monotonic() + 0.3
        while time.monotonic() < end:  # Python runs while the solver does
            counted[0] += 1
            time.sleep(0.001)
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    start = time.monotonic()
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            endless(image, filters)
    finally:
        thread.join()
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - start < 10 and counted[0] > 10


# Figures printed by SPORCO 0.2 for this problem with its defaults.
PRINTED = {
    0: (22.2133136822, 19.6126171638, 26.0069651836, 0.378825666953, 5.25630940855, 6),
    1: (17.0782198974, 12.7838135956, 42.9440630174, 0.128654107229, 2.04083271938, 6),
    2: (15.1049209153, 8.62864401724, 64.7627689807, 0.239804715472, 1.03819813948, 1.06523242117),
    9: (13.8182325281, 4.49836681617, 93.1986571191, 0.113146325212, 0.065291339446, 0.153415425664),
}
COLUMNS = ("objective_x", "data_fidelity", "l1", "primal", "dual", "rho")


@pytest.mark.parametrize(
    "options", [ReferenceOptions(max_iterations=10), ReferenceOptions.from_sporco({"MaxMainIter": 10})]
)
def test_the_reference_meets_the_printed_trace(image, filters, options):
    codes, info = encode_reference(image, filters, 0.1, options)
    for i, row in PRINTED.items():
        for name, value in zip(COLUMNS, row):
            assert info.trace[name][i] == pytest.approx(value, rel=1e-9), (i, name)
    assert info.iterations == 10 and info.status == "iteration_limit" and np.isnan(info.relative_gap)
    assert info.objective == pytest.approx(objective(image, codes.to_dense(), filters, 0.1), rel=1e-12)


def plain_reference(images, filters, lam, iterations, alpha=1.8, rho=6.0, weights=1.0, positive=False):
    """The fixed-rho iteration over all images, with a dense system per frequency."""
    D = np.fft.fft2(filters, images[0].shape, axes=(1, 2))
    S = np.fft.fft2(images)
    G = (np.abs(D) ** 2).sum(axis=0)
    y = np.zeros((len(images), *D.shape))
    u = np.zeros_like(y)
    for _ in range(iterations):
        z = np.fft.fft2(y - u)
        r = rho * (S - (D * z).sum(axis=1)) / (rho + G)
        x = np.fft.ifft2(z + np.conj(D) * r[:, None] / rho).real
        a = alpha * x + (1 - alpha) * y
        v = a + u
        y = np.sign(v) * np.maximum(np.abs(v) - lam * np.reshape(weights, (-1, 1, 1)) / rho, 0)
        if positive:
            y = np.maximum(y, 0)
        u = v - y
    return x, y


def test_reference_options_are_those_of_the_iteration(image, filters):
    still = AutoRho(enabled=False)
    options = ReferenceOptions(max_iterations=7, auto_rho=still, rel_stop=0.0)
    batch = np.stack([image, image[::-1]])
    codes, info = encode_reference(batch, filters, 0.1, options)
    x, y = plain_reference(batch, filters, 0.1, 7)
    np.testing.assert_allclose(codes.to_dense(), y, atol=1e-12)
    assert codes.shape == (2, 3, 16, 15) and info.nonzeros == codes.nonzeros
    # Channels alone are images of one job.
    colour = np.moveaxis(batch, 0, 2)
    apart, _ = encode_reference(colour, filters, 0.1, options, channels="separate")
    np.testing.assert_allclose(apart.to_dense(), y, atol=1e-12)

    options.return_x = True
    codes, info = encode_reference(batch, filters, 0.1, options)
    np.testing.assert_allclose(codes.to_dense(), x, atol=1e-12)
    whole = sum(objective(s, m, filters, 0.1) for s, m in zip(batch, x))
    assert info.objective == pytest.approx(whole) and info.nonzeros == codes.nonzeros

    options = ReferenceOptions(
        max_iterations=7, auto_rho=still, rel_stop=0.0, rho=2.0, relaxation=1.5, non_negative=True,
        penalty_weights=[1, 0.5, 2],
    )  # fmt: skip
    codes, _ = encode_reference(image, filters, 0.1, options)
    _, y = plain_reference([image], filters, 0.1, 7, 1.5, 2.0, [1, 0.5, 2], True)
    np.testing.assert_allclose(codes.to_dense(), y[0], atol=1e-12)

    inside = ReferenceOptions(max_iterations=7, no_boundary_crossing=True)
    assert encode_reference(image, filters, 0.1, inside)[0].shape == (3, 13, 12)


def test_rho_follows_the_residuals_as_asked(image, filters):
    rule = AutoRho(period=3, auto_scaling=False, scaling=2.0, ratio=10.0, target=1.0)
    options = ReferenceOptions(max_iterations=30, rel_stop=0.0, auto_rho=rule)
    _, info = encode_reference(image, filters, 0.1, options)
    r, q, rho = (info.trace[name] for name in ("primal", "dual", "rho"))
    want = rho[0]
    for i in range(30):
        assert rho[i] == want
        if (i + 1) % 3 == 0:
            want = want * 2 if r[i] > 10 * q[i] else want / 2 if q[i] > 10 * r[i] else want
    assert want != rho[0]
    # The default lambda: a tenth of the largest |conj(D) S|.
    D, S = np.fft.fft2(filters, image.shape, axes=(1, 2)), np.fft.fft2(image)
    lam = 0.1 * np.abs(np.conj(D) * S).max()
    a, _ = encode_reference(image, filters, options=options)
    b, _ = encode_reference(image, filters, lam, options)
    np.testing.assert_allclose(a.to_dense(), b.to_dense(), atol=1e-9)


def test_defaults_of_the_options():
    assert ReferenceOptions() == ReferenceOptions(
        max_iterations=1000, rel_stop=1e-3, abs_stop=0.0, rho=None, relaxation=1.8,
        auto_rho=AutoRho(
            enabled=True, period=1, auto_scaling=True, scaling=1000.0, ratio=1.2, target=None
        ),
        standard_residuals=False, non_negative=False, no_boundary_crossing=False, return_x=False,
    )  # fmt: skip
    assert "enabled : bool, default True" in AutoRho.__doc__
    assert "relaxation : number, default 1.8" in ReferenceOptions.__doc__


def test_options_of_sporco_are_read():
    read = ReferenceOptions.from_sporco
    assert read({}) == ReferenceOptions()
    options = read(
        {
            "Verbose": True, "StatusHeader": False, "MaxMainIter": 100, "RelStopTol": 1e-4, "AbsStopTol": 1e-6,
            "RelaxParam": 1.5, "rho": 10.0, "NonNegCoef": True, "NoBndryCross": True, "ReturnX": True,
            "HighMemSolve": True, "LinSolveCheck": False, "AuxVarObj": False, "FastSolve": False, "Y0": None,
            "L1Weight": np.array([1.0, 2.0, 3.0]).reshape(1, 1, 1, 1, 3),
            "AutoRho": {
                "Enabled": True, "Period": 10, "AutoScaling": False, "Scaling": 2.0, "RsdlRatio": 1.05,
                "RsdlTarget": 1.0, "StdResiduals": True,
            },
        }
    )  # fmt: skip
    assert options == ReferenceOptions(
        100, 1e-4, 1e-6, 10.0, 1.5, AutoRho(True, 10, False, 2.0, 1.05, 1.0), True, True, True, True, [1, 2, 3]
    )
    assert read({"L1Weight": 0.5}).penalty_weights == 0.5


@pytest.mark.parametrize(
    "options,words",
    [
        ({"MaxIter": 5}, "'MaxIter' is not known"),
        ({"AutoRho": {"Perod": 5}}, "AutoRho has the key 'Perod'"),
        ({"FastSolve": True}, "FastSolve is given"),
        ({"AuxVarObj": True}, "AuxVarObj is given"),
        ({"Y0": np.zeros(3)}, "Y0 is given"),
        ({"L1Weight": np.ones((16, 15, 1, 1, 3))}, "L1Weight has shape"),
    ],
)
def test_options_of_sporco_without_counterpart_are_refused_by_name(options, words):
    with pytest.raises(ValueError, match=words):
        ReferenceOptions.from_sporco(options)


@pytest.mark.parametrize(
    "change,words",
    [
        (dict(images=[waves(), waves()[:9]]), "image of 9 x 15 pixels"),
        (dict(images=NAN), "not finite"),
        (dict(lam=-1.0), "lambda is -1"),
        (dict(options={"MaxMainIter": 5}), "options is of type dict"),
        (dict(options=ReferenceOptions(relaxation=3)), "relaxation is 3"),
        (dict(options=ReferenceOptions(auto_rho=True)), "auto_rho is of type bool"),
        (dict(options=ReferenceOptions(auto_rho=AutoRho(ratio=0.5))), "ratio is 0.5"),
        (dict(options=ReferenceOptions(penalty_weights=[1, 2])), "penalty_weights has 2 values"),
        (dict(filters=np.ones((3, 17, 4))), "filters"),
    ],
)
def test_what_the_reference_cannot_do_is_refused(change, words):
    with pytest.raises(ValueError, match=words):
        encode_reference(**{"images": waves(), "filters": wave_filters(), "lam": 0.1, **change})


def test_a_weight_for_all_filters_is_a_factor_of_lambda(image, filters):
    half = ReferenceOptions(max_iterations=9, penalty_weights=0.5, rho=6.0)
    a, _ = encode_reference(image, filters, 0.2, half)
    want = ReferenceOptions(max_iterations=9, penalty_weights=[0.5, 0.5, 0.5], rho=6.0)
    np.testing.assert_array_equal(a.to_dense(), encode_reference(image, filters, 0.2, want)[0].to_dense())


def test_the_examples_of_the_guide_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = pathlib.Path(__file__).parents[2] / "docs" / "guide" / "convolutional.md"
    examples = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    for example in examples:
        exec(example, names)
    assert len(examples) == 6 and np.isfinite(names["filled"]).all()
    assert names["codes"].nonzeros > 0 and (tmp_path / "codes.h5").exists()
