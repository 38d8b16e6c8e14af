#!/usr/bin/env python3
"""task.py [--quick] [--jobs NAME ...] [--peers NAME ...] [--threads N ...] [--output FILE.csv]

Codes whitened natural patches (m = 256 pixels) under a learned dictionary (K = 1024 atoms) in
single precision, with every peer that is installed, and says how many patches a second each codes.

The judge computes objectives, duality gaps and residuals from the answers, in double precision. A
peer whose objective on the first patches is worse than the best by more than 1e-4 is marked: its
speed is not that of the same answer."""

import dataclasses
import os
import pathlib
import sys

import numpy as np
import striate

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import harness  # noqa: E402

JOBS = {
    "omp-5": {"method": "omp", "nonzeros": 5},
    "omp-10": {"method": "omp", "nonzeros": 10},
    "omp-32": {"method": "omp", "nonzeros": 32},
    "ols-10": {"method": "ols", "nonzeros": 10},
    "lasso-21": {"method": "lasso", "mean_nonzeros": 21, "tolerance": 1e-5},
    "lasso-70": {"method": "lasso", "mean_nonzeros": 70, "tolerance": 1e-5},
    "group_lasso": {"method": "group_lasso", "lam": 0.1, "tolerance": 1e-4},
}


@dataclasses.dataclass
class Job:
    """What a peer is asked to do: `X` (n, m) signals, `D` (K, m) atoms, all float32."""

    name: str
    method: str
    X: np.ndarray
    D: np.ndarray
    threads: int
    nonzeros: int = 0
    lam: float = 0.0
    tolerance: float = 0.0


def whitened_images():
    data = os.environ.get("STRIATE_DATA")
    if data:
        images = np.load(pathlib.Path(data) / "olshausen" / "olshausen_whitened_f32.npy")
        return list(images * np.sqrt(0.1 / images.var(axis=(1, 2)).mean()).astype("f"))
    return striate.images.whiten(striate.images.dead_leaves(10, (256, 256), seed=0))


def make_data(kind, cache):
    """Patches (n, 256) and a dictionary (1024, 256) learned from others: of atoms, or of pairs."""
    images = whitened_images()
    patches = striate.images.extract_patches(images, 16, count=100000, seed=1)
    file = cache / f"{kind}-{'photographs' if 'STRIATE_DATA' in os.environ else 'generated'}.npy"
    if not file.exists():
        training = striate.images.extract_patches(images, 16, count=200000, seed=0)
        pairs = {"coder": "group_lasso", "group_size": 2, "mu": 0.1} if kind == "pairs" else {}
        model = striate.learn(training, 1024, lam=0.1 if pairs else 0.15, lam_initial=0.8, batch=512,
                              lam_halving=60, steps=400, **pairs)
        cache.mkdir(parents=True, exist_ok=True)
        np.save(file, model.dictionary.atoms)
    return patches, np.load(file)


def lam_for(X, D, wanted):
    """The lambda under which codes have about this many nonzeros on average."""
    low, high = 0.001, float(np.abs(X @ D.T).max())
    for _ in range(20):
        lam = np.sqrt(low * high)
        if striate.encode(X, D, method="lasso", lam=lam).nnz / len(X) > wanted:
            low = lam
        else:
            high = lam
    return round(float(lam), 4)


def judge(job, codes):
    """Objective per signal, and the worst relative duality gap (NaN where there is none)."""
    X, D = job.X.astype("d"), job.D.astype("d")
    Z = np.asarray(codes.todense() if hasattr(codes, "todense") else codes, "d")[:, : len(D)]
    R = X - Z @ D
    squares = (R**2).sum(1)
    if not job.lam:
        return 0.5 * squares, np.nan, np.count_nonzero(Z, axis=1).mean()
    C, pairs = R @ D.T, job.method == "group_lasso"
    size = (lambda A: np.hypot(A[:, ::2], A[:, 1::2])) if pairs else np.abs
    penalty = job.lam * size(Z).sum(1)
    bound = job.lam / size(C).max(1)
    s = np.clip((X * R).sum(1) / squares, -bound, bound)
    primal = 0.5 * squares + penalty
    gap = 0.5 * (1 - s) ** 2 * squares + penalty - s * (C * Z).sum(1)
    return primal, (gap / primal).max(), np.count_nonzero(Z, axis=1).mean()


