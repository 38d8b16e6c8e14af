#!/usr/bin/env python3
"""task.py [--quick] [--jobs NAME ...] [--peers NAME ...] [--threads N] [--output FILE.csv]

Codes a photograph of 256 x 256 pixels under banks of K = 144 filters of 12 x 12 taps and norm 1, in single
precision, with every peer that is installed, with more and more effort, and says after how many seconds
the code's objective is within 1 % and 0.1 % of the best that any peer reached; and what memory it takes.

The judge computes the objective of every code from the image and the filters, in double precision. First
the iterations of SPORCO and of encode_reference must tell of the same figures, in double precision."""

import dataclasses
import os
import pathlib
import subprocess
import sys

import numpy as np
import striate

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import harness  # noqa: E402

high_pass, normalise = striate.images.tikhonov_highpass, striate.images.local_contrast_normalize
JOBS = {
    "high-passed": {"prepare": high_pass, "bank": "heterogeneous", "lam": 0.05, "photograph": 3},
    "high-passed, another": {"prepare": high_pass, "bank": "heterogeneous", "lam": 0.05, "photograph": 8},
    "high-passed, a third": {"prepare": high_pass, "bank": "heterogeneous", "lam": 0.05, "photograph": 22},
    "high-passed, textured": {"prepare": high_pass, "bank": "heterogeneous", "lam": 0.05},
    "normalised": {"prepare": normalise, "bank": "heterogeneous", "lam": 0.05},
    "normalised, homogeneous bank": {"prepare": normalise, "bank": "homogeneous", "lam": 0.05},
    "normalised, learned bank": {"prepare": normalise, "bank": "learned", "lam": 0.05},
    "normalised, lambda 0.01": {"prepare": normalise, "bank": "heterogeneous", "lam": 0.01},
}
QUICK = ["high-passed", "normalised"]
NEAREST = 0.001  # above the best, relative


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


def photograph(number=0):
    """The middle of a photograph, or a generated image where no data is at hand."""
    if data := os.environ.get("STRIATE_DATA"):
        file = sorted((pathlib.Path(data) / "kodak_gray512").glob("*.png"))[number]
        pixels = striate.io.load(file)["data"].astype("f") / 255
        return np.ascontiguousarray(pixels.reshape(pixels.shape[:2])[128:384, 128:384])
    return striate.images.dead_leaves(1, (256, 256), seed=number)[0].astype("f")


def bank(kind, prepare):
    """144 filters of 12 x 12 taps and norm 1."""
    if kind != "learned":
        return striate.dictionaries.log_gabor(kind)[0].astype("f")
    others = np.stack([prepare(photograph(i)) for i in range(1, 6)]).astype("f")
    return striate.convolutional.learn(others, 144, 0.2, steps=15).filters


def make_job(name, threads):
    asked = JOBS[name]
    image = asked["prepare"](photograph(asked.get("photograph", 0))).astype("f")
    return Job(name, image, bank(asked["bank"], asked["prepare"]), asked["lam"], threads)


def measure(job, peers, limit):
    """(peer, effort, seconds, objective, gap) until a peer's time is up, or it is as near as we ask."""
    rows = []
    for name, module in sorted(peers.items(), key=lambda peer: peer[0] != "striate"):
        if isinstance(module, str):
            continue
        for effort, seconds, codes, gap in module.run(job, limit):
            rows.append({
                "job": job.name, "peer": name, "version": module.VERSION, "threads": job.threads,
                "effort": effort, "seconds": round(seconds, 3), "objective": round(float(job.objective(codes)), 4),
                "gap": "" if gap is None else f"{gap:.1e}", "zeros": round(zeros(codes), 5),
            })  # fmt: skip
            print(rows[-1], flush=True)
            best = min(row["objective"] for row in rows)
            if name != "striate" and rows[-1]["objective"] <= best * (1 + NEAREST):
                break
    return rows


def zeros(codes):
    """Their share in dense maps or in Striate's codes."""
    return codes.sparseness if hasattr(codes, "sparseness") else 1 - np.count_nonzero(codes) / codes.size


