import pickle

import numpy as np
import pytest

import striate

SETTINGS = dict(
    lam=0.1, coder="group_lasso", method="gradient", mu=0.1, batch=64, steps=15, held_out_period=5
)


@pytest.fixture(scope="module")
def patches():
    images = striate.images.whiten(striate.images.dead_leaves(3, (64, 64)))
    return striate.images.extract_patches(images, 6, count=1500, remove_mean=True)


def test_learning_lowers_the_objective_and_keeps_atoms_at_unit_norm(patches):
    model = striate.learn(patches, 48, **SETTINGS)
    assert model.atoms.shape == (48, 36) and model.atoms.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(model.atoms, axis=1), 1, atol=1e-5)
    held_out = model.history["held_out_objective"]
    assert held_out[-1] < held_out[0]
    assert model.status == "completed"


def test_models_are_saved_loaded_and_pickled(patches, tmp_path):
    model = striate.learn(patches, 48, **SETTINGS)
    model.save(tmp_path / "m.h5")
    for other in (striate.load(tmp_path / "m.h5"), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.atoms, model.atoms)
        assert (other.encode(patches[:9]) != model.encode(patches[:9])).nnz == 0
    with pytest.raises(OSError, match="exists"):
        model.save(tmp_path / "m.h5")


def test_an_interrupted_run_resumes_to_the_same_bits(patches, tmp_path):
    settings = {**SETTINGS, "steps": 300}
    whole = striate.learn(patches, 48, **settings)
    checkpoint = tmp_path / "state.h5"
    part = striate.learn(patches, 48, checkpoint=checkpoint, callback=lambda t: False, **settings)
    assert part.status == "stopped"
    rest = striate.learn(patches, 48, checkpoint=checkpoint, resume=True, **settings)
    np.testing.assert_array_equal(rest.atoms, whole.atoms)


def test_results_do_not_depend_on_threads(patches):
    one, two = (striate.learn(patches, 48, threads=t, **SETTINGS).atoms for t in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_models_code_and_decode(patches):
    model = striate.learn(patches, 48, **SETTINGS)
    codes, info = model.encode(patches[:50], return_info=True)
    assert info.relative_gap.max() <= 1e-4
    error = ((model.decode(codes) - patches[:50]) ** 2).sum() / (patches[:50] ** 2).sum()
    assert error < 0.5


def test_images_are_a_source_too(tmp_path):
    images = striate.images.dead_leaves(2, (48, 48))
    settings = dict(lam=0.1, steps=3, batch=32, patch=6, count=500)
    a = striate.learn(list(images), 24, **settings)
    striate.io.save(tmp_path / "images.npy", images)
    b = striate.learn(tmp_path / "images.npy", 24, **settings)
    np.testing.assert_array_equal(a.atoms, b.atoms)


@pytest.mark.parametrize(
    "change,words",
    [
        ({"lam": 0}, "lambda is 0"),
        ({"group_size": 5}, "5"),
        ({"metod": "online"}, "method"),
        ({"batch": 0}, "batch"),
        ({"resume": True}, "checkpoint"),
    ],
)
def test_settings_that_do_not_fit_are_refused(patches, change, words):
    with pytest.raises(ValueError, match=words):
        striate.learn(patches, 48, **{**SETTINGS, **change})


def test_a_pretrained_model_codes_at_once():
    model = striate.dictionaries.pretrained("dead-leaves")
    images = striate.images.whiten(striate.images.dead_leaves(2, (64, 64), seed=5))
    patches = striate.images.extract_patches(images, 12, count=100, remove_mean=True)
    codes, info = model.encode(patches, return_info=True)
    assert info.converged and codes.nnz < 0.5 * codes.shape[0] * codes.shape[1]
    assert ((model.decode(codes) - patches) ** 2).sum() < 0.3 * (patches**2).sum()
    with pytest.raises(ValueError, match="dead-leaves"):
        striate.dictionaries.pretrained("leaves")


def test_the_prior_of_1996_is_learned_and_codes_as_it_was_learned(patches):
    prior = dict(lam=0.022, penalty="log", sigma=0.316, start="projection")
    model = striate.learn(
        patches, 36, method="gradient", coder="ista", homeostasis="variance", batch=64, steps=10,
        max_iterations=50, **prior
    )
    assert np.linalg.norm(model.atoms, axis=1).std() > 1e-4  # lengths are of the rule
    one, two = model.encode(patches[:20]), striate.encode(patches[:20], model.atoms, method="ista", **prior)
    np.testing.assert_array_equal(one.toarray(), two.toarray())
    with pytest.raises(ValueError, match="penalty log and start projection"):
        striate.learn(patches, 36, method="gradient", coder="lasso", lam=0.1, homeostasis="variance")
