#!/usr/bin/env python3
"""task.py [--images N] [--every N] [--jobs ...] [--nonzeros K] [--output FILE.csv] [--picture FILE.png]

Stores the photographs of bsds500_gray256, 256 x 256, as patterns of an associative memory through their
convolutional codes, and recalls them: from noise of one standard deviation of the photograph (noise), from
half of it (half: left, right, upper or lower, in turn), from half of its pixels (scattered), moved by 1 to
4 pixels with and without a search for where it lies (moved), moved by 2 with noise (moved-noise), from
photographs that were never stored (unknown), and by other rules (rules). PSNR has the peak 1 (255)."""

import argparse
import os
import pathlib
import sys
import time

import numpy as np
import striate

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import harness  # noqa: E402

JOBS = ("noise", "half", "unknown", "moved", "moved-noise", "rules", "scattered")
FULL = ("noise", "half")  # of every photograph; the others of some
RULES = ("graded_hebbian", "power")
SHIFTS = ((1, 0), (0, -1), (1, -1), (-1, 1))  # directions, in turn
SHOWN = (40, 210)


def read(file):
    return striate.io.load(file)["data"].astype("f") / 255


def psnr(clean, image, border=0):
    inside = slice(border, clean.shape[0] - border)
    error = clean[inside, inside].astype(float) - image[inside, inside]
    return float(10 * np.log10(1 / (error**2).mean()))


def learned(folder, threads):
    """64 filters of 11 x 11 from the middles of 8 other photographs, less their slow part."""
    files = sorted((folder / "kodak_gray512").glob("*.png"))[::3]
    images = np.stack([read(f)[128:384, 128:384] for f in files])
    images = striate.images.tikhonov_highpass(images, 10)
    how = {"shape": (11, 11), "steps": 20, "threads": threads}
    return striate.convolutional.learn(images, 64, 0.1, **how).filters


def timed(f):
    """What f returns, and the seconds of processor time that it took."""
    begin = time.process_time()
    result = f()
    return result, time.process_time() - begin


def noise(i, shape):
    return np.random.default_rng([1, i]).standard_normal(shape, dtype=np.float32)


def half(i, shape):
    mask = np.zeros(shape, bool)
    rows, columns = shape[0] // 2, shape[1] // 2
    where = ((slice(rows), slice(None)), (slice(rows, None), slice(None)),
             (slice(None), slice(columns)), (slice(None), slice(columns, None)))  # fmt: skip
    mask[where[i % 4]] = True
    return mask


def moved(image, down, right):
    """What comes in is mirrored."""
    padded = np.pad(image, 8, mode="symmetric")
    H, W = image.shape
    return np.ascontiguousarray(padded[8 - down : 8 - down + H, 8 - right : 8 - right + W])


def cues(job, i, clean):
    """(name, cue, keywords of recall, place, the photograph there) of photograph i."""
    sigma = float(clean.std())
    if job in ("noise", "rules"):
        yield "noise", clean + sigma * noise(i, clean.shape), {"sigma": sigma}, (0, 0), clean
    if job in ("half", "rules"):
        mask = half(i, clean.shape)
        yield "half", np.where(mask, clean, np.float32(np.nan)), {"mask": mask}, (0, 0), clean
    if job == "scattered":
        mask = np.random.default_rng([2, i]).random(clean.shape) < 0.5
        yield job, np.where(mask, clean, np.float32(np.nan)), {"mask": mask}, (0, 0), clean
    if job == "moved":
        for d in (1, 2, 3, 4):
            place = tuple(d * s for s in SHIFTS[i % 4])
            there = moved(clean, *place)
            for reach in (0, 4):
                name = f"moved by {d}, " + (f"searched to {reach}" if reach else "not searched")
                yield name, there, {"sigma": 0, "max_shift": reach}, place, there
    if job == "moved-noise":
        place = tuple(2 * s for s in SHIFTS[i % 4])
        there = moved(clean, *place)
        how = {"sigma": sigma, "max_shift": 4}
        yield "moved by 2 with noise, searched to 4", there + sigma * noise(i, clean.shape), how, place, there


