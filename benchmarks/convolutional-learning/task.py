#!/usr/bin/env python3
"""task.py [--quick] [--jobs NAME ...] [--peers NAME ...] [--threads N] [--output FILE.csv]

Learns filters from five photographs of 256 x 256 pixels, high-passed, in single precision, every peer from
the same random filters, and says how long Striate takes to get below the objective that a peer ends with.

The judge computes the objective that a peer ends with from the images, its filters and its codes, in double
precision, and ends the run where it is not the one that the peer tells of."""

import dataclasses
import os
import pathlib
import sys

import numpy as np
import striate

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import harness  # noqa: E402

JOBS = {"64 of 8 x 8": (64, 8), "144 of 12 x 12": (144, 12)}
LAMBDA = 0.1
PHOTOGRAPHS = 5


@dataclasses.dataclass
class Job:
    """What a peer is asked to do; `images` (n, H, W), `filters` (K, h, w) of norm 1, float32."""

    name: str
    images: np.ndarray
    filters: np.ndarray
    lam: float
    threads: int
    steps: int  # of a peer that counts them

    def objective(self, filters, codes):
        """The sum over images of 1/2 |s - D x|^2 + lam |x|_1; codes: maps (K, H, W) per image."""
        total = 0
        for image, maps in zip(self.images, codes):
            maps = np.asarray(maps.to_dense() if hasattr(maps, "to_dense") else maps, "d")
            spectrum = sum(
                np.fft.rfft2(one) * np.fft.rfft2(d, image.shape) for one, d in zip(maps, filters.astype("d"))
            )
            rest = image - np.fft.irfft2(spectrum, image.shape)
            total += 0.5 * (rest**2).sum() + self.lam * np.abs(maps).sum()
        return total


def photographs():
    """The middles of photographs, or generated images where no data is at hand; high-passed."""
    if data := os.environ.get("STRIATE_DATA"):
        images = []
        for file in sorted((pathlib.Path(data) / "kodak_gray512").glob("*.png"))[:PHOTOGRAPHS]:
            pixels = striate.io.load(file)["data"].astype("f") / 255
            images.append(pixels.reshape(pixels.shape[:2])[128:384, 128:384])
    else:
        images = striate.images.dead_leaves(PHOTOGRAPHS, (256, 256), seed=0)
    return np.stack([striate.images.tikhonov_highpass(np.ascontiguousarray(i, "f"), 5.0) for i in images])


def make_job(name, threads, steps):
    K, side = JOBS[name]
    filters = np.random.default_rng(0).standard_normal((K, side, side)).astype("f")
    filters /= np.sqrt((filters**2).sum((1, 2), keepdims=True))
    return Job(name, photographs(), filters, LAMBDA, threads, steps)


def measure(job, peers):
    """(peer, step, seconds, objective) along the way of every peer."""
    rows = []
    for name, module in peers.items():
        if isinstance(module, str):
            continue
        seconds, objectives, filters, codes = module.learn(job)
        judged = job.objective(filters, codes)
        if not np.isfinite(judged) or abs(judged / objectives[-1] - 1) > 1e-3:
            print(f"{name}: tells of {objectives[-1]:.6g}, the judge finds {judged:.6g}: left out")
            continue
        for step, (s, objective) in enumerate(zip(seconds, objectives), 1):
            rows.append({
                "job": job.name, "peer": name, "version": module.VERSION, "threads": job.threads,
                "step": step, "seconds": round(float(s), 3), "objective": round(float(objective), 3),
            })  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def summary(rows):
    """Per job and peer: where it ends, and when Striate is below that."""
    out = []
    for job in dict.fromkeys(r["job"] for r in rows):
        ours = [r for r in rows if r["job"] == job and r["peer"] == "striate"]
        for peer in dict.fromkeys(r["peer"] for r in rows if r["job"] == job):
            mine = [r for r in rows if r["job"] == job and r["peer"] == peer]
            end = mine[-1]
            below = [r["seconds"] for r in ours if r["objective"] <= end["objective"]]
            rises = sum(b["objective"] > a["objective"] for a, b in zip(mine, mine[1:]))
            out.append({
                "job": job, "peer": f"{peer} {end['version']}", "steps": end["step"],
                "seconds": f"{end['seconds']:.1f}", "objective": f"{end['objective']:.1f}",
                "steps that rise": rises,
                "Striate is below after": f"{below[0]:.2f} s" if below else "not within its steps",
                "faster": "" if peer == "striate" or not below else f"{end['seconds'] / below[0]:.0f}",
            })  # fmt: skip
    return out


def draw(rows, path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    jobs = list(dict.fromkeys(r["job"] for r in rows))
    figure, axes = plt.subplots(1, len(jobs), figsize=(5 * len(jobs), 4), layout="constrained", squeeze=False)
    for axis, job in zip(axes[0], jobs):
        here = [r for r in rows if r["job"] == job]
        best = min(r["objective"] for r in here)
        for peer in dict.fromkeys(r["peer"] for r in here):
            mine = [r for r in here if r["peer"] == peer]
            axis.semilogx([r["seconds"] for r in mine], [r["objective"] for r in mine], "o-", ms=3, label=peer)
        axis.set(title=f"{job} taps", xlabel="seconds", ylabel="objective", ylim=(0.97 * best, 2 * best))
        axis.grid(alpha=0.3)
        axis.legend()
    figure.savefig(path, dpi=150)


def main():
    parser = harness.arguments(__doc__, JOBS, "20 steps in place of 100, the smaller job only")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    peers = harness.announced_peers(HERE / "peers", options.peers)
    about = harness.calibration()
    print(about)
    rows = []
    for name in options.jobs[:1] if options.quick else options.jobs:
        rows += measure(make_job(name, options.threads, 20 if options.quick else 100), peers)
    for row in rows:
        row["machine"] = about
    lines = summary(rows)
    text = harness.table_of(lines)
    print(text)
    if options.output:
        harness.write_rows(options.output, rows)
        draw(rows, pathlib.Path(options.output).with_suffix(".png"))
        harness.put_table(HERE / "README.md", f"{about}\n\n{text}")


if __name__ == "__main__":
    main()
