#!/usr/bin/env python3
"""task.py [--quick] [--jobs NAME ...] [--peers NAME ...] [--output FILE.csv]

Finds, in memories of random phasor codes (n = 512 complex units, K = 26 of them active, single precision),
the stored code that a damaged cue was made of, on one core; and recalls states by one update, and by as many
as it takes to settle. With every peer that is installed, one cue a call and 128 cues a call.

The judge has the overlaps of all cues with all stored codes, from the codes themselves in double precision.
Before the clock starts it says which share of the cues each peer names rightly, of the cues as they are and
turned by a random global phase, and which share of its answers are those of the largest modulus. States are
compared with those of the rule computed in double precision. Each call gets cues it has not seen."""

import ctypes
import dataclasses
import functools
import gc
import itertools
import os
import pathlib
import sys

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
import scipy.sparse  # noqa: E402

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import harness  # noqa: E402

JOBS = {
    "nearest of 500": {"kind": "nearest", "rule": "top1", "patterns": 500},
    "nearest of 100,000": {"kind": "nearest", "rule": "top1", "patterns": 100_000},
    "nearest of 1,000,000": {"kind": "nearest", "rule": "top1", "patterns": 1_000_000},
    "tpam, one step": {"kind": "states", "rule": "tpam", "patterns": 500, "steps": 1},
    "tpam, settled": {"kind": "states", "rule": "tpam", "patterns": 100, "steps": 10},
    "graded_hebbian, one step": {"kind": "states", "rule": "graded_hebbian", "patterns": 500, "steps": 1},
    "hopfield, one step": {"kind": "states", "rule": "hopfield", "patterns": 50, "steps": 1},
}
UNASKED = ["nearest of 1,000,000"]  # 4 GB a peer
UNITS, ACTIVE, BATCH = 512, 26, 128
MOVED, PHASE_NOISE = 7, 0.3  # of 26 active units; radians


@dataclasses.dataclass
class Codes:
    """Complex codes: `units` (count, K), rising in each row, and `values` (count, K), complex64."""

    n: int
    units: np.ndarray
    values: np.ndarray

    def __len__(self):
        return len(self.units)

    def part(self, first, last):
        return Codes(self.n, self.units[first:last], self.values[first:last])

    def csr(self, dtype=np.complex64):
        starts = np.arange(0, self.units.size + 1, self.units.shape[1])
        parts = self.values.ravel().astype(dtype), self.units.ravel(), starts
        return scipy.sparse.csr_array(parts, shape=(len(self), self.n))

    def pairs(self):
        """Real codes of 2 n atoms: unit p is z[2p] + i z[2p + 1]."""
        units = np.stack([2 * self.units, 2 * self.units + 1], -1).ravel()
        starts = np.arange(0, units.size + 1, 2 * self.units.shape[1])
        parts = self.values.view(np.float32).ravel(), units, starts
        return scipy.sparse.csr_array(parts, shape=(len(self), 2 * self.n))

    def dense(self):
        """complex64 (count, n)"""
        rows = np.zeros((len(self), self.n), np.complex64)
        np.put_along_axis(rows, self.units.astype(np.int64), self.values, 1)
        return rows


@dataclasses.dataclass
class Job:
    """What a peer is asked to do with the stored `codes` of unit norm."""

    name: str
    kind: str  # "nearest": ids; "states"
    rule: str
    codes: Codes
    steps: int = 0  # of a rule's dynamics, at most

    @functools.cached_property
    def rows(self):
        """The stored codes as float32 (P, 2 n), real and imaginary parts in turn."""
        rows = np.empty((len(self.codes), 2 * self.codes.n), np.float32)
        for i in range(0, len(rows), 1 << 15):
            rows[i : i + (1 << 15)] = self.codes.part(i, i + (1 << 15)).dense().view(np.float32)
        return rows


def random_codes(rng, count, n, active, signs):
    units = np.empty((count, active), np.int32)
    for i in range(0, count, 1 << 15):
        part = units[i : i + (1 << 15)]
        part[:] = np.argpartition(rng.random((len(part), n), np.float32), active - 1)[:, :active]
    units.sort(1)
    shape = count, active
    turns = rng.integers(2, size=shape) / 2 if signs else rng.random(shape, np.float32)
    return Codes(n, units, (np.exp(2j * np.pi * turns) / np.sqrt(active)).astype(np.complex64))