def name_of_rule(module, method):
    """What a peer does where this method is asked for: SPAMS's omp is ols."""
    return getattr(module, "INSTEAD", {}).get(method, method)


def measure(spec, name, X, D, threads, peers, quick):
    """Rows of one job at one number of threads."""
    spec = dict(spec)
    if wanted := spec.pop("mean_nonzeros", None):
        spec["lam"] = lam_for(X[:500], D, wanted)
    job = Job(name=name, X=X, D=D, threads=threads, **spec)
    small = dataclasses.replace(job, X=X[:200])
    judged, runs, sizes = {}, {}, {}
    for peer, module in peers.items():
        if isinstance(module, str) or job.method not in module.METHODS:
            continue
        state = module.set(small)
        module.run(state)  # warm
        judged[peer] = judge(small, module.get(state))
        # As many patches as fill the time: what a call costs once must not tell.
        size, budget = len(small.X), 0.5 if quick else 2
        while (seconds := harness.seconds_of(lambda: module.run(state))) < budget / 2:
            if size == len(X):
                break
            size = min(len(X), int(size * min(10, budget / seconds)))
            state = module.set(dataclasses.replace(job, X=X[:size]))
        sizes[peer] = size
        runs[peer] = lambda module=module, state=state: module.run(state)
    others = {p for p in judged if name_of_rule(peers[p], job.method) != job.method}
    best = min(objective.mean() for p, (objective, _, _) in judged.items() if p not in others)
    seconds = harness.in_turn(runs, 3 if quick else 7)
    rows = []
    for peer, (objective, gap, nonzeros) in judged.items():
        excess = float(objective.mean() / best - 1)
        rows.append({
            "job": name, "threads": threads, "peer": peer, "version": peers[peer].VERSION,
            "patches_per_second": round(sizes[peer] / seconds[peer], 1),
            "ratio": round(sizes["striate"] / seconds["striate"] * seconds[peer] / sizes[peer], 2),
            "excess_objective": f"{excess:.1e}", "worst_gap": f"{gap:.1e}",
            "equal": name_of_rule(peers[peer], job.method) if peer in others else excess <= 1e-4,
            "nonzeros": round(float(nonzeros), 2),
            "lam": job.lam, "patches": sizes[peer],
        })  # fmt: skip
    return rows


def verdict(row):
    if isinstance(row["equal"], str):
        return f"another rule: {row['equal']}"
    return "" if row["equal"] else f"NO: objective +{row['excess_objective']}"


def main():
    parser = harness.arguments(__doc__, JOBS, "half a second a run, three runs")
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--cache", type=pathlib.Path, default=HERE.parents[1] / "build/benchmarks")
    options = parser.parse_args()
    peers = harness.announced_peers(HERE / "peers", options.peers)
    about = harness.calibration()
    print(about)
    rows = []
    for name in options.jobs:
        X, D = make_data("pairs" if name == "group_lasso" else "atoms", options.cache)
        for threads in options.threads:
            for row in measure(JOBS[name], name, X, D, threads, peers, options.quick):
                row["machine"] = about
                rows.append(row)
                print(f"{name:12} {threads} threads  {row['peer']:12} "
                      f"{row['patches_per_second']:>10.0f} patches/s   striate is {row['ratio']} x   "
                      f"gap {row['worst_gap']}  excess {row['excess_objective']}"
                      f"{verdict(row)}", flush=True)  # fmt: skip
    if options.output:
        harness.write_rows(options.output, rows)
        harness.put_table(HERE / "README.md", about + "\n\n" + harness.table(rows, {
            "job": lambda r: r["job"], "threads": lambda r: r["threads"],
            "peer": lambda r: f"{r['peer']} {r['version']}",
            "patches/s": lambda r: f"{r['patches_per_second']:,.0f}",
            "Striate is faster by": lambda r: "" if r["peer"] == "striate" else f"{r['ratio']}",
            "worst gap": lambda r: r["worst_gap"],
            "same answer": lambda r: verdict(r) or "yes",
        }))  # fmt: skip


if __name__ == "__main__":
    main()
