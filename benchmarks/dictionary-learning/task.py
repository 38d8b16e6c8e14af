#!/usr/bin/env python3
"""task.py [--quick] [--peers NAME ...] [--threads N ...] [--seconds S] [--output FILE.csv]

Learns 1024 atoms online from whitened patches of 16 x 16 pixels, each of norm 1, in single precision,
lambda 0.15, 512 patches a batch, with every peer that is installed, all from the same first atoms.

A peer learns anew for 1, 2, 4, ... batches until its time is up; a clock runs while it learns. Then
the judge codes patches of photographs that no peer saw, in double precision with a certificate, and
says what the dictionaries are worth: the mean of 1/2 |y - D z|^2 + lambda |z|_1. A peer that after
equally many batches is worse than the best by more than 2 % is marked."""

import argparse
import dataclasses
import os
import pathlib
import sys

import numpy as np
import striate

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import harness  # noqa: E402


@dataclasses.dataclass
class Job:
    """`X` (n, m) signals and `initial` (K, m) atoms of unit norm, float32."""

    X: np.ndarray
    initial: np.ndarray
    lam: float
    batch: int
    threads: int


def whitened_images():
    """Photographs to learn from and others to judge by; generated ones where no data is at hand."""
    if data := os.environ.get("STRIATE_DATA"):
        folder = pathlib.Path(data) / "bsds500_gray256"
        files = [sorted((folder / part).iterdir()) for part in ("train", "val", "test")]
        kept = len(files[0]) + len(files[1])
        images = np.stack([striate.io.load(f)["data"] for part in files for f in part])
        images = images.astype("f") / 255
    else:
        images, kept = striate.images.dead_leaves(30, (256, 256), seed=0), 20
    images = list(striate.images.whiten(images))
    return images[:kept], images[kept:]


def unit_patches(images, count, seed):
    patches = striate.images.extract_patches(images, 16, count=count, seed=seed)
    patches /= np.maximum(np.linalg.norm(patches, axis=1, keepdims=True), 1e-6)
    return patches


def judge(atoms, held_out, lam):
    """Mean objective of the held-out signals, at a relative gap of 1e-6 or less."""
    _, info = striate.encode(held_out, atoms.astype("d"), method="lasso", lam=lam, tolerance=1e-6,
                             return_info=True)  # fmt: skip
    return float(info.objective.mean())


def measure(name, module, job, budget, held_out):
    """Rows of one peer at one number of threads: more and more batches until the time is up."""
    module.learn(dataclasses.replace(job, X=job.X[:2048]), 2)  # warm
    steps, spent, rows = 1, 0.0, []
    while spent < budget:
        result = []
        seconds = harness.seconds_of(lambda: result.append(module.learn(job, steps)))
        rows.append({
            "peer": name, "version": module.VERSION, "threads": job.threads, "steps": steps,
            "seconds": round(seconds, 4), "objective": round(judge(result[0], held_out, job.lam), 6),
            "patches": len(job.X),
        })  # fmt: skip
        print(f"{name:12} {job.threads} threads {steps:6} batches {seconds:9.2f} s   held-out "
              f"objective {rows[-1]['objective']:.5f}", flush=True)  # fmt: skip
        spent += seconds
        steps *= 2
    return rows


def summary(rows):
    """One row per peer and number of threads: milliseconds per batch over the last doubling (what a
    call costs once cancels), and how long a peer takes to what another reached in the end."""
    out = []
    for threads in sorted({r["threads"] for r in rows}):
        of = {p: [r for r in rows if r["peer"] == p and r["threads"] == threads]
              for p in sorted({r["peer"] for r in rows})}  # fmt: skip
        pace = {p: 1e3 * (r[-1]["seconds"] - r[-2]["seconds"]) / (r[-1]["steps"] - r[-2]["steps"])
                for p, r in of.items() if len(r) > 1}  # fmt: skip
        ours = of.get("striate", [])
        for p in pace:
            last = of[p][-1]
            equal = {r["steps"]: r["objective"] for r in ours}.get(last["steps"], last["objective"])
            reached = next((r["seconds"] for r in ours if r["objective"] <= last["objective"]), None)
            out.append({
                "peer": f"{p} {last['version']}", "threads": threads,
                "ms per batch": f"{pace[p]:.1f}",
                "Striate is faster by": "" if p == "striate" else f"{pace[p] / pace['striate']:.2f}",
                "batches": last["steps"], "seconds": f"{last['seconds']:.1f}",
                "held-out objective": f"{last['objective']:.5f}",
                "Striate after as many": f"{equal:.5f}",
                "Striate is there after": "" if p == "striate" or reached is None
                else f"{reached:.1f} s",
                "same answer": "yes" if last["objective"] <= 1.02 * equal else "no, worse",
            })  # fmt: skip
    return out


def draw(rows, path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 4), layout="constrained")
    for i, peer in enumerate(sorted({r["peer"] for r in rows}, reverse=True)):
        for threads, style in zip(sorted({r["threads"] for r in rows}), ("-", "--", ":")):
            line = [r for r in rows if r["peer"] == peer and r["threads"] == threads]
            if line:
                axes.plot([r["seconds"] for r in line], [r["objective"] for r in line], style,
                          color=f"C{i}", marker=".",
                          label=f"{peer}, {threads} thread{'s' * (threads > 1)}")  # fmt: skip
    axes.set(xscale="log", xlabel="seconds of learning", ylabel="mean held-out objective")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="8 seconds a peer, 100,000 patches")
    parser.add_argument("--peers", nargs="+", help="default: all of peers/")
    parser.add_argument("--threads", nargs="+", type=int, default=[1])
    parser.add_argument("--seconds", type=float, help="of learning for each peer; default 120")
    parser.add_argument("--patches", type=int, help="to learn from; default a million")
    parser.add_argument("--output", help="CSV of the rows; figure and README's table come from it")
    options = parser.parse_args()
    budget = options.seconds or (8 if options.quick else 120)
    patches = options.patches or (100_000 if options.quick else 1_000_000)
    peers = harness.load_peers(HERE / "peers", options.peers)
    for name, module in peers.items():
        print(f"{name}: {'skipped: ' + module if isinstance(module, str) else module.VERSION}")
    about = harness.calibration()
    print(about)
    training, others = whitened_images()
    X = unit_patches(training, patches, seed=0)
    held_out = unit_patches(others, 2000, seed=1).astype("d")
    initial = X[np.random.default_rng(0).choice(len(X), 1024, replace=False)]
    initial = initial / np.linalg.norm(initial, axis=1, keepdims=True)
    rows = []
    for threads in options.threads:
        job = Job(X=X, initial=initial, lam=0.15, batch=512, threads=threads)
        for name, module in peers.items():
            if not isinstance(module, str):
                rows += measure(name, module, job, budget, held_out)
    for row in rows:
        row["machine"] = about
    text = harness.table(summary(rows), {key: lambda r, key=key: r[key] for key in summary(rows)[0]})
    print(text)
    if options.output:
        harness.write_rows(options.output, rows)
        draw(rows, pathlib.Path(options.output).with_suffix(".png"))
        harness.put_table(HERE / "README.md", about + "\n\n" + text)


if __name__ == "__main__":
    main()
