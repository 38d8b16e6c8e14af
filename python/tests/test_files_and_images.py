import numpy as np
import pytest

import striate


def test_arrays_come_back_from_every_format(tmp_path):
    rng = np.random.default_rng(0)
    for dtype in ("bool", "uint8", "uint16", "int32", "int64", "float32", "float64", "complex64"):
        array = (rng.random((3, 4)) * 100).astype(dtype)
        for suffix in ("npy", "npz", "h5"):
            path = tmp_path / f"{dtype}.{suffix}"
            striate.io.save(path, array)
            back = striate.io.load(path)["data"]
            assert back.dtype == array.dtype
            np.testing.assert_array_equal(back, array)
    np.testing.assert_array_equal(np.load(tmp_path / "float32.npy"), striate.io.load(tmp_path / "float32.npy")["data"])


def test_h5py_reads_our_files(tmp_path):
    h5py = pytest.importorskip("h5py")
    striate.io.save(tmp_path / "a.h5", {"group/x": np.arange(6.0).reshape(2, 3)})
    with h5py.File(tmp_path / "a.h5") as f:
        np.testing.assert_array_equal(f["group/x"][:], np.arange(6.0).reshape(2, 3))


def test_files_that_cannot_be_read_are_oserrors_and_unknown_names_valueerrors(tmp_path):
    with pytest.raises(OSError, match="no such file"):
        striate.io.load(tmp_path / "nothing.npy")
    (tmp_path / "broken.npy").write_bytes(b"\x93NUMPY\x01\x00")
    with pytest.raises(OSError, match="broken.npy"):
        striate.io.load(tmp_path / "broken.npy")
    with pytest.raises(ValueError, match="npy"):
        striate.io.load(tmp_path / "a.xyz")
    striate.io.save(tmp_path / "a.npy", np.ones(2))
    with pytest.raises(OSError, match="exists"):
        striate.io.save(tmp_path / "a.npy", np.zeros(2))
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), np.ones(2))
    with pytest.raises(ValueError, match="dtype"):
        striate.io.save(tmp_path / "b.npy", np.array(["text"]))


def test_whitening_reaches_the_variance_and_treats_others_alike():
    images = striate.images.dead_leaves(3, (64, 80))
    white, state = striate.images.whiten(images, return_state=True)
    assert white.shape == images.shape and white.dtype == np.float32
    assert np.isclose(white.var(axis=(1, 2)).mean(), 0.1, rtol=1e-4)
    np.testing.assert_allclose(striate.images.whiten(images[1], state=state), white[1], atol=1e-5)
    back = striate.images.unwhiten(white, state)
    error = ((back - images + images.mean(axis=(1, 2), keepdims=True)) ** 2).sum() / (
        (images - images.mean(axis=(1, 2), keepdims=True)) ** 2
    ).sum()
    assert error < 0.05


