import pickle

import numpy as np
import pytest

import striate
from striate.convolutional import FilterModel, decode, learn

RNG = np.random.default_rng(0)
IMAGES = RNG.standard_normal((3, 30, 34)).astype(np.float32)
SMALL = {"shape": (5, 4), "steps": 4}


def objective(model, images, lam, weights=None):
    total = 0
    for i, image in enumerate(images):
        residual = image.astype("d") - decode(model.codes[i], model.filters)
        square = residual**2 if weights is None else weights[i] * residual**2
        total += 0.5 * square.sum() + lam * np.abs(model.codes[i].values.astype("d")).sum()
    return total


@pytest.mark.parametrize("method", ["cd", "pgm", "consensus"])
def test_no_step_raises_the_objective_which_is_that_of_the_codes(method):
    model = learn(IMAGES, 6, 0.5, method=method, **SMALL)
    values = model.history["objective"]
    assert len(values) == 4 and (np.diff(values) <= 0).all()
    assert values[-1] == pytest.approx(objective(model, IMAGES, 0.5), rel=1e-5)
    assert model.filters.shape == (6, 5, 4) and model.filters.dtype == np.float32
    np.testing.assert_allclose((model.filters.astype("d") ** 2).sum((1, 2)), 1, rtol=1e-5)
    assert model.status == "completed" and model.codes.shape == (3, 6, 30, 34)


def test_lists_of_sizes_and_of_colour():
    sizes = [RNG.standard_normal((20, 25)), RNG.standard_normal((31, 18))]
    model = learn(sizes, 4, 0.5, **SMALL)
    assert model.filters.dtype == np.float64 and model.codes.shape == (2, 4, None, None)
    colour = learn([RNG.standard_normal((20, 21, 3))], 4, 0.5, **SMALL)
    assert colour.filters.shape == (4, 5, 4, 3)
    one = learn(IMAGES[0], 4, 0.5, **SMALL)
    assert one.codes.shape == (4, 30, 34)
    assert one.codes == one.codes and len(one.codes) == 1


def test_online_reads_one_image_at_a_time():
    class Lazy:
        def __init__(self):
            self.read = []

        def __len__(self):
            return 8

        def __getitem__(self, i):
            self.read.append(i)
            return np.random.default_rng(i).standard_normal((24, 20)).astype(np.float32)

    lazy = Lazy()
    model = learn(lazy, 5, 0.5, method="online", shape=(4, 4), batch=2, initial="random")
    assert model.codes is None and len(model.history["step"]) == 4
    assert sorted(lazy.read[9:]) == list(range(8))  # each once for its shape, and once to learn
    stacked = np.stack([lazy[i] for i in range(8)])
    same = learn(stacked, 5, 0.5, method="online", shape=(4, 4), batch=2, initial="random")
    np.testing.assert_array_equal(model.filters, same.filters)


def test_starts_from_a_bank_and_keeps_its_sizes():
    bank = RNG.standard_normal((6, 4, 4))
    model = learn(IMAGES, bank, 0.5, sides=[2, 4], zero_mean=True, steps=3)
    assert model.filters.shape == (6, 4, 4)
    assert not model.filters[:3, 2:].any() and not model.filters[:3, :, 2:].any()
    assert model.support[:3].sum() == 3 * 4 and model.support[3:].all()
    np.testing.assert_allclose(model.filters.sum((1, 2)), 0, atol=1e-12)


def test_masked_pixels_count_for_nothing():
    mask = RNG.random((30, 34)) < 0.7
    holes = IMAGES.copy()
    holes[:, ~mask] = np.nan
    bank = RNG.standard_normal((4, 5, 4)).astype(np.float32)
    a = learn(IMAGES, bank, 0.5, mask=mask, steps=3)
    b = learn(holes, bank, 0.5, mask=[mask, mask, mask], steps=3)
    c = learn(IMAGES, bank, 0.5, data_weights=np.stack([mask] * 3).astype(np.float32), steps=3)
    np.testing.assert_array_equal(a.filters, b.filters)
    np.testing.assert_array_equal(a.filters, c.filters)
    # Patches to begin with are of what is seen, too; NaN that is seen is refused where it lies.
    for method in ("cd", "pgm", "online"):
        a1 = learn(IMAGES, 6, 0.5, mask=mask, method=method, **SMALL)
        b1 = learn(holes, 6, 0.5, mask=mask, method=method, **SMALL)
        np.testing.assert_array_equal(a1.filters, b1.filters)
    row, column = np.argwhere(mask)[5]
    holes[1, row, column] = np.nan
    with pytest.raises(ValueError, match=f"image 1: .*row {row}, column {column} is NaN"):
        learn(holes, 6, 0.5, mask=mask, **SMALL)
    weights = np.stack([mask] * 3)
    assert a.history["objective"][-1] == pytest.approx(objective(a, IMAGES, 0.5, weights), rel=1e-5)


