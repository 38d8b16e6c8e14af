#!/usr/bin/env python3
"""kill_and_resume.py STRIATE [N]: kills `learn`, `encode` and `memory store` with SIGKILL at N
random moments each (default 50). After every kill what lies on the disk must open, and hold the
old state or the new one; resumed to the end, the result must have the bits of a run that was left
alone."""

import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

STRIATE = str(pathlib.Path(sys.argv[1]).resolve())
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 50
ME = random.Random(0)


def run(*arguments, check=True):
    command = [STRIATE, *map(str, arguments)]
    out = subprocess.run(command, capture_output=True, text=True)
    if check and out.returncode != 0:
        sys.exit(f"{' '.join(command)}\nexit {out.returncode}: {out.stderr}")
    return out


def start(*arguments):
    return subprocess.Popen(
        [STRIATE, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def seconds_of(*arguments):
    begin = time.monotonic()
    run(*arguments)
    return time.monotonic() - begin


def killed(process, longest):
    """Kills at a random moment; whether the process was still running."""
    time.sleep(ME.uniform(0, longest))
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return alive



def learn(folder):
    leaves = folder / "leaves.npy"
    run("generate", "--images", 4, "--rows", 96, "--columns", 96, "-o", leaves)
    job = ["learn", leaves, "--patch", 8, "--count", 5000, "--atoms", 64, "--lambda", 0.1]
    job += ["--steps", 200, "--batch", 128, "--held-out-period", 20]
    job += ["--checkpoint-period", 0]
    whole = folder / "whole.h5"
    longest = seconds_of(*job, "-o", whole, "--checkpoint", folder / "whole.ckpt.h5")
    model, state = folder / "model.h5", folder / "state.h5"
    hits = 0
    for _ in range(KILLS):
        model.unlink(missing_ok=True)
        if hits % 5 == 0:
            state.unlink(missing_ok=True)  # from the beginning, every so often
        hits += killed(start(*job, "-o", model, "--checkpoint", state, "--resume"), longest)
        for path in (model, state):
            if path.exists():
                run("info", path)
    model.unlink(missing_ok=True)
    run(*job, "-o", model, "--checkpoint", state, "--resume")
    same = atoms(model) == atoms(whole)
    print(f"learn: killed at {hits} of {KILLS} moments; the same bits: {same}")
    return same, model


def atoms(path):
    out = path.with_suffix(".npy")
    run("convert", path, "-o", out, "--force", "--array", "dictionary/atoms")
    return out.read_bytes()


def encode(folder, model):
    job = ["encode", folder / "leaves.npy", "--model", model, "--sampling", "all", "--stride", 2]
    job += ["--segment", 200]
    whole = folder / "whole-codes.npz"
    longest = seconds_of(*job, "-o", whole)
    codes = folder / "codes.npz"
    hits = 0
    for _ in range(KILLS):
        codes.unlink(missing_ok=True)
        hits += killed(start(*job, "-o", codes, "--resume"), longest)
        if codes.exists():
            run("info", codes)
    codes.unlink(missing_ok=True)
    run(*job, "-o", codes, "--resume")
    same = codes.read_bytes() == whole.read_bytes()
    print(f"encode: killed at {hits} of {KILLS} moments; the same bits: {same}")
    return same


def memory(folder):
    problem, codes = folder / "planted.h5", folder / "pairs.npz"
    run("generate", "--kind", "planted", "--rows", 32, "--atoms", 128, "--nonzeros", 8,
        "--group-size", 2, "--signals", 20, "-o", problem)
    path = folder / "memory"
    run("memory", "create", "--units", 64, "-o", path)
    before = hits = 0
    good = True
    longest = seconds_of("memory", "store", path, problem)
    before = 20
    for _ in range(KILLS):
        hits += killed(start("memory", "store", path, problem), 1.2 * longest)
        now = json.loads(run("memory", "inspect", path, "--json").stdout)["patterns"]
        good &= now in (before, before + 20)
        before = now
    print(f"memory store: killed at {hits} of {KILLS} moments; the old state or the new: {good}")
    return good


def main():
    with tempfile.TemporaryDirectory(prefix="striate-kill-") as name:
        folder = pathlib.Path(name)
        learned, model = learn(folder)
        results = [learned, encode(folder, model), memory(folder)]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
