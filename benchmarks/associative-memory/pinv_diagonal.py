#!/usr/bin/env python3
"""pinv_diagonal.py [--output FILE.csv]

Why the rule pinv stops to mend cues at a load of about 0.4: the diagonal of its matrix, computed by NumPy beside
Striate. J = Z (Z^H Z + ridge D)^-1 Z^H projects onto the patterns, so its diagonal is P / n on average: a unit adds that
much of itself to its own field. A pattern x has J x = x, so that a true unit that the cue lacks gets m (1 - P / n), m
the cue's part of the pattern, and a false one that the cue has P / n and noise: false units stay from
P / n = m / (1 + m) on. Without the diagonal they do not."""

import argparse
import os
import pathlib
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import striate  # noqa: E402

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import harness  # noqa: E402

N, K, CUES = 400, 20, 60
# Share of moved units and phase noise of the cues.
DAMAGES = [(0.1, 0.1), (0.25, 0.3), (0.5, 0.3)]
LOADS = [80, 100, 120, 140, 160, 180, 200, 240, 300, 380]
# Name -> ridge, diagonal taken out.
FORMS = {"kept": (1e-6, False), "kept_ridge_1": (1, False), "kept_ridge_3": (3, False), "zero": (1e-6, True), "zero_ridge": (0.3, True)}


def random_codes(rng, count):
    Z = np.zeros((N, count), complex)
    for p in range(count):
        Z[rng.choice(N, K, replace=False), p] = np.exp(2j * np.pi * rng.random(K))
    return Z


def damaged(rng, Z, moved, noise):
    cues = Z * np.exp(1j * noise * rng.standard_normal(Z.shape))
    for cue, code in zip(cues.T, Z.T):
        count = round(moved * K)
        cue[rng.choice(np.flatnonzero(code), count, replace=False)] = 0
        cue[rng.choice(np.flatnonzero(code == 0), count, replace=False)] = np.exp(2j * np.pi * rng.random(count))
    return cues


def settled(J, cues, zero, steps=10):
    """K winners, phases; all cues at once, until none changes."""
    Z = cues / np.abs(cues).max(0)
    for _ in range(steps):
        U = J @ Z - (np.diag(J)[:, None] * Z if zero else 0)
        np.put_along_axis(U, np.argsort(-np.abs(U), axis=0, kind="stable")[K:], 0, 0)
        before, Z = Z, np.where(U == 0, 0, U / np.maximum(np.abs(U), 1e-300))
        if np.abs(Z - before).max() < 1e-6:
            break
    return Z


def cosines(A, B):
    return np.abs((A.conj() * B).sum(0)) / np.linalg.norm(A, axis=0) / np.linalg.norm(B, axis=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", help="CSV of the rows")
    options = parser.parse_args()
    rng, rows = np.random.default_rng(0), []
    for moved, noise in DAMAGES:
        m = (1 - moved) * np.exp(-(noise**2) / 2)
        for P in LOADS:
            Z = random_codes(rng, P)
            right = Z[:, :CUES]
            cues = damaged(rng, right, moved, noise)
            gram = Z.conj().T @ Z
            row = {"units": N, "active": K, "moved": moved, "phase_noise": noise, "patterns": P, "load": P / N,
                   "predicted_limit": round(m / (1 + m), 3)}  # fmt: skip
            for name, (ridge, zero) in FORMS.items():
                J = Z @ np.linalg.solve(gram + ridge * np.diag(np.diag(gram)), Z.conj().T)
                states = settled(J, cues, zero)
                row[f"similar_{name}"] = round((cosines(states, right) > 0.9).mean(), 3)
                if name == "kept":
                    row["diagonal"] = round(float(np.diag(J).real.mean()), 3)
                    row["pattern_error"] = f"{np.abs(J @ Z - Z).max():.1e}"
                    memory = striate.memory.AssociativeMemory(N, rule="pinv", k=K, dtype=float)
                    memory.store(Z.T.copy())
                    own = np.asarray(memory.recall(cues.T.copy(), threads=1).states.todense()).T
                    row["similar_striate"] = round((cosines(own, right) > 0.9).mean(), 3)
                    row["striate_as_numpy"] = round((cosines(own, states) > 0.999).mean(), 3)
                    named = np.abs(Z.conj().T @ own).argmax(0) == np.arange(CUES)
                    row["identified_striate"] = round(named.mean(), 3)
                row[f"cosine_{name}"] = round(cosines(states, right).mean(), 4)
            states = settled(Z @ Z.conj().T, cues, True)
            row["similar_tpam"] = round((cosines(states, right) > 0.9).mean(), 3)
            row["cosine_tpam"] = round(cosines(states, right).mean(), 4)
            rows.append(row)
            print(row, flush=True)
    if options.output:
        harness.write_rows(options.output, rows)


if __name__ == "__main__":
    main()
