#!/usr/bin/env python3
"""classical_limits.py [--quick] [--limits NAME ...] [--output FILE.csv]

The limits of associative memories that the literature derives, measured on Striate's rules: what is expected, what comes
out, and how far apart they may be for memories of finite size. `docs/guide/memory-capacity.md` says what they mean."""

import argparse
import math
import os
import pathlib
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402
import scipy.optimize  # noqa: E402
import scipy.sparse  # noqa: E402
import scipy.special  # noqa: E402
import scipy.stats  # noqa: E402
import striate  # noqa: E402

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import harness  # noqa: E402

ROWS = []


def note(limit, what, expected, measured, tolerance, reason):
    """`tolerance` absolute, or None: the figure is told, nothing is claimed of it."""
    within = "" if tolerance is None else bool(abs(measured - expected) <= tolerance)
    figures = [f"{x:.4g}" for x in (expected, measured)] + ["" if tolerance is None else f"{tolerance:.2g}"]
    ROWS.append({"limit": limit, "what": what, "expected": figures[0], "measured": figures[1],
                 "tolerance": figures[2], "within": within, "reason": reason})  # fmt: skip
    print(f"{limit:12} {what:60} expected {figures[0]:>9}  measured {figures[1]:>9}  +- {figures[2]:7} {within}", flush=True)


def held(rule, codes, **settings):
    memory = striate.memory.AssociativeMemory(codes.shape[1], rule=rule, **settings)
    memory.store(codes)
    return memory


def states_of(memory, cues, steps):
    recalled = memory.recall(cues, max_steps=steps, threads=1)
    return np.asarray(recalled.states.todense()), recalled


def signs(rng, *shape):
    return rng.choice([-1.0, 1.0], shape).astype(np.complex64)


def phasors(rng, count, n, k=None):
    k = k or n
    codes = np.zeros((count, n), np.complex64)
    for code in codes:
        code[rng.choice(n, k, replace=False)] = np.exp(2j * np.pi * rng.random(k))
    return codes


def upper_tail(x):
    return float(scipy.stats.norm.sf(x))


def amit_overlap(load):
    """Amit, Gutfreund and Sompolinsky (1985), temperature 0: the larger root of
    y (sqrt(2 load) + 2 exp(-y^2) / sqrt(pi)) = erf(y); overlap erf(y). 0: there is none."""
    f = lambda y: math.erf(y) - y * (math.sqrt(2 * load) + 2 / math.sqrt(math.pi) * math.exp(-y * y))  # noqa: E731
    grid = np.linspace(5, 0.5, 2000)
    for high, low in zip(grid, grid[1:]):
        if f(low) > 0:
            return math.erf(scipy.optimize.brentq(f, low, high))
    return 0.0


def one_at_a_time(X, x, rng, sweeps=30):
    """The dynamics of the theory, by NumPy: units in random order, each sees what the others became."""
    n = len(x)
    J = X.T @ X / n
    np.fill_diagonal(J, 0)
    z, u = x.copy(), J @ x
    for _ in range(sweeps):
        before = z.copy()
        for i in rng.permutation(n):
            new = np.sign(u[i]) or z[i]
            if new != z[i]:
                u += (new - z[i]) * J[:, i]
                z[i] = new
        if (z == before).all():
            break
    return (z * x).mean()


