import numpy as np
import pytest
import striate


def correlation(a, b):
    a, b = (x.reshape(len(x), -1) - x.reshape(len(x), -1).mean(axis=1, keepdims=True) for x in (a, b))
    return (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))


@pytest.mark.parametrize("convention", ["paper", "released"])
@pytest.mark.parametrize("shape", [(12, 12), (9, 13)])
def test_log_gabor_banks_are_found(convention, shape):
    filters, table = striate.dictionaries.log_gabor("homogeneous", convention, shape, orientations=9)
    fit = striate.statistics.fit_log_gabor(filters, convention)
    assert fit["correlation"].min() > 1 - 1e-8
    turn = np.exp(1j * (fit["theta"] - table["theta"]))
    np.testing.assert_allclose(turn**2, 1, atol=2e-3)
    np.testing.assert_allclose(fit["bandwidth"], table["bandwidth"], rtol=1e-3)
    # Orientations just below pi and just above 0 are the same with opposite phases.
    phase = np.where(turn.real < 0, -fit["phase"], fit["phase"])
    np.testing.assert_allclose(phase, table["phase"], atol=1e-3)
    np.testing.assert_allclose(fit["frequency"], 0.4, rtol=1e-3)
    np.testing.assert_allclose(fit["amplitude"], 1, rtol=1e-3)
    np.testing.assert_allclose(fit["fitted"], filters, atol=1e-3)
    assert not fit["bandwidth_at_bound"].any() and fit["frequency_at_bound"].dtype == bool


def test_noisy_filters_are_fitted_and_say_how_well():
    filters, table = striate.dictionaries.log_gabor("homogeneous", orientations=5)
    rng = np.random.default_rng(0)
    noisy = 3 - filters + 0.02 * rng.standard_normal(filters.shape)
    fit = striate.statistics.fit_log_gabor(noisy.astype(np.float32), frequency=0.4, threads=2)
    np.testing.assert_allclose(fit["correlation"], correlation(noisy, fit["fitted"]), atol=1e-6)
    assert (fit["correlation"] > np.abs(correlation(noisy, filters)) - 1e-3).all()
    assert (fit["frequency"] == 0.4).all() and not fit["frequency_at_bound"].any()
    turn = np.angle(np.exp(2j * (fit["theta"] - table["theta"]))) / 2
    assert np.abs(turn).max() < 0.1


def test_filters_without_shape_fit_nothing():
    fit = striate.statistics.fit_log_gabor(np.stack([np.zeros((8, 8)), np.ones((8, 8))]))
    for name in ("theta", "bandwidth", "frequency", "phase", "amplitude", "correlation", "fitted"):
        assert not fit[name].any()
    for bad, words in (
        (np.zeros((2, 8)), r"\(K, h, w\)"),
        (np.zeros((2, 8, 8, 3)), "3 channels"),
        (np.zeros((2, 3, 8)), "4 x 4"),
        (np.full((1, 8, 8), np.nan), "not finite"),
    ):
        with pytest.raises(ValueError, match=words):
            striate.statistics.fit_log_gabor(bad)
    with pytest.raises(ValueError, match="paper, released"):
        striate.statistics.fit_log_gabor(np.eye(8)[None], convention="other")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_banks_are_matched_by_the_best_assignment(dtype):
    from scipy import optimize, signal

    rng = np.random.default_rng(1)
    a = rng.standard_normal((8, 5, 6)).astype(dtype)
    b = rng.standard_normal((6, 7, 4)).astype(dtype)
    match = striate.statistics.match_banks(a, b)

    def norm(x):
        return np.sqrt((x.astype(float) ** 2).sum())

    # scipy's full correlation, entry (6 + row, 3 + column) is the shift (row, column).
    all_of_them = np.array([[signal.correlate2d(x, y) / norm(x) / norm(y) for y in b] for x in a])
    cosines = np.abs(all_of_them).max(axis=(2, 3))
    rows, columns = optimize.linear_sum_assignment(cosines, maximize=True)
    tolerance = 1e-6 if dtype == np.float32 else 1e-12
    assert match["a"].tolist() == rows.tolist() and match["b"].tolist() == columns.tolist()
    np.testing.assert_allclose(match["similarity"], cosines[rows, columns], atol=tolerance)
    np.testing.assert_allclose(match["mean_distance"], 1 - cosines[rows, columns].mean(), atol=tolerance)
    at = (match["a"], match["b"], 6 + match["shift_row"], 3 + match["shift_column"])
    np.testing.assert_allclose(match["sign"] * all_of_them[at], match["similarity"], atol=tolerance)


def test_banks_of_atoms_are_matched_without_shifts():
    bank = np.random.default_rng(2).standard_normal((10, 4, 4, 3))
    order = np.random.default_rng(3).permutation(10)
    match = striate.statistics.match_banks(bank, -2 * bank[order], max_shift=0)
    assert (order[match["b"]] == np.arange(10)).all() and (match["sign"] == -1).all()
    assert not match["shift_row"].any() and match["mean_distance"] < 1e-12
    with pytest.raises(ValueError, match="match_banks: filters of 3 and of 1 channels"):
        striate.statistics.match_banks(bank, bank[..., 0])
    with pytest.raises(ValueError, match="second bank has no filters"):
        striate.statistics.match_banks(bank, bank[:0])