def test_whitening_of_2023_by_its_definition():
    images = striate.images.dead_leaves(2, (30, 41), dtype=np.float64)
    white, state = striate.images.whiten(images, exponent=1.4, scale="gain", return_state=True)
    f = np.hypot(np.fft.fftfreq(30)[:, None], np.fft.fftfreq(41))
    transfer = f**1.4 * np.exp(-((f / 0.4) ** 4))
    transfer /= transfer.mean()
    np.testing.assert_allclose(white, np.fft.ifft2(np.fft.fft2(images) * transfer).real, atol=1e-12)
    assert state["factor"] == 1 and state["exponent"] == 1.4 and state["scale"] == "gain"
    np.testing.assert_array_equal(striate.images.whiten(images[1], state=state), white[1])
    back = striate.images.unwhiten(white, state)
    centred = images - images.mean(axis=(1, 2), keepdims=True)
    assert ((back - centred) ** 2).sum() < 0.05 * (centred**2).sum()
    with pytest.raises(ValueError, match="variance, gain"):
        striate.images.whiten(images, scale="peak")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_disc_mask_by_its_definition(dtype):
    images = striate.images.dead_leaves(2, (12, 21), dtype=dtype) + dtype(0.1)
    masked, state = striate.images.disc_mask(images, return_state=True)
    R = np.hypot(np.linspace(-1, 1, 12)[:, None], np.linspace(-1, 1, 21))
    want = np.where(R < 1, ((1 + np.cos(np.pi * R)) / 2) ** (1 / 3), 0)
    assert masked.dtype == dtype
    np.testing.assert_allclose(state["weights"], want, atol=1e-7)
    np.testing.assert_allclose(masked, images * want, atol=1e-6)
    back = striate.images.disc_unmask(masked, floor=0.2)
    np.testing.assert_allclose(back, np.where(want >= 0.2, images, 0), atol=1e-5)
    colour = np.ones((1, 9, 8, 3), dtype=dtype)
    assert striate.images.disc_mask(colour).shape == colour.shape
    several, state = striate.images.disc_mask([images[0], images[1][:5]], return_state=True)
    assert [a.shape for a in several] == [w.shape for w in state["weights"]] == [(12, 21), (5, 21)]
    with pytest.raises(ValueError, match="disc_unmask: floor"):
        striate.images.disc_unmask(images, floor=0)


def test_patches_are_cut_and_put_together():
    images = [striate.images.dead_leaves(1, shape)[0] for shape in ((40, 50), (33, 35))]
    patches, state = striate.images.extract_patches(
        images, 8, sampling="all", stride=3, remove_mean=True, return_state=True
    )
    np.testing.assert_allclose(patches.mean(axis=1), 0, atol=1e-6)
    i, r, c = state["positions"][7]
    cut = images[i][r : r + 8, c : c + 8]
    np.testing.assert_allclose(patches[7].reshape(8, 8) + state["means"][7], cut, atol=1e-6)
    for a, b in zip(striate.images.assemble_patches(patches, state), images):
        np.testing.assert_allclose(a, b, atol=1e-6)
    with pytest.raises(ValueError, match="64"):
        striate.images.extract_patches(images, 64)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_local_contrast_is_undone_and_ignores_the_scale(dtype):
    images = striate.images.dead_leaves(3, (40, 50), dtype=dtype)
    out, state = striate.images.local_contrast_normalize(images, return_state=True)
    assert out.shape == images.shape and out.dtype == dtype
    assert state["mean"].shape == state["divisor"].shape == images.shape
    tolerance = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(striate.images.local_contrast_restore(out, state), images, atol=tolerance)
    np.testing.assert_array_equal(striate.images.local_contrast_normalize(images[1]), out[1])
    np.testing.assert_array_equal(striate.images.local_contrast_normalize(256 * images), out)
    np.testing.assert_array_equal(striate.images.local_contrast_normalize(list(images))[2], out[2])
    assert not striate.images.local_contrast_normalize(np.ones((4, 5))).any()


def test_local_contrast_by_its_definition():
    from scipy import ndimage

    image, n = striate.images.dead_leaves(1, (30, 41), dtype=np.float64)[0], 4
    weights = np.exp(-np.linspace(-3, 3, 2 * n + 1) ** 2 / 2)
    weights /= weights.sum()

    def blur(x):
        for axis in (0, 1):
            x = ndimage.convolve1d(x, weights, axis=axis, mode="wrap")
        return x

    s = np.pad(image, n, mode="symmetric")
    c = s - blur(s)
    v = np.sqrt(blur(c**2))
    want = (c / np.maximum(v.mean(), v))[n:-n, n:-n]
    got = striate.images.local_contrast_normalize(image, radius=n)
    np.testing.assert_allclose(got, want, atol=1e-12)


