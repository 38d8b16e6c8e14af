"""Problems whose answers are known: a published table, brute force, identities that any solver must keep."""

import itertools

import numpy as np
import pytest

import striate
from striate._coding import FIELDS

CERTIFIED = ["lasso", "elastic_net", "lars", "fista", "ista", "lca"]  # the lasso, by six roads


@pytest.fixture
def fixture():
    X = np.random.RandomState(7).randn(10, 8)
    V = np.random.RandomState(11).randn(12, 8)
    return X, V / np.linalg.norm(V, axis=1, keepdims=True)


def knows(method, field):
    return any(f["name"] == field for f in FIELDS[method])


def solve(X, D, method, **settings):
    """Codes as well as the method can."""
    if knows(method, "max_iterations"):
        settings.setdefault("max_iterations", 200000)
    if knows(method, "tolerance"):
        settings.setdefault("tolerance", 1e-13)
    return striate.encode(X, D, method=method, dense=True, return_info=True, **settings)


def lasso_objective(X, D, Z, lam):
    return 0.5 * ((X - Z @ D) ** 2).sum(axis=1) + lam * np.abs(Z).sum(axis=1)


# scikit-learn 1.2.1: lasso_lars is exact; lasso_cd is a little above; its positive answers are 22.9578124274
# (lasso_cd) and 22.9980848101 (lasso_lars), the true optimum is below.
@pytest.mark.parametrize("method", CERTIFIED)
@pytest.mark.parametrize(
    "lam,positive,objective,nonzeros,total,rss",
    [
        (1.0, False, 38.9204480352, 35, 14.7926147644, 48.2556665417),
        (0.1, False, 7.4932291309, 75, 67.2123486011, 1.5439885417),
        (0.1, True, 22.9578110935, 46, None, None),
    ],
)
def test_the_published_table(fixture, method, lam, positive, objective, nonzeros, total, rss):
    X, D = fixture
    Z, info = solve(X, D, method, lam=lam, positive=positive)
    assert abs(lasso_objective(X, D, Z, lam).sum() - objective) < 1e-8
    assert abs(info.objective.sum() - objective) < 1e-8
    if method in ("lasso", "lars"):
        assert np.count_nonzero(Z) == nonzeros
        if total is not None:
            assert abs(np.abs(Z).sum() - total) < 1e-6 and abs(((X - Z @ D) ** 2).sum() - rss) < 1e-6


def test_the_published_pursuit(fixture):
    X, D = fixture
    Z = striate.encode(X, D, method="omp", nonzeros=3, dense=True)
    assert np.count_nonzero(Z) == 30
    assert abs(np.abs(Z).sum() - 48.0526105592) < 1e-9
    assert abs(((X - Z @ D) ** 2).sum() - 17.3914520402) < 1e-9


@pytest.mark.parametrize("positive", [False, True])
def test_all_roads_end_at_one_code(fixture, positive):
    X, D = fixture
    D = D[:8]  # as many atoms as values: the code is unique and well determined
    want, _ = solve(X, D, "lars", lam=0.2, positive=positive)
    for method in CERTIFIED:
        Z, _ = solve(X, D, method, lam=0.2, positive=positive, tolerance=1e-16)
        np.testing.assert_allclose(Z, want, atol=1e-8, err_msg=method)


def sign_pattern_optimum(x, D, lam, positive):
    """The least objective over all supports and signs whose stationary point keeps its signs."""
    best = 0.5 * x @ x
    for size in range(1, min(len(D), len(x)) + 1):
        for support in itertools.combinations(range(len(D)), size):
            A = D[list(support)]
            for signs in itertools.product([1.0] if positive else [1.0, -1.0], repeat=size):
                z = np.linalg.solve(A @ A.T, A @ x - lam * np.array(signs))
                if (z * signs > 0).all():
                    best = min(best, 0.5 * ((x - z @ A) ** 2).sum() + lam * np.abs(z).sum())
    return best


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("lam", [0.05, 0.4, 1.5])
def test_no_sign_pattern_is_better(fixture, lam, positive):
    X, D = fixture
    X, D = X[:4], D[:5]
    want = [sign_pattern_optimum(x, D, lam, positive) for x in X]
    for method in CERTIFIED:
        Z, _ = solve(X, D, method, lam=lam, positive=positive)
        np.testing.assert_allclose(lasso_objective(X, D, Z, lam), want, rtol=1e-11, err_msg=method)
        assert not positive or Z.min() >= 0


