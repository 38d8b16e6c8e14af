#!/usr/bin/env python3
"""capacity.py [--quick] [--codes FILE] [--output FILE.csv] [--picture FILE.png]

How many patterns each rule holds: random phasors of n = 400 units with K = 10 to 400 of them active, and natural
codes (those of FILE, a file of codes or of a memory; else of the photographs in $STRIATE_DATA, or of generated images,
under the dictionary that ships with Striate). The share of damaged cues that settle above |cos| 0.9 with their
pattern, by load, with 95 % intervals."""

import argparse
import pathlib
import sys

import numpy as np
import striate

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import harness  # noqa: E402
from natural_codes import patches_of  # noqa: E402

UNITS, ACTIVE = 400, [10, 20, 40, 80, 160, 400]
LOADS = [12, 25, 35, 50, 70, 100, 140, 200, 280, 400, 560, 800, 1130, 1600]
RULES = {
    "tpam": {}, "graded_hebbian": {}, "pinv": {}, "power": {"power": 3}, "softmax": {}, "willshaw": {},
    "top1": {},
}  # fmt: skip
STYLES = {"power": "s-", "softmax": "o--", "top1": ":"}  # they lie on one another
SHARES = [0.8, 0.97]  # of a natural code's energy is in the units that its state keeps


def natural(file):
    if file is not None:
        stored = striate.io.load(file)
        return stored.get("codes", stored.get("data")) if isinstance(stored, dict) else stored
    model = striate.dictionaries.pretrained()
    return model.encode(patches_of(model, 3000, seed=11), tolerance=1e-4)


def curves(about, rules, loads, draws, **settings):
    """Rows of all rules, one rule after another: they have settings of their own."""
    rows = []
    for rule in rules:
        most = [p for p in loads if not (rule == "pinv" and p > 800)]
        found = striate.memory.capacity_curves(
            rules=rule, patterns=most, draws=draws, cues_per_draw=40, threads=1, **RULES[rule], **settings
        )
        for row in zip(*found.values()):
            rows.append(about | dict(zip(found, row)))
        last = {r["patterns"]: f"{r['similar']:.2f}" for r in rows if r["rule"] == rule}
        print(about, rule, last, flush=True)
    return rows


def draw(rows, path):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    panels = list(dict.fromkeys(row["patterns_are"] for row in rows))
    figure, axes = pyplot.subplots(2, -(-len(panels) // 2), figsize=(15, 7), sharey=True, layout="constrained")
    for axis, panel in zip(axes.flat, panels):
        for number, rule in enumerate(RULES):
            of = [r for r in rows if r["patterns_are"] == panel and r["rule"] == rule]
            p = [int(r["patterns"]) for r in of]
            column = lambda key, of=of: [100 * float(r[key]) for r in of]  # noqa: E731
            axis.fill_between(p, column("similar_low"), column("similar_high"), alpha=0.2, color=f"C{number}")
            style = STYLES.get(rule, "o-")
            axis.plot(p, column("similar"), style, ms=3, lw=1.2, color=f"C{number}", label=rule)
        axis.set(xscale="log", title=panel, ylim=(-3, 103))
        axis.grid(alpha=0.3)
    for axis in axes.flat[len(panels) :]:
        axis.axis("off")
    axes.flat[0].legend(fontsize=8, loc="lower left")
    for axis in axes[-1]:
        axis.set_xlabel("stored patterns P")
    for row in axes:
        row[0].set_ylabel("cues that end above |cos| 0.9, %")
    figure.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two numbers of active units, seven loads, two draws")
    parser.add_argument("--codes", help="natural codes; else they are made")
    parser.add_argument("--from", dest="rows", help="draw the picture from this CSV, measure nothing")
    parser.add_argument("--output", help="CSV of the rows")
    parser.add_argument("--picture")
    options = parser.parse_args()
    if options.rows:
        draw(harness.read_rows(options.rows), options.picture)
        return
    draws, loads = (2, LOADS[:7]) if options.quick else (5, LOADS)
    rows = []
    for active in ACTIVE[1:3] if options.quick else ACTIVE:
        about = {"patterns_are": f"random phasors, {active} of {UNITS} units"}
        rows += curves(about, RULES, loads, draws, n_units=UNITS, active=active)
    codes = natural(options.codes)
    for share in SHARES:
        about = {"patterns_are": f"natural codes, {100 * share:.0f} % of energy, {codes.shape[1] // 2} units"}
        rows += curves(about, RULES, [5] + loads, draws, codes=codes, winners_share=share)
    if options.output:
        harness.write_rows(options.output, rows)
    if options.picture:
        draw(rows, options.picture)


if __name__ == "__main__":
    main()