def hopfield(quick):
    """Stored patterns, left to themselves."""
    rng = np.random.default_rng(1)
    loads = (0.10, 0.12, 0.13, 0.138, 0.145, 0.15, 0.16, 0.18)
    halves, sizes = [], (500, 1000) if quick else (1000, 2000, 3000)
    for n in sizes:
        stay = []
        for load in loads:
            ends, cycles, single = [], [], []
            for _ in range(2 if quick else 4):
                X = signs(rng, round(load * n), n)
                asked = X[: 10 if quick or n > 2000 else 20]
                z, recalled = states_of(held("hopfield", X), asked, 100)
                ends += list((z.real * asked.real).mean(1))
                cycles += [ending == "cycle" for ending in recalled.endings]
                if n == 1000:
                    single += [one_at_a_time(X.real, X[i].real, rng) for i in range(3)]
            kept = np.array([m for m in ends if m > 0.8])
            stay.append(len(kept) / len(ends))
            about, theory = f"n = {n}, load {load}", amit_overlap(load)
            if load < 0.125:
                note("hopfield", f"{about}: mean final overlap of those that stay", theory, np.mean(kept), 0.01,
                     "the theory is of n without bound")  # fmt: skip
            elif load == 0.138:
                note("hopfield", f"{about}: overlap of the {len(kept)} of {len(ends)} that stay", amit_overlap(0.1379),
                     np.mean(kept), 0.025, "the theory's curve ends here with an upright slope: a load 0.005 less has 0.98")  # fmt: skip
            note("hopfield", f"{about}: share of patterns that stay above 0.8", np.nan, stay[-1], None,
                 f"{np.mean(cycles):.2f} end in a 2-cycle, which units that change one at a time cannot")  # fmt: skip
            if single:
                note("hopfield", f"{about}: the same, one unit at a time, NumPy", stay[-1], (np.array(single) > 0.8).mean(), None,
                     "12 patterns: no difference to be seen")  # fmt: skip
        halves.append(float(np.interp(-0.5, -np.minimum.accumulate(stay), loads)))
        note("hopfield", f"n = {n}: load at which half of the patterns stay", 0.138, halves[-1],
             0.02 if n == 3000 else None, "falls towards the theory's as n grows")  # fmt: skip
    line = np.polyfit(1 / np.sqrt(sizes), halves, 1)
    note("hopfield", "load at which half stay, n without bound", 0.138, line[1], 0.02,
         "a line in 1/sqrt(n) through the measured ones")  # fmt: skip
    note("hopfield", "load at which half stay: falls from n to n", 1, all(np.diff(halves) < 0.003), 0,
         "finite size: the fall is wide, and its middle moves down")  # fmt: skip


def mceliece(quick):
    """Patterns that one step leaves as they are, all units of them."""
    rng = np.random.default_rng(2)
    n, draws = (1000, 5) if quick else (1000, 20)
    for times in (1, 2, 4):
        P = round(times * n / (4 * math.log(n)))
        fixed = []
        for _ in range(draws):
            X = signs(rng, P, n)
            z, _ = states_of(held("hopfield", X), X, 1)
            fixed.append((z.real == X.real).all(1))
        error = upper_tail(math.sqrt((n - 1) / (P - 1)))  # cross-talk of P - 1 patterns over n - 1 units
        one = math.exp(-n * error)
        spread = math.sqrt(one * (1 - one) / (P * draws))
        note("mceliece", f"n = {n}, P = {P} = {times} n/(4 ln n): share of patterns fixed", one, np.mean(fixed),
             4 * spread + 0.02, "units taken as independent, cross-talk as normal; four binomial errors")  # fmt: skip
        if times == 1:
            note("mceliece", f"n = {n}, P = {P}: share of memories with all fixed", one**P, np.mean([f.all() for f in fixed]),
                 4 * math.sqrt(max(one**P * (1 - one**P), 1e-3) / draws), "four binomial errors")  # fmt: skip