def damaged(rng, codes, signs):
    """Copies of codes: MOVED units silent and as many others active in their place, phases off."""
    shape = codes.values.shape
    if signs:  # no unit is silent: signs are turned
        turned = rng.random(shape) < 0.1
        return Codes(codes.n, codes.units, np.where(turned, -codes.values, codes.values))
    noise = np.exp(1j * PHASE_NOISE * rng.standard_normal(shape))
    rows = codes.dense()
    np.put_along_axis(rows, codes.units.astype(np.int64), (codes.values * noise).astype("F"), 1)
    for row, units in zip(rows, codes.units):
        silent = rng.choice(np.setdiff1d(np.arange(codes.n), units), MOVED, replace=False)
        row[rng.choice(units, MOVED, replace=False)] = 0
        row[silent] = np.exp(2j * np.pi * rng.random(MOVED)) / np.sqrt(shape[1])
    units = np.nonzero(rows)[1].reshape(shape).astype(np.int32)
    return Codes(codes.n, units, np.take_along_axis(rows, units.astype(np.int64), 1))


def turned(rng, codes):
    turns = np.exp(2j * np.pi * rng.random((len(codes), 1)))
    return Codes(codes.n, codes.units, (codes.values * turns).astype(np.complex64))


def best_overlaps(codes, cues):
    """The judge: ids of the largest modulus of the overlap, and of its largest real part."""
    stored, found = codes.csr(np.complex128).conj(), []
    for i in range(0, len(cues), 16):
        a = stored @ cues.part(i, i + 16).dense().T.astype(np.complex128)
        found.append((np.abs(a).argmax(0), a.real.argmax(0)))
    return [np.concatenate(ids) for ids in zip(*found)]


def right_states(job, cues):
    """The judge: states of the rule (B, n), in double precision."""
    signs = job.rule == "hopfield"
    Z = job.codes.dense().T.astype(np.complex128)
    Z = Z if job.rule == "graded_hebbian" else np.exp(1j * np.angle(Z)) * (Z != 0)
    J = Z @ Z.conj().T
    if job.rule != "graded_hebbian":
        np.fill_diagonal(J, 0)
    states = []
    for z in cues.dense().astype(np.complex128):
        z = np.sign(z.real) if signs else z / np.linalg.norm(z) if job.rule == "graded_hebbian" else z
        if job.rule == "tpam":
            z = z / np.abs(z).max()
        for _ in range(job.steps):
            u = J @ z
            if signs:
                u = np.sign(u.real)
                z = np.where(u == 0, z, u)
                continue
            out = np.argsort(-np.abs(u), kind="stable")[ACTIVE:]
            u[out] = 0
            after = u / np.linalg.norm(u)
            if job.rule == "tpam":
                after = np.exp(1j * np.angle(u)) * (u != 0)
            change = np.linalg.norm(after - z) / np.linalg.norm(after)
            z = after
            if change < 1e-4:
                break
        states.append(z)
    return np.array(states)


def same_direction(states, right):
    """Share of the states of which |cos| with the right one is above 0.999."""
    sizes = np.linalg.norm(states, axis=1) * np.linalg.norm(right, axis=1)
    return (np.abs((states.conj() * right).sum(1)) > 0.999 * sizes).mean()


def resident():
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def contestants(peers, job):
    """(name, module, state, bytes) of all that take the job."""
    for peer, module in peers.items():
        if isinstance(module, str) or job.kind not in module.KINDS:
            continue
        if len(job.codes) > getattr(module, "MOST", len(job.codes)):
            print(f"{job.name}: {peer} takes no more than {module.MOST} patterns")
            continue
        for variant in getattr(module, "variants", lambda _: [""])(job):
            before = resident()
            try:
                state = module.make(job, variant)
            except ValueError as error:
                print(f"{job.name}: {peer} {variant}: {error}")
                continue
            one = module.cues(state, job.codes.part(0, 1))
            module.find(state, one)  # some build at the first question
            held = module.bytes(state)
            yield f"{peer} {variant}".strip(), module, state, held or resident() - before, bool(held)


