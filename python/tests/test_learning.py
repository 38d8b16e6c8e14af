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


METHODS = {
    "online": dict(batch=100),
    "gradient": dict(batch=100),
    "batch": dict(),
    "mod": dict(),
    "ksvd": dict(coder="omp", nonzeros=3, lam=None),
}


def settings_of(method, **more):
    return {"lam": 0.1, "method": method, **METHODS[method], **more}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_single_steps_are_what_learn_does(patches, method, dtype, tmp_path):
    X = patches[:600].astype(dtype)
    source = dict(steps=6, shuffle=False, held_out=0)
    model = striate.learn(X, 48, initial=X[:48], **settings_of(method, **source))
    settings = settings_of(method)
    batch = settings.pop("batch", 600)
    learner = striate.Learner(X[:48], **settings)
    for step in range(6):
        if step == 3:  # in the middle of it, to a file and back
            learner.save(tmp_path / "learner.h5")
            learner = striate.Learner.restore(tmp_path / "learner.h5")
            assert learner.steps == 3
        if step == 4:
            learner = pickle.loads(pickle.dumps(learner))
        first = step * batch % 600
        info = learner.step(X[first : first + batch])
        assert info.complete and info.objective > 0 and info.nonzeros > 0
    assert learner.steps == 6 and learner.atoms.dtype == dtype
    np.testing.assert_array_equal(learner.atoms, model.atoms)
    assert learner.atoms_in_use == model.history["atoms_in_use"][-1]
    assert learner.dictionary.shape == model.dictionary.shape


def test_a_step_that_is_stopped_changes_nothing(patches):
    learner = striate.Learner(patches[:48], lam=0.1)
    before = learner.atoms
    info = learner.step(patches, max_seconds=1e-9)
    assert not info.complete and learner.steps == 0
    np.testing.assert_array_equal(learner.atoms, before)


def test_learners_refuse_what_they_cannot_do(patches, tmp_path):
    with pytest.raises(ValueError, match="epochs is about a whole source"):
        striate.Learner(patches[:48], lam=0.1, epochs=3)
    with pytest.raises(ValueError, match="lambda"):
        striate.Learner(patches[:48], lam=-1)
    with pytest.raises(ValueError, match="rows"):
        striate.Learner(patches[:48], lam=0.1).step(patches[:, :30])
    striate.learn(patches, 48, **SETTINGS).save(tmp_path / "m.h5")
    with pytest.raises(ValueError, match="does not hold a learner"):
        striate.Learner.restore(tmp_path / "m.h5")


@pytest.mark.parametrize("method", ["online", "batch", "mod", "ksvd"])
def test_every_method_stops_is_limited_and_resumes(patches, method, tmp_path):
    settings = settings_of(method, held_out=100)
    steps = 60 if method == "online" else 8
    whole = striate.learn(patches, 48, **settings, steps=steps)

    told = []

    def stop_soon(progress):
        told.append(progress)
        return len(told) < 3

    state = tmp_path / "state.h5"
    part = striate.learn(patches, 48, **settings, steps=steps, checkpoint=state, callback=stop_soon)
    assert told and part.status in ("stopped", "completed")
    rest = striate.learn(patches, 48, **settings, steps=steps, checkpoint=state, resume=True)
    np.testing.assert_array_equal(rest.atoms, whole.atoms)

    limited = striate.learn(patches, 48, **settings, steps=10**6, max_seconds=0.1)
    assert limited.status == "time_limit"

    flat = striate.learn(
        patches, 48, **settings, steps=10**6, held_out_period=2, min_improvement=0.02, patience=2
    )
    held_out = flat.history["held_out_objective"]
    assert flat.status == "converged"
    assert held_out[-1] > held_out[-3] * (1 - 0.02)
    # and no row before it had reason to end there
    assert all(held_out[i] <= held_out[i - 2] * (1 - 0.02) for i in range(2, len(held_out) - 1))


def test_an_exception_of_the_callback_comes_out(patches):
    def fail(progress):
        raise RuntimeError("from the callback")

    with pytest.raises(RuntimeError, match="from the callback"):
        striate.learn(patches, 48, lam=0.1, callback=fail)


def test_models_report_on_their_atoms(patches):
    model = striate.learn(patches, 48, **SETTINGS)
    report = model.report()
    pairs = model.atoms.reshape(24, 2, 36).astype(float)
    bases = [np.linalg.qr(pair.T)[0] for pair in pairs]
    cosines = {
        (p, q): np.linalg.svd(bases[p].T @ bases[q], compute_uv=False)[0]
        for p in range(24)
        for q in range(p + 1, 24)
    }
    assert report["coherence"] == pytest.approx(max(cosines.values()), abs=1e-12)
    assert (report["alike_first"], report["alike_second"]) == max(cosines, key=cosines.get)
    assert report["near_duplicates"] == sum(c >= 0.99 for c in cosines.values())
    within = max(abs(a @ b) / np.linalg.norm(a) / np.linalg.norm(b) for a, b in pairs)
    assert report["coherence_within"] == pytest.approx(within, abs=1e-12)
    assert report["steps"] == 15 and report["atoms"] == 48
    assert report["replaced"] == model.history["replaced"].sum()
    assert report["held_out_objective"] == model.history["held_out_objective"][-1]


def test_schedules_are_chosen_by_name(patches):
    settings = dict(lam=0.1, batch=64, steps=10)
    found = [
        striate.learn(patches, 48, **settings, **schedule).atoms
        for schedule in (
            dict(),
            dict(schedule="signals"),
            dict(schedule="constant", decay=0.5),
            dict(schedule="signals", warm_statistics=1.0),
        )
    ]
    for i, one in enumerate(found):
        assert all((one != other).any() for other in found[:i])
    with pytest.raises(ValueError, match="warm_statistics"):
        striate.learn(patches, 48, **settings, warm_statistics=1.0)


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