def dense_phasors(quick):
    """All units active: the load at which half of the patterns still stay above 0.7."""
    rng = np.random.default_rng(3)
    n, asked, draws = (500, 8, 2) if quick else (1000, 15, 4)
    loads, shares = np.array([0.026, 0.030, 0.034, 0.038, 0.042, 0.046, 0.052, 0.06]), []
    for load in loads:
        ends = []
        for _ in range(draws):
            X = phasors(rng, round(load * n), n)
            z, _ = states_of(held("tpam", X), X[:asked], 100)
            ends += list(np.abs((z.conj() * X[:asked]).mean(1)))
        shares.append(np.mean(np.array(ends) > 0.7))
        note("phasors", f"n = {n}, load {load}: mean final overlap", np.nan, np.mean(ends), None,
             f"{shares[-1]:.2f} of the patterns stay above 0.7")  # fmt: skip
    shares = np.minimum.accumulate(shares)
    half = float(np.interp(-0.5, -np.array(shares), loads))
    note("phasors", f"n = {n}, all units active: load at which half stay", 0.038, half, 0.006,
         "the fall is a tenth of the load wide on either side at this n")  # fmt: skip


def sparse_phasors(quick):
    """Patterns held from damaged cues, by the number of active units."""
    n = 400
    patterns = {}
    for k in (20, 40, 80, 400) if quick else (10, 20, 40, 80, 160, 400):
        found = striate.memory.capacity_search(
            n, active=k, rules="tpam", draws=3 if quick else 10, cues_per_draw=20, seed=4, threads=1
        )
        patterns[k] = int(found["patterns"][0])
        bits = math.log2(math.comb(n, k)) * patterns[k] / n**2
        note("sparse", f"n = {n}, {k} active: patterns held", np.nan, patterns[k], None,
             f"{patterns[k] * k} phases stored, and {bits:.3f} bits per weight in the choice of units")  # fmt: skip
    first = patterns[80] * 80 / (patterns[40] * 40)
    note("sparse", "patterns x active units, 80 active over 40", 1, first, 0.25, "first order: P k is constant")
    gain = patterns[20] / patterns[400]
    note("sparse", "20 active over all active: patterns held", 20, gain, 8, "first order: the ratio of active units; K ln n terms differ")
    note("sparse", "best P k of sparse over dense", np.nan, max(p * k for k, p in patterns.items() if k < n) / patterns[400] / n,
         None, "above 1: sparse phasors beat dense ones in phases alone")  # fmt: skip


def willshaw(quick):
    """Threshold: all active cue units must vote for a unit. k is such that a full cue calls up one false unit."""
    rng = np.random.default_rng(5)
    n = 512 if quick else 2000
    for load in (0.3, 0.5, 0.7):
        k = round(math.log(n) / -math.log(load))
        P = round(math.log(1 - load) / math.log(1 - k**2 / n**2))
        units = np.concatenate([rng.choice(n, k, replace=False) for _ in range(P)])
        X = scipy.sparse.csr_array((np.ones(P * k, np.complex64), (np.repeat(np.arange(P), k), units)), shape=(P, n))
        memory = held("willshaw", X, truncation="dynamic", theta=0.999)
        asked = X[: min(P, 1000)].toarray().real > 0
        z, _ = states_of(memory, X[: len(asked)], 1)
        false = ((z != 0) & ~asked).sum(1)
        # A cue of one unit calls up its row of J.
        rows, _ = states_of(memory, np.eye(n, dtype=np.complex64)[:200], 1)
        ones = ((rows != 0).sum(1) - 1).mean() / (n - 1)
        about = f"n = {n}, k = {k}, P = {P}"
        pairs = 1 - (1 - k * (k - 1) / (n * (n - 1))) ** P
        note("willshaw", f"{about}: share of ones off the diagonal", pairs, ones, 0.01,
             f"k (k-1)/n (n-1) in place of k^2/n^2, which gives {load}; rows differ with the use of their unit")  # fmt: skip
        note("willshaw", f"{about}: true units lost from a full cue", 0, (asked & (z == 0)).sum(), 0, "never, by construction")
        uses = np.arange(P + 1)
        row = 1 - (1 - (k - 1) / (n - 1)) ** uses  # ones in the row of a unit that so many patterns use
        expected = (n - k) * (scipy.stats.binom.pmf(uses, P - 1, k / n) * row**k).sum()
        note("willshaw", f"{about}: false units of a full cue", expected, false.mean(), 0.1 * expected + 4 * false.std() / len(false) ** 0.5,
             f"the mean over the use of units; (n-k) p1^k, all rows alike, is {(n - k) * pairs**k:.3f}")  # fmt: skip
        cost = scipy.special.gammaln(k + false + 1) - scipy.special.gammaln(false + 1) - math.lgamma(k + 1)
        bits = P * (math.log2(math.comb(n, k)) - cost.mean() / math.log(2)) / n**2
        limit = math.log2(load) * math.log(1 - load)
        note("willshaw", f"{about}: bits per bit of J", P * math.log2(math.comb(n, k)) / n**2, bits, 0.06,
             f"log2 C(n, k) a pattern, less what false units cost; n without bound: {limit:.3f}, at most ln 2")  # fmt: skip


