"""The iteration of SPORCO's ConvBPDN: its printed figures, its options, and what it refuses."""

import numpy as np
import pytest

from convolutional_problem import NAN, objective, wave_filters, waves
from striate.convolutional import AutoRho, ReferenceOptions, encode_reference


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
