"""Convolutional codes: judged by plain sums over positions, from the original images."""

import inspect
import pathlib
import re
import signal
import threading
import time

import numpy as np
import pytest

import striate
from convolutional_problem import NAN, TIGHT, objective, plain_sum, wave_filters, waves
from striate.convolutional import AutoRho, ReferenceOptions, decode, encode, encode_reference


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


@pytest.mark.parametrize("boundary", ["circular", "inside", "linear"])
def test_all_methods_meet(image, filters, boundary):
    objectives = []
    for method in ("auto", "cd", "ssnal", "admm", "pgm"):
        settings = {"method": method, "boundary": boundary, "tolerance": 1e-5, "max_iterations": 5000}
        _, info = encode(image, filters, 0.1, **settings)
        assert info.status == "converged" and info.relative_gap <= 1e-5
        objectives.append(info.objective)
    np.testing.assert_allclose(objectives, objectives[0], rtol=2e-5)


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
    for boundary in ("circular", "inside", "linear"):
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
        (dict(penalty_weights=np.ones((3, 16, 14))), r"penalty_weights has shape \(3, 16, 14\); .*\(3, 16, 15\)"),
        (dict(penalty_weights=np.ones((3, 16, 15)), boundary="inside"), r"of the maps, \(3, 13, 12\)"),
        (dict(penalty_weights=np.zeros((3, 16, 15))), "penalty_weights holds 0 at filter 0, row 0, column 0"),
        (dict(penalty_weights=[np.ones((3, 16, 15))] * 2), "penalty_weights has 2 items"),
        (dict(penalty_weights=-2.0), "penalty_weights"),
        (dict(gradient_weight=-1.0), "gradient_weight is -1"),
        (dict(gradient_weight=1.0, boundary="linear"), "gradient_weight is 1 with boundary linear"),
        (dict(gradient_weight=1.0, method="cd"), "cd has no setting 'gradient_weight'; auto, admm, pgm have"),
        (dict(initial=np.zeros((3, 16, 15))), "initial is of type ndarray"),
        (dict(initial=encode(waves()[None], wave_filters(), 0.1)[0], images=[waves()] * 2), "which is not of these"),
        (dict(initial=encode(waves()[:9], wave_filters(), 0.1)[0]), "initial is a code of other maps"),
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


def test_the_examples_of_the_guide_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = pathlib.Path(__file__).parents[2] / "docs" / "guide" / "convolutional.md"
    examples = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    for example in examples:
        exec(example, names)
    assert len(examples) == 6 and np.isfinite(names["filled"]).all()
    assert names["codes"].nonzeros > 0 and (tmp_path / "codes.h5").exists()
