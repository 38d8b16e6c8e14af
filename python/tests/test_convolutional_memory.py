"""Whole images as patterns of an associative memory."""

import pickle

import numpy as np
import pytest
import striate

SIDE = 48


@pytest.fixture(scope="module")
def images():
    return striate.images.dead_leaves(8, (SIDE, SIDE), seed=3).astype(np.float32)


@pytest.fixture(scope="module")
def filters():
    return striate.dictionaries.dct(patch=6).reshape(-1, 6, 6)


@pytest.fixture(scope="module")
def memory(images, filters):
    memory = striate.memory.ConvolutionalMemory(filters, (SIDE, SIDE))
    assert memory.store(images).tolist() == list(range(8))
    return memory


def psnr(clean, image):
    return -10 * np.log10(((clean - image) ** 2).mean())


def test_half_of_an_image_is_enough(memory, images):
    masks = np.zeros(images.shape, bool)
    masks[::2, : SIDE // 2] = masks[1::2, :, SIDE // 2 :] = True
    found = memory.recall(np.where(masks, images, np.nan), mask=masks)
    assert found.ids.tolist() == list(range(8)) and found.images.shape == images.shape
    assert found.kinds == ["pattern"] * 8 and found.status == "completed"
    for i in range(8):
        assert psnr(images[i], found.images[i]) > psnr(images[i], found.coded[i]) + 3
    one = memory.recall(images[3], mask=masks[1])
    assert one.ids.tolist() == [3] and one.images.shape == (1, SIDE, SIDE)


def test_noise_is_no_hindrance(memory, images):
    sigma = images.std(axis=(1, 2))
    rng = np.random.default_rng(0)
    for i in range(8):
        noisy = images[i] + sigma[i] * rng.standard_normal(images[i].shape)
        for how in ({"sigma": sigma[i]}, {}):
            found = memory.recall(noisy, **how)
            assert found.ids.tolist() == [i]
            assert found.sigmas[0] == pytest.approx(sigma[i], rel=0.25)
            assert psnr(images[i], found.images[0]) > psnr(images[i], found.coded[0]) + 3


def test_the_image_comes_back_where_the_cue_lies(memory, images):
    moved = np.roll(images[5], (3, -2), (0, 1))
    found = memory.recall(moved, sigma=0, max_shift=4)
    assert found.ids.tolist() == [5] and found.shifts.tolist() == [[3, -2]]
    inside = np.s_[4:-4, 4:-4]
    there = np.roll(memory.image(5), (3, -2), (0, 1))
    np.testing.assert_allclose(found.images[0][inside], there[inside], atol=1e-5)


# Without a slow part the recalled image is what the state stands for, by plain loops, times a gain.
def test_states_are_codes_of_the_filters(images, filters):
    memory = striate.memory.ConvolutionalMemory(filters, (SIDE, SIDE), highpass=0)
    memory.store(images)
    found = memory.recall(images[:2], sigma=0)
    side, K = SIDE + 5, len(memory.filters)
    assert found.states.shape == (2, memory.n_units) and memory.n_units == side * side * K
    assert np.diff(found.states.indptr).max() <= memory.nonzeros
    maps = found.states[[0]].toarray().reshape(side, side, K)
    canvas = np.zeros((side + 5, side + 5))
    for r, c, k in zip(*np.nonzero(maps)):
        canvas[r : r + 6, c : c + 6] += maps[r, c, k] * memory.filters[k]
    decoded, image = canvas[5:-5, 5:-5], found.images[0]
    gain = (decoded * image).sum() / (decoded**2).sum()
    assert gain > 0 and abs(image - gain * decoded).max() < 1e-4


def test_what_is_forgotten_does_not_come_back(images, filters, tmp_path):
    memory = striate.memory.ConvolutionalMemory(filters, (SIDE, SIDE), "power", power=5, nonzeros=100)
    memory.store(list(images))
    before = memory.nbytes
    memory.forget([2, 6])
    assert len(memory) == 6 and memory.ids.tolist() == [0, 1, 3, 4, 5, 7] and memory.nbytes < before
    assert set(memory.recall(images).ids) <= set(memory.ids.tolist())
    with pytest.raises(ValueError, match="id 2"):
        memory.forget(2)
    memory.save(tmp_path / "memory.h5")
    for again in (
        striate.load(tmp_path / "memory.h5"),
        striate.memory.ConvolutionalMemory.load(tmp_path / "memory.h5"),
        pickle.loads(pickle.dumps(memory)),
    ):
        assert isinstance(again, striate.memory.ConvolutionalMemory)
        assert again.rule == "power" and again.settings["power"] == 5 and again.shape == (SIDE, SIDE)
        np.testing.assert_array_equal(again.recall(images[0]).images, memory.recall(images[0]).images)


def test_colour_and_double_precision(filters):
    images = striate.images.dead_leaves(3, (32, 32), channels=3, seed=1)
    bank = np.repeat(filters[..., None], 3, axis=3)
    memory = striate.memory.ConvolutionalMemory(bank, (32, 32), dtype=np.float64, nonzeros=300)
    ids = memory.store(images)
    found = memory.recall(images, mask=np.arange(32 * 32).reshape(32, 32) < 512)
    assert found.ids.tolist() == ids.tolist()
    assert found.images.shape == (3, 32, 32, 3) and found.images.dtype == np.float64


def test_a_filter_model_says_how_images_are_prepared(images):
    model = striate.convolutional.learn(images, 8, 0.1, shape=(6, 6), steps=2)
    memory = striate.memory.ConvolutionalMemory(model, (SIDE, SIDE), highpass=10)
    memory.store(images)
    assert memory.recall(images).ids.tolist() == list(range(8))


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda m, x: m.recall(x[:, :40]), "cue 0 is 40 x 48 x 1"),
        (lambda m, x: m.recall(x[0, 0]), r"cues has shape \(48,\)"),
        (lambda m, x: m.recall(x + 1j), "real numbers are needed"),
        (lambda m, x: m.recall(x, mask=np.ones((SIDE, SIDE))), "booleans"),
        (lambda m, x: m.recall(x, mask=np.ones((7, SIDE, SIDE), bool)), "7 masks for 8 cues"),
        (lambda m, x: m.recall(x, max_shift=48), "max_shift is 48"),
        (lambda m, x: m.store(np.zeros((SIDE, SIDE))), "image 0 has nothing but slow changes"),
        (lambda m, x: m.image(99), "id 99"),
    ],
)
def test_misuse_is_named(memory, images, call, text):
    with pytest.raises(ValueError, match=text):
        call(memory, images)
    assert len(memory) == 8


def test_nothing_and_nan_have_answers(memory, images):
    assert memory.recall(images[:0]).images.shape == (0, SIDE, SIDE)
    broken = images[:2].copy()
    broken[1, 3, 3] = np.nan
    found = memory.recall(broken)
    assert found.kinds[1] == "invalid" and found.ids.tolist() == [0, -1]
    assert not found.images[1].any()