def measure(name, peers, quick):
    """Rows of one job, one cue a call and BATCH cues a call."""
    asked, rng = JOBS[name], np.random.default_rng(0)
    signs = asked["rule"] == "hopfield"
    P = asked["patterns"]
    codes = random_codes(rng, P, UNITS, UNITS if signs else ACTIVE, signs)
    job = Job(name, asked["kind"], asked["rule"], codes, asked.get("steps", 0))
    chosen = rng.integers(P, size=256 if quick else 4096)
    cues = damaged(rng, Codes(UNITS, codes.units[chosen], codes.values[chosen]), signs)
    plain = cues.part(0, 64 if quick else 256)
    target = chosen[: len(plain)]
    kinds = {"plain": plain} if signs else {"plain": plain, "turned": turned(rng, plain)}
    if job.kind == "nearest":
        judged = {kind: best_overlaps(codes, asked)[0] for kind, asked in kinds.items()}
        print(f"{name}: largest modulus is right for {[round((j == target).mean(), 4) for j in judged.values()]}")
    else:
        judged = {kind: right_states(job, asked) for kind, asked in kinds.items()}

    rows, runs = [], {"1": {}, str(BATCH): {}}
    sizes = {mode: {} for mode in runs}
    for peer, module, state, held, exact in contestants(peers, job):
        shares = {}
        for kind, question in kinds.items():
            answer = module.find(state, module.cues(state, question))
            if job.kind == "nearest":
                shares[f"right_{kind}"] = (answer == target).mean()
                shares[f"same_{kind}"] = (answer == judged[kind]).mean()
            else:
                states = module.states(answer)
                sizes_of = np.linalg.norm(states, axis=1, keepdims=True)
                overlaps = np.abs(codes.csr().conj() @ (states / np.maximum(sizes_of, 1e-30)).T)
                shares[f"right_{kind}"] = (overlaps.argmax(0) == target).mean()
                shares[f"same_{kind}"] = same_direction(states, judged[kind])
        row = {"peer": peer, "version": module.VERSION, "question": module.QUESTION,
               "bytes": held, "bytes_known": exact,
               **{k: round(float(v), 4) for k, v in shares.items()}}  # fmt: skip
        for mode in runs:
            count = int(mode)
            blocks = [module.cues(state, cues.part(i, i + count))
                      for i in range(0, min(len(cues), 512 * count), count)]  # fmt: skip
            fresh = itertools.cycle(blocks)
            module.find(state, next(fresh))
            seconds = harness.seconds_of(lambda: module.find(state, next(fresh)))
            calls = int(np.clip((0.1 if quick else 0.5) / seconds, 1, len(blocks)))
            sizes[mode][peer] = calls * count

            def run(module=module, state=state, fresh=fresh, calls=calls):
                for _ in range(calls):
                    module.find(state, next(fresh))

            runs[mode][peer] = run
            rows.append({"job": name, "patterns": P, "cues_a_call": count} | row)
    for mode, those in runs.items():
        seconds = harness.in_turn(those, 3 if quick else 7)
        each = {peer: seconds[peer] / sizes[mode][peer] * 1e6 for peer in those}
        own = min((t for peer, t in each.items() if peer.startswith("striate")), default=np.nan)
        for row in rows:
            if str(row["cues_a_call"]) == mode:
                row["microseconds"] = round(each[row["peer"]], 2)
                row["ratio"] = round(each[row["peer"]] / own, 2)
    return rows


def main():
    parser = harness.arguments(__doc__, JOBS, "a tenth of a second a run, three runs, 64 cues compared")
    parser.set_defaults(jobs=[job for job in JOBS if job not in UNASKED])
    options = parser.parse_args()
    peers = harness.announced_peers(HERE / "peers", options.peers)
    about = harness.calibration()
    print(about)
    rows = []
    for name in options.jobs:
        for row in measure(name, peers, options.quick):
            row = {"right_turned": "", "same_turned": ""} | row | {"machine": about}
            rows.append(row)
            print(f"{name:24} {row['cues_a_call']:>3} a call  {row['peer']:20} {row['microseconds']:>10.1f} us a cue   "
                  f"{row['ratio']} x   {row['bytes'] / 1e6:.3g} MB   right {row['right_plain']} "
                  f"turned {row['right_turned']}  as the judge {row['same_plain']}", flush=True)  # fmt: skip
    columns = ["job", "patterns", "cues_a_call", "peer", "version", "question", "microseconds", "ratio", "bytes",
               "bytes_known", "right_plain", "same_plain", "right_turned", "same_turned", "machine"]  # fmt: skip
    rows = [{key: row[key] for key in columns} for row in rows]
    if options.output:
        harness.write_rows(options.output, rows)
        harness.put_table(HERE / "README.md", about + "\n\n" + harness.table(rows, {
            "job": lambda r: r["job"], "cues a call": lambda r: r["cues_a_call"],
            "peer": lambda r: f"{r['peer']} {r['version']}",
            "μs a cue": lambda r: f"{r['microseconds']:,.1f}",
            "times Striate's best": lambda r: r["ratio"],
            "MB": lambda r: f"{r['bytes'] / 1e6:.3g}" + ("" if r["bytes_known"] else " (resident)"),
            "right": lambda r: f"{100 * r['right_plain']:.1f} %",
            "right, turned": lambda r: r["right_turned"] and f"{100 * r['right_turned']:.1f} %",
            "as the judge": lambda r: f"{100 * r['same_plain']:.1f} %",
        }))  # fmt: skip


if __name__ == "__main__":
    main()
