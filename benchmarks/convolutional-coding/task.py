#!/usr/bin/env python3
"""task.py [--quick] [--jobs NAME ...] [--peers NAME ...] [--threads N] [--output FILE.csv]

Codes a photograph of 256 x 256 pixels under the heterogeneous log-Gabor bank (K = 144 filters of 12 x 12
taps, norm 1) in single precision with every peer that is installed, with more and more effort, and says
after how many seconds the code's objective is within 1 % and 0.1 % of the best that any peer reached.

The judge computes the objective of every code from the image and the filters, in double precision."""

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

JOBS = {
    "high-passed": {"prepare": striate.images.tikhonov_highpass, "lam": 0.05},
    "normalised": {"prepare": striate.images.local_contrast_normalize, "lam": 0.05},
}


@dataclasses.dataclass
class Job:
    """What a peer is asked to do; `image` (H, W), `filters` (K, h, w), float32."""

    name: str
    image: np.ndarray
    filters: np.ndarray
    lam: float
    threads: int

    def objective(self, codes):
        """1/2 |s - D x|^2 + lam |x|_1 of dense maps or Striate's codes."""
        dense = codes.to_dense() if hasattr(codes, "to_dense") else codes
        maps = np.asarray(dense, "d")
        spectrum = np.zeros(np.fft.rfft2(self.image).shape, complex)
        for one, d in zip(maps, self.filters.astype("d")):
            spectrum += np.fft.rfft2(one) * np.fft.rfft2(d, self.image.shape)
        rest = self.image - np.fft.irfft2(spectrum, self.image.shape)
        return 0.5 * (rest**2).sum() + self.lam * np.abs(maps).sum()


def photograph():
    """The middle of a photograph, or a generated image where no data is at hand."""
    if data := os.environ.get("STRIATE_DATA"):
        file = sorted((pathlib.Path(data) / "kodak_gray512").glob("*.png"))[0]
        pixels = striate.io.load(file)["data"].astype("f") / 255
        return np.ascontiguousarray(pixels.reshape(pixels.shape[:2])[128:384, 128:384])
    return striate.images.dead_leaves(1, (256, 256), seed=0)[0].astype("f")


def measure(job, peers, seconds):
    """(peer, effort, seconds, objective, gap) until a peer's time is up."""
    rows = []
    for name, module in peers.items():
        if isinstance(module, str):
            continue
        efforts = module.points(job)
        module.code(job, efforts[0])  # warm
        for effort in efforts:
            (codes, gap), spent = harness.timed(lambda m=module, e=effort: m.code(job, e))
            rows.append({
                "job": job.name, "peer": name, "version": module.VERSION, "threads": job.threads,
                "effort": effort, "seconds": round(spent, 3), "objective": round(float(job.objective(codes)), 4),
                "gap": "" if gap is None else f"{gap:.1e}",
            })  # fmt: skip
            print(rows[-1], flush=True)
            if spent > seconds:
                break
    return rows


def summary(rows):
    """Per job and peer: seconds until within 1 % and 0.1 % of the best, and Striate's advantage."""
    out = []
    for job in dict.fromkeys(r["job"] for r in rows):
        here = [r for r in rows if r["job"] == job]
        best = min(r["objective"] for r in here)

        def until(peer, share):
            there = [r["seconds"] for r in here if r["peer"] == peer and r["objective"] <= best * (1 + share)]
            return min(there) if there else None

        for peer in dict.fromkeys(r["peer"] for r in here):
            line = {"job": job, "peer": f"{peer} {next(r['version'] for r in here if r['peer'] == peer)}"}
            for share, word in ((0.01, "1 %"), (0.001, "0.1 %")):
                ours, theirs = until("striate", share), until(peer, share)
                longest = max(r["seconds"] for r in here if r["peer"] == peer)
                line[f"s to {word}"] = f"{theirs:.2f}" if theirs else f"not in {longest:.0f}"
                line[f"Striate faster ({word})"] = (
                    "" if peer == "striate" or not ours
                    else f"{theirs / ours:.1f}" if theirs else f"over {longest / ours:.0f}"
                )  # fmt: skip
            gaps = [float(r["gap"]) for r in here if r["peer"] == peer and r["gap"]]
            line["least gap"] = f"{min(gaps):.1e}" if gaps else "none"
            out.append(line)
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
            excess = [max(r["objective"] / best - 1, 1e-5) for r in mine]
            axis.loglog([r["seconds"] for r in mine], excess, "o-", ms=4, label=peer)
        axis.set(title=job, xlabel="seconds", ylabel="objective above the best, relative")
        axis.grid(alpha=0.3)
        axis.legend()
    figure.savefig(path, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="10 seconds a peer")
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--peers", nargs="+", help="default: all of peers/")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", help="CSV of the rows; figure and README's table come from it")
    options = parser.parse_args()
    peers = harness.load_peers(HERE / "peers", options.peers)
    for name, module in peers.items():
        print(f"{name}: {'skipped: ' + module if isinstance(module, str) else module.VERSION}")
    about = harness.calibration()
    print(about)
    filters = striate.dictionaries.log_gabor()[0].astype("f")
    rows = []
    for name in options.jobs:
        image = JOBS[name]["prepare"](photograph()).astype("f")
        job = Job(name, image, filters, JOBS[name]["lam"], options.threads)
        rows += measure(job, peers, 10 if options.quick else 40)
    for row in rows:
        row["machine"] = about
    lines = summary(rows)
    text = harness.table(lines, {key: lambda r, key=key: r[key] for key in lines[0]})
    print(text)
    if options.output:
        harness.write_rows(options.output, rows)
        draw(rows, pathlib.Path(options.output).with_suffix(".png"))
        harness.put_table(HERE / "README.md", f"{about}\n\n{text}")


if __name__ == "__main__":
    main()