def megabytes(job, peer):
    """What a process of its own takes for a code more than it has before, at the peak."""
    command = [sys.executable, __file__, "--memory", peer, "--jobs", job.name, "--threads", str(job.threads)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def memory(job, module):
    """Run by `megabytes` in that process."""
    next(iter(module.run(dataclasses.replace(job, image=job.image[:32, :32]), 0)))  # what loads once
    before = harness.peak_megabytes(reset=True)
    next(iter(module.run(job, 0)))
    print(harness.peak_megabytes() - before)


def check_reference(threads):
    """Largest relative difference between SPORCO's trace and ours, and seconds of an iteration of each."""
    from sporco.admm import cbpdn

    image = normalise(photograph())
    filters = striate.dictionaries.log_gabor()[0]
    rows = {}
    for dtype, iterations in ((np.float64, 20), (np.float32, 100)):
        asked = {"MaxMainIter": iterations, "RelStopTol": 0.0}
        options = cbpdn.ConvBPDN.Options({**asked, "Verbose": False, "DataType": dtype})
        solver = cbpdn.ConvBPDN(
            np.transpose(filters.astype(dtype), (1, 2, 0)), image.astype(dtype), 0.05, options
        )
        _, theirs = harness.timed(solver.solve)
        told = solver.getitstat()
        own = striate.convolutional.ReferenceOptions.from_sporco(asked)
        run = lambda: striate.convolutional.encode_reference(  # noqa: E731
            image.astype(dtype), filters.astype(dtype), 0.05, own, threads=threads
        )
        (_, info), ours = harness.timed(run)
        pairs = {"objective_x": "ObjFun", "data_fidelity": "DFid", "l1": "RegL1", "primal": "PrimalRsdl",
                 "dual": "DualRsdl", "rho": "Rho"}  # fmt: skip
        differences = [
            np.max(np.abs(info.trace[a] / np.array(getattr(told, b)) - 1)) for a, b in pairs.items()
        ]
        rows[np.dtype(dtype).name] = (max(differences), theirs / iterations, ours / iterations)
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
            share = [r for r in here if r["peer"] == peer][-1]["zeros"]
            line["zeros"] = share and f"{100 * share:.2f} %"
            taken = [r["megabytes"] for r in here if r["peer"] == peer]
            line["MB"] = f"{taken[0]:.0f}"
            out.append(line)
    return out


def draw(rows, path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    jobs = list(dict.fromkeys(r["job"] for r in rows))
    across = min(3, len(jobs))
    down = -(-len(jobs) // across)
    size = (4.5 * across, 3.6 * down)
    figure, axes = plt.subplots(down, across, figsize=size, layout="constrained", squeeze=False)
    for axis in axes.flat[len(jobs) :]:
        axis.remove()
    for axis, job in zip(axes.flat, jobs):
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
    parser = harness.arguments(__doc__, JOBS, "10 seconds a peer, two jobs")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", help="prints the megabytes of this peer, for the job")
    options = parser.parse_args()
    if options.memory:
        module = harness.load_peers(HERE / "peers", [options.memory])[options.memory]
        return memory(make_job(options.jobs[0], options.threads), module)
    peers = harness.announced_peers(HERE / "peers", options.peers)
    about = harness.calibration()
    print(about)
    reference = ""
    if not isinstance(peers.get("sporco", ""), str):
        lines = [
            {"precision": kind, "largest difference": f"{difference:.1e}", "SPORCO": f"{1e3 * theirs:.0f} ms",
             "encode_reference": f"{1e3 * ours:.0f} ms", "faster": f"{theirs / ours:.1f}"}
            for kind, (difference, theirs, ours) in check_reference(options.threads).items()
        ]  # fmt: skip
        reference = harness.table_of(lines)
        print(reference)
        if float(lines[0]["largest difference"]) > 1e-8:
            sys.exit("task.py: the reference iterations tell of different figures; nothing is timed")
    rows = []
    for name in QUICK if options.quick else options.jobs:
        job = make_job(name, options.threads)
        here = measure(job, peers, 10 if options.quick else 90)
        taken = {peer: megabytes(job, peer) for peer in dict.fromkeys(r["peer"] for r in here)}
        rows += [{**row, "megabytes": taken[row["peer"]]} for row in here]
    for row in rows:
        row["machine"] = about
    if options.output and os.path.exists(options.output):  # jobs that were not run keep their rows
        run = {row["job"] for row in rows}
        numbers = ("seconds", "objective", "zeros", "megabytes")
        kept = [r for r in harness.read_rows(options.output) if r["job"] not in run]
        rows += [{k: float(v) if k in numbers and v else v for k, v in row.items()} for row in kept]
        rows.sort(key=lambda row: list(JOBS).index(row["job"]))
    lines = summary(rows)
    text = harness.table_of(lines)
    print(text)
    if options.output:
        harness.write_rows(options.output, rows)
        draw(rows, pathlib.Path(options.output).with_suffix(".png"))
        harness.put_table(HERE / "README.md", f"{about}\n\n{text}\n\n{reference}")


if __name__ == "__main__":
    main()
