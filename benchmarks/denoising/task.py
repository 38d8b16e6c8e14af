#!/usr/bin/env python3
"""task.py [--quick] [--sigmas S ...] [--threads N] [--output FILE.csv]

Takes white noise of standard deviation 15, 25 and 50 (of 255) out of the images of the set12 folder
with striate.denoise as it is (K-SVD on the image itself, pursuit to 1.15 sigma), and prints PSNR
and seconds beside what Elad and Aharon give for their K-SVD on images of the same name."""

import argparse
import os
import pathlib
import sys

import numpy as np
import striate

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import harness  # noqa: E402

# Elad and Aharon 2006, table I, mean of five draws of the noise.
PAPER = {
    ("02_house", 15): 34.32, ("02_house", 25): 32.15, ("02_house", 50): 27.95,
    ("09_barbara", 15): 32.37, ("09_barbara", 25): 29.60, ("09_barbara", 50): 25.47,
    ("10_ship", 15): 31.73, ("10_ship", 25): 29.28, ("10_ship", 50): 25.95,
}  # fmt: skip


def psnr(clean, image):
    return float(10 * np.log10(1 / ((clean - image) ** 2).mean()))


def strip(shown, path):
    """Rows of clean, noisy and denoised."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(shown), 3, figsize=(9, 3 * len(shown)), layout="constrained")
    for row, (name, *images) in zip(axes, shown):
        for axis, image, word in zip(row, images, ("clean", "noisy", "denoised")):
            axis.imshow(np.clip(image, 0, 1), cmap="gray", vmin=0, vmax=1)
            axis.set_title(f"{name}, {word}", fontsize=9)
            axis.axis("off")
    figure.savefig(path, dpi=100)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="three images, sigma 25")
    parser.add_argument("--sigmas", nargs="+", type=int, default=[15, 25, 50])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", help="CSV of the rows; the README's table is made anew from it")
    parser.add_argument("--picture", help="clean, noisy and denoised images, side by side")
    options = parser.parse_args()
    folder = os.environ.get("STRIATE_DATA")
    if not folder:
        parser.error("STRIATE_DATA is not set; it names the folder that holds set12/")
    files = sorted((pathlib.Path(folder) / "set12").glob("*.png"))
    about = harness.calibration()
    print(about)
    rows, shown = [], []
    for sigma in [25] if options.quick else options.sigmas:
        for i, file in enumerate(files[:3] if options.quick else files):
            clean = striate.io.load(file)["data"].astype("f") / 255
            noise = np.random.default_rng([sigma, i]).standard_normal(clean.shape, dtype=np.float32)
            noisy = clean + sigma / 255 * noise
            (image, info), seconds = harness.timed(lambda: striate.denoise(
                noisy, sigma / 255, threads=options.threads, return_info=True))  # fmt: skip
            rows.append({
                "image": file.stem, "sigma": sigma, "noisy": round(psnr(clean, noisy), 2),
                "psnr": round(psnr(clean, image), 2), "paper": PAPER.get((file.stem, sigma), ""),
                "seconds": round(seconds, 2), "nonzeros": round(info.nonzeros, 2),
                "threads": options.threads, "machine": about,
            })  # fmt: skip
            print({k: v for k, v in rows[-1].items() if k != "machine"}, flush=True)
            if sigma == 25 and file.stem in ("02_house", "09_barbara"):
                shown.append((file.stem, clean, noisy, image))
    means = []
    for sigma in sorted({r["sigma"] for r in rows}):
        of = [r for r in rows if r["sigma"] == sigma]
        known = [r for r in of if r["paper"]]
        means.append({
            "image": f"mean of {len(of)}", "sigma": sigma, "threads": options.threads,
            **{k: f"{np.mean([r[k] for r in of]):.2f}" for k in ("noisy", "psnr", "seconds", "nonzeros")},
            "paper": f"{np.mean([r['paper'] - r['psnr'] for r in known]):+.2f} on {len(known)}"
            if known else "",
        })  # fmt: skip
        print(means[-1])
    if options.picture:
        strip(shown, options.picture)
    if options.output:
        harness.write_rows(options.output, rows)
        harness.put_table(HERE / "README.md", about + "\n\n" + harness.table(rows + means, {
            key: lambda r, key=key: r[key]
            for key in ("image", "sigma", "noisy", "psnr", "paper", "seconds", "nonzeros")
        }))  # fmt: skip


if __name__ == "__main__":
    main()