def alone(job, cue, how, filters, threads):
    """What the library restores without a memory: the best of two ways where there are two."""
    run = {"method": "convolutional", "highpass": 10, "threads": threads}
    if job == "noise":
        return striate.denoise(cue, how["sigma"], filters, **run)
    if job in ("half", "scattered"):
        return striate.inpaint(cue, how["mask"], filters, **run)
    return None


def nearest_pixels(images, cue, how):
    """The photograph whose pixels are nearest to those of the cue that are seen."""
    seen = how.get("mask", np.ones(cue.shape, bool))
    part = cue[seen]
    return min(range(len(images)), key=lambda p: float(((images[p][seen] - part) ** 2).sum()))


def answer(memory, job, name, i, cue, how, place, there, options, more):
    found, seconds = timed(lambda: memory.recall(cue, threads=options.threads, **how))
    border = 8 if any(place) else 0
    return {
        "job": job, "cue": name, "rule": memory.rule, "image": i, "id": int(found.ids[0]),
        "kind": found.kinds[0], "cosine": f"{found.cosines[0]:.4f}",
        "familiarity": f"{found.familiarity[0]:.4f}", "margin": f"{found.familiarity_margins[0]:.4f}",
        "down": place[0], "right": place[1],
        "found_down": int(found.shifts[0, 0]), "found_right": int(found.shifts[0, 1]),
        "psnr": f"{psnr(there, found.images[0], border):.3f}",
        "psnr_code": f"{psnr(there, found.coded[0], border):.3f}",
        "seconds": f"{seconds:.3f}", **more,
    }  # fmt: skip


def stored(images, filters, rule, options):
    memory = striate.memory.ConvolutionalMemory(filters, images[0].shape, rule, nonzeros=options.nonzeros)
    _, seconds = timed(lambda: memory.store(images, threads=options.threads))
    about = {
        "images": len(memory), "nonzeros": memory.nonzeros, "seconds_per_image": seconds / len(images),
        "bytes_per_image": memory.nbytes / len(memory), "peak_megabytes": harness.peak_megabytes(),
        "psnr_stored": np.mean([psnr(x, memory.image(i)) for i, x in enumerate(images)]),
    }  # fmt: skip
    print({name: round(float(value), 3) for name, value in about.items()}, flush=True)
    return memory, about


def with_rule(memory, rule):
    """The same codes under another rule; storing them again would take minutes."""
    archive = memory._native.to_archive()
    archive["attributes"]["memory/memory"]["rule"] = rule
    return striate.memory.ConvolutionalMemory._from_archive(archive)


def means(rows):
    """One row per kind of cue."""
    found = []
    for key in dict.fromkeys((r["cue"], r["rule"]) for r in rows if r["job"] != "unknown"):
        of = [r for r in rows if (r["cue"], r["rule"]) == key and r["job"] != "unknown"]
        number = {n: [float(r[n]) for r in of if r[n] != ""] for n in of[0] if n.startswith(("psnr", "sec"))}
        right = np.mean([r["id"] == r["image"] for r in of])
        put = np.mean([(r["down"], r["right"]) == (r["found_down"], r["found_right"]) for r in of])
        pixels = [r["nearest_pixels"] for r in of]
        found.append({
            "cue": key[0], "rule": key[1], "cues": len(of), "identified": f"{100 * right:.1f} %",
            "in place": f"{100 * put:.1f} %" if "moved" in key[0] else "",
            "nearest pixels": f"{100 * np.mean([p == r['image'] for p, r in zip(pixels, of)]):.1f} %" if pixels[0] != "" else "",
            "recalled, dB": f"{np.mean(number['psnr']):.2f}", "own code, dB": f"{np.mean(number['psnr_code']):.2f}",
            "gain, dB": f"{np.mean(number['psnr']) - np.mean(number['psnr_code']):.2f}",
            "restored without memory, dB": f"{np.mean(number['psnr_restored']):.2f}" if number["psnr_restored"] else "",
            "seconds": f"{np.mean(number['seconds']):.2f}",
        })  # fmt: skip
    return found


