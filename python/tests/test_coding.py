import inspect
import pickle
import threading
import warnings

import numpy as np
import pytest
import scipy.sparse

import striate
from striate._coding import FIELDS


def objective(X, D, Z, lam, group=1):
    fit = 0.5 * ((X - Z @ D) ** 2).sum(axis=1)
    norms = np.sqrt((Z.reshape(len(Z), -1, group) ** 2).sum(axis=2))
    return fit + lam * norms.sum(axis=1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method,group", [("lasso", 1), ("group_lasso", 2), ("fista", 1)])
def test_codes_are_optimal_and_certified(planted, dtype, method, group):
    X, D, _ = planted(dtype=dtype)
    codes, info = striate.encode(X, D, method=method, lam=0.05, return_info=True)
    assert isinstance(codes, scipy.sparse.csr_array) and codes.dtype == dtype
    assert codes.indices.dtype == np.int32
    dense = codes.toarray().astype(float)
    np.testing.assert_allclose(objective(X, D, dense, 0.05, group), info.objective, rtol=1e-5)
    assert info.converged and info.relative_gap.max() <= 1e-4
    # Nothing near by is better than the certificate allows.
    rng = np.random.default_rng(1)
    for _ in range(20):
        other = dense + 1e-3 * rng.standard_normal(dense.shape) * (dense != 0)
        bound = info.objective * (1 - 1.01e-4)
        assert (objective(X, D, other, 0.05, group) >= bound).all()


def test_results_do_not_depend_on_threads_or_batches(planted):
    X, D, _ = planted(n=200)
    whole = striate.encode(X, D, lam=0.05, threads=1)
    for threads in (2, 4):
        again = striate.encode(X, D, lam=0.05, threads=threads)
        assert (again != whole).nnz == 0
    parts = scipy.sparse.vstack([striate.encode(X[i : i + 7], D, lam=0.05) for i in range(0, 200, 7)])
    assert (parts != whole).nnz == 0


def test_a_prepared_dictionary_is_reused_and_pickled(planted):
    X, D, _ = planted()
    prepared = striate.Dictionary(D)
    assert prepared.shape == D.shape
    np.testing.assert_array_equal(prepared.atoms, D)
    again = pickle.loads(pickle.dumps(prepared))
    a, b = (striate.encode(X, d, lam=0.1) for d in (prepared, again))
    assert (a != b).nnz == 0


def test_warm_start_weights_and_dense(planted):
    X, D, _ = planted()
    codes, cold = striate.encode(X, D, lam=0.05, tolerance=1e-8, return_info=True)
    again, warm = striate.encode(X, D, lam=0.05, tolerance=1e-8, initial=codes, return_info=True)
    assert warm.iterations.sum() <= cold.iterations.sum()
    positive = striate.encode(X, D, lam=0.05, positive=True, dense=True)
    assert isinstance(positive, np.ndarray) and positive.min() >= 0
    weights = np.ones(len(D))
    weights[3] = 100
    assert striate.encode(X, D, lam=0.05, penalty_weights=weights, dense=True)[:, 3].max() == 0


def test_not_converging_warns_unless_asked(planted):
    X, D, _ = planted()
    with pytest.warns(striate.ConvergenceWarning, match="iteration_limit"):
        striate.encode(X, D, method="fista", lam=0.01, max_iterations=1)
    _, info = striate.encode(X, D, method="fista", lam=0.01, max_iterations=1, return_info=True)
    assert "iteration_limit" in info.status and not info.converged


def test_what_is_known_of_codes_is_said_in_a_line():
    X, D = np.random.default_rng(0).standard_normal((300, 8)), np.eye(8)
    X[7, 3] = np.nan
    _, info = striate.encode(X, D, lam=0.5, return_info=True)
    assert len(repr(info)) < 150 and "299 converged, 1 invalid" in repr(info)
    _, info = striate.encode(X[:0], D, lam=0.5, return_info=True)
    assert "0 signals" in repr(info)


def test_nan_makes_one_signal_invalid_and_no_other(planted):
    X, D, _ = planted()
    clean = striate.encode(X, D, lam=0.05)
    X[3, 2] = np.nan
    codes, info = striate.encode(X, D, lam=0.05, return_info=True)
    assert info.status[3] == "invalid" and codes[[3]].nnz == 0
    rest = np.arange(len(X)) != 3
    assert (codes[rest] != clean[rest]).nnz == 0


@pytest.mark.parametrize(
    "change,words",
    [
        ({"lam": -1.0}, "lambda is -1; it must be above 0"),
        ({"lam": np.nan}, "lambda"),
        ({"lam": 0.1, "rho": 2.0}, "lasso has no setting 'rho'"),
        ({"lam": 0.1, "method": "laso"}, "lasso"),
        ({}, "lambda"),
        ({"lam": 0.1, "method": "group_lasso", "group_size": 3}, "3"),
        ({"lam": 0.1, "threads": -1}, "threads is -1"),
        ({"lam": "much"}, "lambda"),
        ({"lam": object()}, "lam"),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_words(planted, change, words):
    X, D, _ = planted()
    with pytest.raises(ValueError, match=words):
        striate.encode(X, D, **change)


@pytest.mark.parametrize(
    "X,words",
    [
        (np.ones(24), "1 dimensions"),
        (np.ones((2, 23)), "23"),
        (np.ones((2, 24), dtype=complex), "complex128"),
        (np.full((2, 24), "a"), "real numbers"),
        (np.full((2, 24), None), "object"),
        (scipy.sparse.eye_array(24), "sparse"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_in_words(planted, X, words):
    _, D, _ = planted()
    with pytest.raises(ValueError, match=words):
        striate.encode(X, D, lam=0.1)


def test_any_layout_is_taken_and_inputs_stay_as_they_were(planted):
    X, D, _ = planted()
    want = striate.encode(X, D, lam=0.1)
    frozen = X.copy()
    frozen.flags.writeable = False
    wide = np.zeros((len(X), 48))
    wide[:, ::2] = X
    for given in (np.asfortranarray(X), frozen, wide[:, ::2], X[::-1][::-1], X.tolist()):
        assert (striate.encode(given, D, lam=0.1) != want).nnz == 0
    assert striate.encode(X[:0], D, lam=0.1).shape == (0, len(D))


def test_callback_sees_progress_and_stops(planted):
    X, D, _ = planted(n=20000)
    seen = []
    striate.encode(X, D, lam=0.01, callback=seen.append)
    assert not seen or {"stage", "done", "total", "seconds"} <= set(seen[0])
    codes, info = striate.encode(
        X, D, method="fista", tolerance=0, max_iterations=3000, lam=0.01,
        callback=lambda told: False, return_info=True,
    )
    assert "stopped" in info.status and codes.shape[0] == len(X)

    def broken(told):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        striate.encode(X, D, method="fista", tolerance=0, max_iterations=3000, lam=0.01, callback=broken)


def test_calls_from_many_threads_are_safe(planted):
    X, D, _ = planted(n=300)
    prepared = striate.Dictionary(D)
    want = striate.encode(X, prepared, lam=0.05)
    bad = []

    def work():
        if (striate.encode(X, prepared, lam=0.05) != want).nnz:
            bad.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not bad


@pytest.mark.parametrize("method", list(FIELDS))
@pytest.mark.parametrize("dtype", ["f", "d"])
def test_every_method_codes_signals(method, dtype):
    rng = np.random.default_rng(3)
    D = rng.standard_normal((24, 12)).astype(dtype)
    D /= np.linalg.norm(D, axis=1, keepdims=True)
    X = rng.standard_normal((7, 12)).astype(dtype)
    known = {field["name"] for field in FIELDS[method]}
    settings = {"lam": 0.3} if "lam" in known else {"nonzeros": 3}
    codes, info = striate.encode(X, D, method=method, return_info=True, **settings)
    assert codes.shape == (7, 24) and codes.dtype == np.dtype(dtype)
    assert set(info.status) <= {"converged", "exhausted"}
    fit = 0.5 * ((X - codes @ D) ** 2).sum(1)
    if "lam" not in known:
        np.testing.assert_allclose(info.objective, fit, rtol=1e-4)
        assert (np.diff(codes.indptr) == 3).all()
    else:
        assert (info.objective >= fit * (1 - 1e-5)).all()
    with pytest.raises(ValueError, match="rho"):
        striate.encode(X, D, method=method, rho=1, **settings)


def test_pursuits_take_a_count_per_signal_and_warn_of_nothing():
    D = np.eye(6)
    X = np.vstack([np.zeros(6), np.arange(6.0), np.arange(6.0)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        codes = striate.encode(X, D, method="omp", nonzeros=[1, 2, 4])
    assert np.diff(codes.indptr).tolist() == [0, 2, 4]


def test_the_signature_is_that_of_the_settings():
    parameters = inspect.signature(striate.encode).parameters
    assert {"lam", "lam_relative", "tolerance", "positive", "group_size"} <= set(parameters)
    assert parameters["tolerance"].default == 1e-4
    assert parameters["lam"].default is None and parameters["group_size"].default is None
    assert "Weight of the penalty" in striate.encode.__doc__


@pytest.mark.parametrize("method", list(FIELDS))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_method_takes_weights_and_masks(planted, method, dtype):
    X, D, _ = planted(n=8, dtype=dtype)
    known = {field["name"] for field in FIELDS[method]}
    settings = {"lam": 0.1} if "lam" in known else {"nonzeros": 3}
    # Working sets carry correlations along by a Gram matrix, which atoms with weights have no use
    # for: the same minimiser by another way. By strong convexity on the support the values differ
    # by less than sqrt(2 gap P / s^2), with P < 1 and s^2, the least eigenvalue there, above 0.1.
    working_set = method in ("lasso", "elastic_net", "group_lasso", "sparse_group_lasso")
    if working_set:
        settings["tolerance"] = 1e-5
    plain = striate.encode(X, D, method=method, **settings)
    same = striate.encode(X, D, method=method, data_weights=np.ones(24), **settings)
    assert (plain != same).nnz == 0
    mask = np.random.default_rng(2).random(X.shape) > 0.3
    holes = np.where(mask, X, np.nan)
    codes, info = striate.encode(holes, D, method=method, mask=mask, return_info=True, **settings)
    for j, seen in enumerate(mask):
        alone = striate.encode(X[[j]][:, seen], D[:, seen], method=method, **settings)
        if working_set:
            np.testing.assert_allclose(codes[[j]].toarray(), alone.toarray(), atol=1.5e-2)
        else:
            assert (codes[[j]] != alone).nnz == 0
    weights = mask * (1 + np.arange(24) % 3)
    codes, info = striate.encode(holes, D, method=method, data_weights=weights, return_info=True, **settings)
    fit = 0.5 * (weights * np.nan_to_num(holes - codes @ D) ** 2).sum(axis=1)
    if "lam" not in known:
        np.testing.assert_allclose(info.objective, fit, rtol=1e-4)
    else:
        assert (info.objective >= fit * (1 - 1e-5)).all()


@pytest.mark.parametrize(
    "change,words",
    [
        ({"mask": np.full(24, 0.5)}, "data_weights takes other weights"),
        ({"mask": np.ones(24, bool), "data_weights": np.ones(24)}, "both given"),
        ({"mask": np.ones(23, bool)}, "23"),
        ({"data_weights": np.ones((2, 24))}, "data_weights has 2 columns"),
        ({"data_weights": -np.ones(24)}, "at least 0"),
        ({"data_weights": np.full(24, np.nan)}, "finite"),
        ({"data_weights": np.ones((2, 2, 24))}, "3 dimensions"),
    ],
)
def test_weights_that_do_not_fit_are_refused_in_words(planted, change, words):
    X, D, _ = planted()
    with pytest.raises(ValueError, match=words):
        striate.encode(X, D, lam=0.1, **change)


def test_settings_per_signal(planted):
    X, D, _ = planted(n=6)
    lams = np.linspace(0.05, 0.3, 6)
    codes = striate.encode(X, D, lam=lams)
    for j, lam in enumerate(lams):
        assert (striate.encode(X[[j]], D, lam=lam) != codes[[j]]).nnz == 0
    with pytest.raises(ValueError, match="lambda has 6 values for 5 signals"):
        striate.encode(X[:5], D, lam=lams)
    counts = striate.encode(X, D, method="iht", nonzeros=[1, 2, 3, 1, 2, 3])
    assert np.diff(counts.indptr).tolist() == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize("method", ["omp", "ols", "mp"])
def test_paths_of_pursuits_have_every_number_of_atoms(planted, method):
    X, D, _ = planted(n=5)
    paths, info = striate.encode(X, D, method=method, nonzeros=4, path=True, return_info=True)
    assert len(paths) == 5 and info.lambdas is None
    for count in range(1, 5):
        codes = striate.encode(X, D, method=method, nonzeros=count, dense=True)
        for j, steps in enumerate(paths):
            assert isinstance(steps, scipy.sparse.csr_array) and steps.shape == (4, len(D))
            np.testing.assert_allclose(steps.toarray()[count - 1], codes[j], atol=1e-12)
            residual = ((X[j] - codes[j] @ D) ** 2).sum()
            np.testing.assert_allclose(info.residuals[j][count - 1], residual, atol=1e-12)


def test_paths_of_lars_have_every_breakpoint(planted):
    X, D, _ = planted(n=4)
    mask = np.arange(24) % 5 != 2
    paths, info = striate.encode(
        X, D, method="lars", lam=0.02, path=True, mask=mask, dense=True, return_info=True
    )
    assert info.residuals is None
    for x, steps, lams in zip(X, paths, info.lambdas):
        assert len(steps) == len(lams) and (np.diff(lams) < 0).all() and lams[-1] == pytest.approx(0.02)
        for z, lam in zip(steps, lams):
            c = D[:, mask] @ (x[mask] - z @ D[:, mask])
            np.testing.assert_allclose(c[z != 0], lam * np.sign(z[z != 0]), atol=1e-10)
            assert np.abs(c).max() <= lam + 1e-10


def test_paths_are_refused_by_name(planted):
    X, D, _ = planted(n=2)
    for method in set(FIELDS) - {"omp", "ols", "mp", "lars"}:
        with pytest.raises(ValueError, match=f"{method} has no path of codes; lars, omp, ols, mp have"):
            striate.encode(X, D, method=method, path=True)
    with pytest.raises(ValueError, match="path and initial"):
        striate.encode(X, D, method="lars", lam=0.1, path=True, initial=np.zeros((2, len(D))))