@pytest.mark.parametrize("method", ["omp", "ols", "mp", "iht", "lars"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_best_subset_bounds_every_code_of_so_many_atoms(fixture, method, count):
    X, D = fixture
    Z, _ = solve(X, D, method, nonzeros=count)
    assert (np.count_nonzero(Z, axis=1) <= count).all()
    residual = ((X - Z @ D) ** 2).sum(axis=1)
    for x, reached in zip(X, residual):
        best = min(
            np.linalg.lstsq(D[list(s)].T, x, rcond=None)[1].sum()
            for s in itertools.combinations(range(len(D)), count)
        )
        assert reached >= best - 1e-12
        if count == 1 and method in ("omp", "ols", "mp"):  # the best atom is the best subset of one
            assert reached == pytest.approx(best, abs=1e-12)


def needed(method):
    return {"lam": 0.2} if knows(method, "lam") else {"nonzeros": 3}


@pytest.mark.parametrize("method", list(FIELDS))
def test_identities(fixture, method):
    X, D = fixture
    D = D[:8]
    Z, info = solve(X, D, method, **needed(method))
    same = dict(atol=1e-6, err_msg=method)

    pairs = np.arange(8).reshape(4, 2)[[2, 0, 3, 1]].ravel()  # whole pairs, for methods of groups
    permuted, _ = solve(X, D[pairs], method, **needed(method))
    np.testing.assert_allclose(permuted, Z[:, pairs], **same)

    signs = np.array([1, -1, -1, 1, 1, 1, -1, 1.0])
    negated, _ = solve(X, D * signs[:, None], method, **needed(method))
    np.testing.assert_allclose(negated, Z * signs, **same)

    scaled = needed(method)
    if "lam" in scaled:
        scaled["lam"] *= 3
    tripled, threefold = solve(3 * X, D, method, **scaled)
    np.testing.assert_allclose(tripled, 3 * Z, **same)
    np.testing.assert_allclose(threefold.objective, 9 * info.objective, rtol=1e-8)

    for more in (
        {"mask": np.ones(8, bool)},
        {"data_weights": np.ones(X.shape)},
        {"penalty_weights": np.ones(len(D) // (2 if "group" in method else 1))},
        {"l2": 0.0},
        {"group_size": 1},
    ):
        (field,) = more
        if field not in ("mask", "data_weights") and not knows(method, field):
            continue
        one_way = needed(method) | ({"group_size": 1} if field == "group_size" else {})
        if field == "group_size" and "group" in method:
            if method == "group_lasso":  # groups of one are the lasso
                got, _ = solve(X, D, method, **one_way)
                np.testing.assert_allclose(got, solve(X, D, "lasso", **needed("lasso"))[0], **same)
            continue
        got, _ = solve(X, D, method, **(needed(method) | more))
        np.testing.assert_allclose(got, Z, atol=1e-12, err_msg=f"{method} {field}")


@pytest.mark.parametrize("method,settings", [("group_lasso", {}), ("fista", {"group_size": 2}), ("ista", {"group_size": 2}),
                                             ("lca", {"activation": "subspace"})])  # fmt: skip
def test_turned_pairs_have_turned_codes(fixture, method, settings):
    X, D = fixture
    D = D[:8]
    Z, info = solve(X, D, method, lam=0.2, **settings)
    turned, want = D.copy(), Z.copy()
    for p, angle in enumerate([0.3, 1.7, -0.8, 2.9]):
        R = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        turned[2 * p : 2 * p + 2] = R @ D[2 * p : 2 * p + 2]
        want[:, 2 * p : 2 * p + 2] = Z[:, 2 * p : 2 * p + 2] @ R.T
    got, other = solve(X, turned, method, lam=0.2, **settings)
    np.testing.assert_allclose(got, want, atol=1e-6)
    np.testing.assert_allclose(other.objective, info.objective, rtol=1e-11)


@pytest.mark.parametrize("method", ["omp", "ols", "mp"])
def test_supports_are_nested_and_residuals_fall(fixture, method):
    X, D = fixture
    before, residual = None, np.inf
    for count in range(1, 8):
        Z, _ = solve(X, D, method, nonzeros=count)
        if before is not None:
            assert ((Z != 0) >= (before != 0)).all()
        now = ((X - Z @ D) ** 2).sum(axis=1)
        assert (now < residual).all()
        if method != "mp":  # a refit leaves nothing of its atoms in the residual
            c = (X - Z @ D) @ D.T
            np.testing.assert_allclose(c[Z != 0], 0, atol=1e-12)
        before, residual = Z, now


@pytest.mark.parametrize("penalty", ["l0", "log"])
def test_penalties_that_are_not_convex(fixture, penalty):
    X, D = fixture
    settings = {"sigma": 0.5} if penalty == "log" else {}
    Z, info = solve(X, D, "ista", lam=0.1, penalty=penalty, **settings)
    omega = (Z != 0) if penalty == "l0" else np.log1p((Z / 0.5) ** 2)
    np.testing.assert_allclose(info.objective, 0.5 * ((X - Z @ D) ** 2).sum(1) + 0.1 * omega.sum(1), rtol=1e-12)
    assert np.isnan(info.relative_gap).all() and info.converged
    for method in ("fista", "lasso", "omp"):
        with pytest.raises(ValueError, match=f"{method} has no setting 'penalty'; ista has"):
            striate.encode(X, D, method=method, penalty=penalty)