def test_tikhonov_highpass_by_its_definition():
    images = striate.images.dead_leaves(2, (30, 41), dtype=np.float64)
    high, state = striate.images.tikhonov_highpass(images, 5.0, 6, return_state=True)
    assert high.shape == images.shape
    np.testing.assert_allclose(high + state["low"], images, atol=1e-15)
    s = np.pad(images[1], 6, mode="symmetric")
    squares = [np.abs(np.exp(-2j * np.pi * np.fft.fftfreq(k)) - 1) ** 2 for k in s.shape]
    low = np.fft.ifft2(np.fft.fft2(s) / (1 + 5 * np.add.outer(*squares))).real
    np.testing.assert_allclose(high[1], (s - low)[6:-6, 6:-6], atol=1e-13)
    colour = np.random.default_rng(0).random((1, 9, 8, 3)).astype(np.float32)
    assert striate.images.tikhonov_highpass(colour).shape == colour.shape
    assert striate.images.tikhonov_highpass(colour[..., :1]).shape == (1, 9, 8, 1)
    with pytest.raises(ValueError, match="tikhonov_highpass: the image has a value that is not finite"):
        striate.images.tikhonov_highpass(np.full((3, 3), np.nan))


def test_log_gabor_banks():
    filters, table = striate.dictionaries.log_gabor()
    assert filters.shape == (144, 12, 12) and filters.dtype == np.float64
    np.testing.assert_allclose((filters**2).sum(axis=(1, 2)), 1, atol=1e-13)
    np.testing.assert_allclose(filters.sum(axis=(1, 2)), 0, atol=1e-13)
    k = np.arange(144)
    np.testing.assert_allclose(table["theta"], np.pi / 12 * (k // 12))
    np.testing.assert_allclose(np.rad2deg(table["bandwidth"]), np.linspace(3, 30, 6)[k // 2 % 6])
    np.testing.assert_allclose(table["phase"], np.pi / 2 * (k % 2))
    released, _ = striate.dictionaries.log_gabor(convention="released")
    assert np.isclose(released.sum(), -1.983858333, rtol=0, atol=5e-10)
    assert np.isclose((released**2).sum(), 836.6344256, rtol=0, atol=5e-8)
    one, table = striate.dictionaries.log_gabor("homogeneous", shape=(9, 14), orientations=5)
    assert one.shape == (10, 9, 14) and np.allclose(np.rad2deg(table["bandwidth"]), 12)
    few, _ = striate.dictionaries.log_gabor(orientations=3, angular_bandwidths=[10, 20])
    assert len(few) == 12
    with pytest.raises(ValueError, match="log_gabor: height"):
        striate.dictionaries.log_gabor(shape=(2, 12))
    with pytest.raises(ValueError, match="heterogeneous, homogeneous"):
        striate.dictionaries.log_gabor(kind="mixed")


def test_metrics_by_their_definitions():
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 32, 32))
    mse = ((a - b) ** 2).mean()
    assert np.isclose(striate.metrics.psnr(a, b), 10 * np.log10(a.max() ** 2 / mse))
    assert np.isclose(striate.metrics.psnr(a, b, peak=1.0), -10 * np.log10(mse))
    assert striate.metrics.psnr(a, a) == np.inf
    assert np.isclose(striate.metrics.snr(a, b), 10 * np.log10((a**2).sum() / ((a - b) ** 2).sum()))
    assert np.isclose(striate.metrics.snr(a, b, signal="variance"), 10 * np.log10(a.var() / mse))
    assert np.isclose(striate.metrics.psnr(a - 0.9, b - 0.9, peak="range"), 10 * np.log10(np.ptp(a) ** 2 / mse))
    assert np.isclose(striate.metrics.ssim(a, a), 1)
    D = rng.standard_normal((6, 10))
    assert striate.metrics.atom_recovery(D, -D[::-1]) == 1
    with pytest.raises(ValueError, match="peak"):
        striate.metrics.psnr(a, b, peak="most")
    with pytest.raises(ValueError, match="signal"):
        striate.metrics.snr(a, b, signal="most")
    with pytest.raises(ValueError, match="shape"):
        striate.metrics.psnr(a, b[:5])


def test_dead_leaves_are_a_function_of_their_seed():
    a, b, c = (striate.images.dead_leaves(2, (32, 32), seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert (a != c).any() and a.min() >= 0 and a.max() <= 1