def test_the_same_bits_for_any_number_of_threads_and_after_resuming(tmp_path):
    whole = learn(IMAGES, 6, 0.5, **SMALL)
    np.testing.assert_array_equal(whole.filters, learn(IMAGES, 6, 0.5, threads=1, **SMALL).filters)
    state = tmp_path / "state.h5"
    learn(IMAGES, 6, 0.5, shape=(5, 4), steps=2, checkpoint=state)
    again = learn(IMAGES, 6, 0.5, checkpoint=state, resume=True, **SMALL)
    np.testing.assert_array_equal(whole.filters, again.filters)
    with pytest.raises(ValueError, match="lambda is 0.4 but the state was saved with 0.5"):
        learn(IMAGES, 6, 0.4, checkpoint=state, resume=True, **SMALL)
    with pytest.raises(OSError, match="exists"):
        learn(IMAGES, 6, 0.5, checkpoint=state, **SMALL)


def test_models_are_saved_and_code(tmp_path):
    model = learn(IMAGES, 6, 0.5, boundary="inside", **SMALL)
    model.save(tmp_path / "model.h5")
    loaded = striate.load(tmp_path / "model.h5")
    assert isinstance(loaded, FilterModel)
    np.testing.assert_array_equal(loaded.filters, model.filters)
    np.testing.assert_array_equal(loaded.history["objective"], model.history["objective"])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).filters, model.filters)
    codes, info = loaded.encode(IMAGES[0])
    assert codes.boundary == "inside" and info.converged
    more, _ = loaded.encode(IMAGES[0], lam=0.2)
    assert more.nonzeros > codes.nonzeros
    assert loaded.decode(codes).shape == (30, 34)
    assert "6 filters of 5 x 4" in repr(loaded)


def test_stops():
    seen = []

    def callback(progress):
        seen.append(progress)
        return False

    model = learn(RNG.standard_normal((2, 200, 200)), 30, 0.3, steps=50, callback=callback)
    assert model.status == "stopped" and len(model.history["step"]) < 50 and seen
    assert learn(IMAGES, 6, 0.5, max_seconds=0, **SMALL).status == "time_limit"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"images": IMAGES[0, 0]}, r"images has shape \(34,\)"),
        ({"images": []}, "images has none"),
        ({"images": 3}, "images is of type int"),
        ({"images": [IMAGES[0], IMAGES[0].astype(complex)]}, r"images\[1\] has dtype complex"),
        ({"images": [np.zeros((9, 9)), np.zeros((9, 9, 3))]}, "image 1 has 3 channels"),
        ({"images": [np.full((9, 9), np.nan)], "filters": np.ones((2, 3, 3))}, "not finite"),
        ({"filters": "many"}, "filters is 'many'"),
        ({"filters": 2.5}, "filters is 2.5"),
        ({"filters": 0}, "filters"),
        ({"filters": np.ones((3, 3))}, r"filters has shape \(3, 3\)"),
        ({"filters": np.zeros((2, 3, 3))}, "filter 0 is zero"),
        ({"lam": 0}, "lam"),
        ({"lam": None}, "lambda is not given"),
        ({"shape": 5}, "shape is 5"),
        ({"shape": (40, 4)}, "40 x 4"),
        ({"method": "admm"}, "method is 'admm'"),
        ({"steps": 3, "epochs": 2}, "steps and epochs are both given"),
        ({"mask": np.ones((30, 33), bool)}, "weights are 30 x 33 x 1; they must be 30 x 34"),
        ({"mask": np.full((30, 34), 0.5)}, "mask holds more than True and False"),
        ({"data_weights": [np.ones((30, 34))]}, "data_weights has 1 images, images 3"),
        ({"mask": np.ones((30, 34), bool), "data_weights": np.ones((30, 34))}, "both given"),
        ({"data_weights": -np.ones((30, 34))}, "-1"),
        ({"resume": True}, "resume needs the checkpoint"),
        ({"rho": 3}, "rho"),
    ],
)
def test_refuses_by_name(change, text):
    with pytest.raises(ValueError, match=text):
        learn(**{"images": IMAGES, "filters": 4, "lam": 0.5, "shape": (5, 4), **change})


def test_integers_and_a_mask_that_hides_all():
    integers = RNG.integers(0, 255, (2, 20, 20), dtype=np.uint8)
    assert learn(integers, 3, 20, shape=(4, 4), steps=2).filters.dtype == np.float64
    model = learn(IMAGES, 3, 0.5, shape=(4, 4), steps=2, mask=np.zeros((30, 34), bool))
    assert model.codes.nonzeros == 0 and model.history["objective"][-1] == 0
