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


def kills(longest, *arguments):
    """Starts the command and kills it at a random moment, until KILLS runs were hit while running;
    yields after each run whether this one was."""
    hits = 0
    for _ in range(20 * KILLS):
        process = start(*arguments)
        time.sleep(ME.uniform(0, longest))
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        hits += alive
        yield alive
        if hits == KILLS:
            return
    sys.exit(f"only {hits} of {20 * KILLS} runs were still running when they were to be killed")



def learn(folder):
    leaves = folder / "leaves.npy"
    run("generate", "--images", 4, "--rows", 96, "--columns", 96, "-o", leaves)
    job = ["learn", leaves, "--patch", 8, "--count", 5000, "--atoms", 64, "--lambda", 0.1]
    job += ["--steps", 200, "--batch", 128, "--held-out-period", 20]
    job += ["--checkpoint-period", 0]
    whole = folder / "whole.h5"
    longest = seconds_of(*job, "-o", whole, "--checkpoint", folder / "whole.ckpt.h5")
    model, state = folder / "model.h5", folder / "state.h5"
    same = True
    for alive in kills(longest, *job, "-o", model, "--checkpoint", state, "--resume"):
        for path in (model, state):
            if path.exists():
                run("info", path)
        if not alive:  # done: compared, and from the beginning again
            same &= atoms(model) == atoms(whole)
            model.unlink()
            state.unlink(missing_ok=True)
    model.unlink(missing_ok=True)
    run(*job, "-o", model, "--checkpoint", state, "--resume")
    same &= atoms(model) == atoms(whole)
    print(f"learn: killed {KILLS} times; the same bits: {same}", flush=True)
    return same, model


def array(path, name):
    out = path.with_suffix(".npy")
    run("convert", path, "-o", out, "--force", "--array", name)
    return out.read_bytes()


def atoms(path):
    return array(path, "dictionary/atoms")


def encode(folder, model):
    job = ["encode", folder / "leaves.npy", "--model", model, "--sampling", "all", "--stride", 2]
    job += ["--segment", 200]
    whole = folder / "whole-codes.npz"
    longest = seconds_of(*job, "-o", whole)
    codes = folder / "codes.npz"
    same = True
    for alive in kills(longest, *job, "-o", codes, "--resume"):
        if codes.exists():
            run("info", codes)
        if not alive:
            same &= codes.read_bytes() == whole.read_bytes()
            codes.unlink()
    run(*job, "-o", codes, "--resume")
    same &= codes.read_bytes() == whole.read_bytes()
    print(f"encode: killed {KILLS} times; the same bits: {same}", flush=True)
    return same


def memory(folder):
    problem, path, whole = folder / "planted.h5", folder / "memory", folder / "whole-memory"
    run("generate", "--kind", "planted", "--dimension", 32, "--atoms", 128, "--nonzeros", 8,
        "--signals", 20, "-o", problem)
    for memory in (path, whole):
        run("memory", "create", "--units", 64, "-o", memory)
    longest = seconds_of("memory", "store", whole, problem)
    before, good = 0, True
    for _ in kills(longest, "memory", "store", path, problem):
        now = json.loads(run("memory", "inspect", path, "--json").stdout)["patterns"]
        good &= now in (before, before + 20)
        before = now
    # As many patterns without kills answer with the same bits.
    for _ in range(before // 20 - 1):
        run("memory", "store", whole, problem)
    recalled = []
    for memory in (path, whole):
        states = folder / "states.npz"
        run("memory", "recall", memory, problem, "-o", states, "--force")
        recalled.append([array(states, f"codes/{name}") for name in ("data", "indices", "indptr")])
    same = before == 0 or recalled[0] == recalled[1]
    print(f"memory store: killed {KILLS} times; the old state or the new: {good}; the same bits "
          f"recalled: {same}")
    return good and same


def main():
    with tempfile.TemporaryDirectory(prefix="striate-kill-") as name:
        folder = pathlib.Path(name)
        learned, model = learn(folder)
        results = [learned, encode(folder, model), memory(folder)]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
