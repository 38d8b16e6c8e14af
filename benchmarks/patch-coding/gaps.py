#!/usr/bin/env python3
"""gaps.py [--patches N] [--methods NAME ...] [--threads N] [--output FILE.csv]

Codes 100,000 whitened natural patches with every convex solver under the dictionary of task.py and
prints the worst relative duality gap: as the solver says, and as the judge of task.py finds it from
the signals and codes alone, in double precision."""

import argparse
import pathlib
import sys

import numpy as np
import striate

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
import harness  # noqa: E402
import task  # noqa: E402

# Settings and the tolerance that is asked for. Solvers whose steps do not grow fewer by a working set
# take the larger one.
METHODS = {
    "lasso": {"lam": 0.5, "tolerance": 1e-5},
    "lars": {"lam": 0.5, "tolerance": 1e-5},
    "elastic_net": {"lam": 0.5, "l2": 0.1, "tolerance": 1e-5},
    "fista": {"lam": 0.5, "tolerance": 1e-4},
    "lca": {"lam": 1.0, "tolerance": 1e-3},
    "ista": {"lam": 1.0, "tolerance": 1e-3},
    "group_lasso": {"lam": 0.5, "group_size": 2, "tolerance": 1e-4},
    "sparse_group_lasso": {"lam": 0.5, "l1_share": 0.5, "group_size": 2, "tolerance": 1e-4},
}


def judged_gap(X, D, codes, settings):
    """The largest relative gap, from formulas and not from the solver (a scaled residual is the dual
    point; an l2 part is a block sqrt(l2) I below the dictionary, and allows the residual itself)."""
    worst, lam = 0.0, settings["lam"]
    for first in range(0, len(X), 5000):
        x, Z = X[first : first + 5000].astype("d"), codes[first : first + 5000].toarray().astype("d")
        R = x - Z @ D
        l2 = settings.get("l2", 0)
        C = R @ D.T - l2 * Z
        squares = (R**2).sum(1) + l2 * (Z**2).sum(1)
        if "l1_share" in settings:
            one, two = lam * settings["l1_share"], lam * (1 - settings["l1_share"])
            penalty = one * np.abs(Z).sum(1) + two * np.hypot(Z[:, ::2], Z[:, 1::2]).sum(1)
            bound = np.array([largest_scale(c, one, two) for c in C])
        elif "group_size" in settings:
            penalty = lam * np.hypot(Z[:, ::2], Z[:, 1::2]).sum(1)
            bound = lam / np.hypot(C[:, ::2], C[:, 1::2]).max(1)
        else:
            penalty = lam * np.abs(Z).sum(1)
            bound = lam / np.abs(C).max(1)
        product = squares + (C * Z).sum(1)  # y'r, of the stacked problem
        s = np.clip(product / squares, -bound, bound)
        primal = 0.5 * squares + penalty
        gap = primal - (s * product - 0.5 * s**2 * squares)
        if l2:
            C += l2 * Z
            beyond = np.maximum(np.abs(C) - lam, 0)
            other = (lam * np.abs(Z) + l2 / 2 * Z**2 + beyond**2 / (2 * l2) - C * Z).sum(1)
            gap = np.minimum(gap, other)
        worst = max(worst, float((gap / primal).max()))
    return worst


def largest_scale(c, lam, lam_group):
    """The largest s with |S(s c_g, lam)| <= lam_group for every pair, by halving."""
    size = np.abs(c.reshape(-1, 2))
    low, high = np.zeros(len(size)), 4 * (lam + lam_group) / np.maximum(size.max(1), 1e-300)
    for _ in range(60):
        middle = (low + high) / 2
        inside = np.hypot(*np.maximum(size * middle[:, None] - lam, 0).T) <= lam_group
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return low.min()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patches", type=int, default=100_000)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--threads", type=int)
    parser.add_argument("--output", help="CSV of the rows")
    parser.add_argument("--cache", type=pathlib.Path, default=HERE.parents[1] / "build/benchmarks")
    options = parser.parse_args()
    about = harness.calibration()
    print(about)
    rows = []
    for method in options.methods:
        X, D = task.make_data("pairs" if "group" in method else "atoms", options.cache)
        X, settings = X[: options.patches], METHODS[method]
        (codes, info), seconds = harness.timed(lambda: striate.encode(
            X, D, method=method, return_info=True, threads=options.threads, **settings))  # fmt: skip
        rows.append({
            "method": method, "patches": len(X), "lam": settings["lam"],
            "tolerance": settings["tolerance"],
            "not_converged": sum(status != "converged" for status in info.status),
            "worst_gap": f"{info.relative_gap.max():.2e}",
            "judged_gap": f"{judged_gap(X, D.astype('d'), codes, settings):.2e}",
            "nonzeros": round(codes.nnz / len(X), 1), "seconds": round(seconds, 1), "machine": about,
        })  # fmt: skip
        print({k: v for k, v in rows[-1].items() if k != "machine"}, flush=True)
        if options.output:
            harness.write_rows(options.output, rows)


if __name__ == "__main__":
    main()