def sheet(memory, images, path, options):
    """Photographs: cue, its own code, recalled, clean; noise above, half below."""
    from PIL import Image

    strips = []
    for i in (i % len(images) for i in SHOWN):
        for job in ("noise", "half"):
            _, cue, how, _, _ = next(cues(job, i, images[i]))
            found = memory.recall(cue, threads=options.threads, **how)
            parts = (np.nan_to_num(cue), found.coded[0], found.images[0], images[i])
            strips.append(np.hstack([np.clip(p, 0, 1) for p in parts]))
    pixels = np.round(255 * np.vstack(strips)).astype(np.uint8)
    Image.fromarray(pixels).save(path, optimize=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--every", type=int, default=10, help="of the jobs but noise and half")
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--nonzeros", type=int)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", help="CSV of the rows; rows that it has already are kept")
    parser.add_argument("--picture", help="cue, own code, recalled and clean, side by side")
    options = parser.parse_args()
    if not os.environ.get("STRIATE_DATA"):
        parser.error("STRIATE_DATA is not set; it names the folder that holds bsds500_gray256/")
    folder = pathlib.Path(os.environ["STRIATE_DATA"])
    images = [read(f) for f in sorted((folder / "bsds500_gray256").glob("*/*.png"))[: options.images]]
    filters = learned(folder, options.threads)
    known = options.output and pathlib.Path(options.output).exists()
    rows = harness.read_rows(options.output) if known else []
    for row in rows:
        row |= {n: int(row[n]) for n in ("image", "id", "down", "right", "found_down", "found_right")}
        if row["nearest_pixels"] != "":
            row["nearest_pixels"] = int(row["nearest_pixels"])
    done = {(r["job"], r["rule"], r["image"]) for r in rows}
    calibration = harness.calibration()
    print(calibration)

    def run(memory, job, i, clean):
        if (job, memory.rule, i) in done:
            return
        for name, cue, how, place, there in cues(job, i, clean):
            sampled = i % (5 * options.every) == 0
            restored = alone(job, cue, how, filters, options.threads) if sampled else None
            more = {
                "psnr_restored": "" if restored is None else f"{psnr(there, restored):.3f}",
                "nearest_pixels": nearest_pixels(images, cue, how) if job in FULL else "",
            }
            rows.append(answer(memory, job, name, i, cue, how, place, there, options, more))
        if options.output:
            harness.write_rows(options.output, rows)

    memory, about = stored(images, filters, "top1", options)
    if options.picture:
        sheet(memory, images, options.picture, options)
    for job in options.jobs:
        if job == "unknown":
            for i, file in enumerate(sorted((folder / "kodak_gray512").glob("*.png"))):
                clean = read(file)[128:384, 128:384]
                for kind in ("noise", "half"):
                    name, cue, how, place, there = next(cues(kind, i, clean))
                    if (job, memory.rule, 2 * i + (kind == "half")) in done:
                        continue
                    row = answer(memory, job, name, i, cue, how, place, there, options, {"psnr_restored": "", "nearest_pixels": ""})
                    rows.append(row | {"image": 2 * i + (kind == "half")})
        elif job == "rules":
            for rule in RULES:
                other = with_rule(memory, rule)
                for i in range(0, len(images), options.every):
                    run(other, job, i, images[i])
        else:
            for i in range(0, len(images), 1 if job in FULL else options.every):
                run(memory, job, i, images[i])
        print(job, flush=True)
    if options.output:
        harness.write_rows(options.output, rows)
    table = means(rows)
    text = harness.table_of(table) if table else ""
    unknown = {kind: [float(r["familiarity"]) for r in rows if r["job"] == "unknown" and r["cue"] == kind] for kind in FULL}
    lines = [f"{about['images']} photographs stored: {about['seconds_per_image']:.2f} s and "
             f"{about['bytes_per_image']:.0f} bytes each, {about['nonzeros']} entries; "
             f"{about['psnr_stored']:.2f} dB as stored; the process held at most {about['peak_megabytes']:.0f} MB."]  # fmt: skip
    for kind in FULL:
        stored_ones = [float(r["familiarity"]) for r in rows if r["job"] == kind]
        if stored_ones and unknown[kind]:
            lines.append(f"Familiarity, {kind}: at least {min(stored_ones):.3f} (median {np.median(stored_ones):.3f}) of "
                         f"{len(stored_ones)} stored photographs, at most {max(unknown[kind]):.3f} of {len(unknown[kind])} others.")  # fmt: skip
    report = "\n\n".join([calibration, *lines, text])
    print(report)
    if options.output:
        harness.put_table(HERE / "README.md", report)


if __name__ == "__main__":
    main()
