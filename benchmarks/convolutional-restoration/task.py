#!/usr/bin/env python3
"""task.py [--images N] [--tasks denoise inpaint] [--methods ...] [--threads N] [--output FILE.csv] [--picture FILE.png]

Takes noise of standard deviation 25 (of 255) out of the 24 images of the kodak_gray512 folder, and fills
in half of their pixels, by convolutional sparse codes under filters learned on other photographs
(bsds500_gray256), and by patches as striate.denoise and striate.inpaint are. PSNR has the peak 1 (255)."""

import argparse
import os
import pathlib
import sys

import numpy as np
import striate

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import harness  # noqa: E402

SIGMA, MISSING, HIGHPASS = 25 / 255, 0.5, 5
SHOWN = (("kodim08", 7), ("kodim15", 14))


def read(file):
    return striate.io.load(file)["data"].astype("f") / 255


def psnr(clean, image):
    return float(10 * np.log10(1 / ((clean.astype(float) - image) ** 2).mean()))


def learned(folder, threads):
    """100 filters of 11 x 11 from 8 photographs, less their slow part."""
    files = sorted((folder / "bsds500_gray256" / "train").glob("*.png"))
    images = np.stack([read(f) for f in files[:: len(files) // 8][:8]])
    images = striate.images.tikhonov_highpass(images, HIGHPASS)
    how = {"shape": (11, 11), "steps": 20, "threads": threads}
    return striate.convolutional.learn(images, 100, 0.15, **how).filters


def interpolated(image, mask):
    """The mean of the linear interpolations along the row and along the column."""
    out = np.where(mask, image, 0)
    for lines, seen, to in ((image, mask, out), (image.T, mask.T, out.T)):
        for line, known, filled in zip(lines, seen, to):
            lost, at = np.flatnonzero(~known), np.flatnonzero(known)
            filled[lost] += np.interp(lost, at, line[at]) / 2
    return out


def damaged(task, clean, i):
    if task == "denoise":
        noise = np.random.default_rng([25, i]).standard_normal(clean.shape, dtype=np.float32)
        return clean + np.float32(SIGMA) * noise, None
    mask = np.random.default_rng([50, i]).random(clean.shape) >= MISSING
    return np.where(mask, clean, np.float32(np.nan)), mask


def restored(task, method, image, mask, filters, threads):
    if method == "damaged":  # noisy, or linear interpolation
        return (image if task == "denoise" else interpolated(image, mask)), ""
    model = filters if method == "convolutional" else None
    how = {"threads": threads, "return_info": True}
    if method == "convolutional":
        how |= {"turns": 2, "highpass": HIGHPASS, "tolerance": 0.05}
    if task == "denoise":
        out, info = striate.denoise(image, SIGMA, model, method, **how)
    else:
        # Every patch takes four times as long as every second row and column of them.
        how |= {"stride": 2} if method == "patch" else {"relative_lambda": 0.15}
        out, info = striate.inpaint(image, mask, model, method, **how)
    return out, round(info.nonzeros, 3)


def sheet(folder, path, filters, threads):
    """Middles of images, restored: clean, damaged, by patches, by filters; noise above, holes below."""
    from PIL import Image

    strips = []
    for name, i in SHOWN:
        clean = read(folder / "kodak_gray512" / f"{name}.png")
        for task in ("denoise", "inpaint"):
            image, mask = damaged(task, clean, i)
            image = np.ascontiguousarray(image[160:352, 160:400])
            mask = mask if mask is None else np.ascontiguousarray(mask[160:352, 160:400])
            parts = [clean[160:352, 160:400], np.nan_to_num(image)]
            for method in ("patch", "convolutional"):
                parts.append(restored(task, method, image, mask, filters, threads)[0])
            strips.append(np.hstack([np.clip(p, 0, 1) for p in parts]))
    pixels = np.round(255 * np.vstack(strips)).astype(np.uint8)
    Image.fromarray(pixels).save(path, optimize=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=24)
    parser.add_argument("--tasks", nargs="+", default=["denoise", "inpaint"])
    parser.add_argument("--methods", nargs="+", default=["damaged", "patch", "convolutional"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", help="CSV of the rows; rows that it has already are kept")
    parser.add_argument("--picture", help="parts of two images, restored, side by side")
    options = parser.parse_args()
    if not os.environ.get("STRIATE_DATA"):
        parser.error("STRIATE_DATA is not set; it names the folder that holds kodak_gray512/")
    folder = pathlib.Path(os.environ["STRIATE_DATA"])
    files = sorted((folder / "kodak_gray512").glob("*.png"))[: options.images]
    needed = options.picture or "convolutional" in options.methods
    filters = learned(folder, options.threads) if needed else None
    known = options.output and pathlib.Path(options.output).exists()
    rows = harness.read_rows(options.output) if known else []
    done = {(r["image"], r["task"], r["method"]) for r in rows}
    about = harness.calibration()
    print(about)
    for i, file in enumerate(files):
        clean = read(file)
        for task in options.tasks:
            image, mask = damaged(task, clean, i)
            for method in options.methods:
                if (file.stem, task, method) in done:
                    continue
                (out, nonzeros), seconds = harness.timed(
                    lambda: restored(task, method, image, mask, filters, options.threads)
                )
                rows.append({
                    "image": file.stem, "task": task, "method": method,
                    "psnr": round(psnr(clean, out), 3), "nonzeros": nonzeros,
                    "seconds": round(seconds, 2), "threads": options.threads, "machine": about,
                })  # fmt: skip
                print({k: v for k, v in rows[-1].items() if k != "machine"}, flush=True)
                if options.output:
                    harness.write_rows(options.output, rows)
    if options.picture:
        sheet(folder, options.picture, filters, options.threads)
    if options.output:
        harness.put_table(HERE / "README.md", about + "\n\n" + means(rows))


def means(rows):
    names = {"denoise": "noisy", "inpaint": "interpolated"}
    found = []
    for task, method in sorted({(r["task"], r["method"]) for r in rows}):
        of = [r for r in rows if (r["task"], r["method"]) == (task, method)]
        mean = {k: np.mean([float(r[k]) for r in of]) for k in ("psnr", "seconds")}
        found.append({
            "task": task, "method": names[task] if method == "damaged" else method,
            "images": len(of), "psnr": f"{mean['psnr']:.2f}", "seconds": f"{mean['seconds']:.1f}",
        })  # fmt: skip
    return harness.table(found, {k: lambda r, k=k: r[k] for k in found[0]})


if __name__ == "__main__":
    main()