def dense_memory(quick):
    """Signs under the rule power(q): energy degree m = q + 1. Krotov and Hopfield take each unit by the difference of
    two energies; the field of Striate's rule is the gradient at the state, in which a unit votes for itself."""
    rng = np.random.default_rng(6)
    n, draws = 100, 3 if quick else 10
    for q in (2, 3):
        odd = math.prod(range(1, 2 * q, 2))  # (2m - 3)!!
        P = round(n**q / (2 * odd * math.log(n)))
        sigma = math.sqrt(P * odd / n**q)
        # Mean of |b|^(q-1), b normal of variance 1/n: what a unit adds to its own field, over all patterns.
        moment = 2 ** ((q - 1) / 2) * math.gamma(q / 2) / math.sqrt(math.pi) / n ** ((q - 1) / 2)
        own = q * P * moment / n
        fixed, mended, differences = [], [], []
        for _ in range(draws):
            X = signs(rng, P, n)
            memory = held("power", X, power=float(q))
            asked = 300
            z, _ = states_of(memory, X[:asked], 1)
            # States are phasors up to rounding, and real.
            fixed.append((z.real * X[:asked].real > 0.5).mean())
            flipped = X[:asked].copy()
            at = rng.integers(n, size=asked)
            flipped[np.arange(asked), at] *= -1
            z, _ = states_of(memory, flipped, 1)
            mended.append((z[np.arange(asked), at].real * X[np.arange(asked), at].real > 0).mean())
            A = X.real @ X[:asked].real.T / n  # (P, asked)
            for i in range(0, n, 4):
                side = X.real[:, i : i + 1] * X[:asked, i].real / n
                up, down = np.abs(A) ** (q + 1), np.abs(A - 2 * side) ** (q + 1)
                differences.append(((up - down).sum(0) > 0).mean())
        about = f"signs, n = {n}, degree {q + 1}, P = {P}"
        theory = upper_tail((1 - 1 / n) ** (q / 2) / sigma)
        note("dense", f"{about}: units that err, by energy differences (NumPy)", theory, 1 - np.mean(differences),
             0.3 * theory + 4 * math.sqrt(theory / (n // 4 * asked * draws)),
             "cross-talk taken as normal; four counting errors")  # fmt: skip
        kept = upper_tail((1 + own) / sigma)
        note("dense", f"{about}: units that err, Striate's field", kept, 1 - np.mean(fixed), 0.5 * kept + 2e-4,
             f"a unit votes for itself with {own:.2f} of the signal")  # fmt: skip
        against = upper_tail(((1 - 2 / n) ** q - own) / sigma)
        note("dense", f"{about}: one flipped unit not mended", against, 1 - np.mean(mended), 0.15 * against + 0.02,
             "the same vote against the pattern")  # fmt: skip
        # The load at which a unit's own vote is half of the signal.
        P = round(n / (2 * q * moment))
        X = signs(rng, P, n)
        flipped, at = X[:300].copy(), rng.integers(n, size=min(P, 300))
        flipped[np.arange(len(at)), at] *= -1
        z, _ = states_of(held("power", X, power=float(q)), flipped, 1)
        mended = (z[np.arange(len(at)), at].real * X[np.arange(len(at)), at].real > 0).mean()
        against = upper_tail(((1 - 2 / n) ** q - 0.5) / math.sqrt(P * odd / n**q))
        note("dense", f"signs, n = {n}, degree {q + 1}, P = {P}: one flipped unit not mended", against, 1 - mended,
             0.3 * against + 4 * math.sqrt(against / len(at)), "a unit votes for itself with half of the signal")  # fmt: skip
        # Phasors: E|b|^(2q) = q!/n^q in place of (2q-1)!!/n^q, half of it across the phase.
        P = round(n**q / (2 * math.factorial(q) * math.log(n)))
        X = phasors(rng, P, n)
        z, _ = states_of(held("power", X, power=float(q)), X[:300], 1)
        turn = np.angle(z * X[:300].conj())
        moment = math.gamma((q + 1) / 2) / n ** ((q - 1) / 2)
        own = (q + 1) / 2 * P * moment / n
        expected = math.sqrt(P * math.factorial(q) / (2 * n**q)) / (1 + own)
        note("dense", f"phasors, n = {n}, degree {q + 1}, P = {P}: rms phase error", expected, np.sqrt((turn**2).mean()),
             0.12 * expected, "first order in the cross-talk")  # fmt: skip


def softmax(quick):
    """One step from damaged cues; what others add is at most e = (1 - h) / h of the pattern, h its softmax weight."""
    rng = np.random.default_rng(7)
    n, k, P, beta = 400, 20, 1000 if quick else 20000, 32.0
    X = phasors(rng, P, n, k)
    asked, cues = 200, X[:200] * np.exp(0.3j * rng.standard_normal((200, n)))
    for cue in cues:
        on = np.flatnonzero(cue)
        off = np.flatnonzero(cue == 0)
        cue[rng.choice(on, k // 4, replace=False)] = 0
        cue[rng.choice(off, k // 4, replace=False)] = np.exp(2j * np.pi * rng.random(k // 4))
    cues = cues.astype(np.complex64)
    memory = held("softmax", X, beta=beta)
    z, _ = states_of(memory, cues, 1)
    cosines = np.abs((z.conj() * X[:asked]).sum(1)) / k
    exponents = beta * np.abs(X.conj() @ cues.T) / k
    weights = np.exp(exponents - exponents.max(0))
    h = weights[np.arange(asked), np.arange(asked)] / weights.sum(0)
    e = (1 - h) / h
    bound = np.sqrt(np.maximum(0, 1 - e**2))
    note("softmax", f"n = {n}, k = {k}, P = {P}, beta {beta:g}: cosines below the bound", 0, (cosines < bound - 1e-6).sum(), 0,
         f"the bound sqrt(1 - e^2) is at least {bound.min():.3f} and at the median {np.median(bound):.6f}")  # fmt: skip
    note("softmax", f"P = {P}: share above |cos| 0.99 after one step", 1, (cosines > 0.99).mean(), 0.02,
         "cues of |cos| 0.72; few have a low weight of their own")  # fmt: skip


LIMITS = {f.__name__: f for f in (hopfield, mceliece, dense_phasors, sparse_phasors, willshaw, dense_memory, softmax)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="smaller memories, fewer draws")
    parser.add_argument("--limits", nargs="+", choices=LIMITS, default=list(LIMITS))
    parser.add_argument("--output", help="CSV of the rows")
    options = parser.parse_args()
    for name in options.limits:
        LIMITS[name](options.quick)
    if options.output:
        harness.write_rows(options.output, ROWS)
    missed = [row["what"] for row in ROWS if row["within"] is False]
    print(f"{len(missed)} outside their tolerance", *missed, sep="\n")


if __name__ == "__main__":
    main()
