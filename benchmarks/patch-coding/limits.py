#!/usr/bin/env python3
"""limits.py: what does not show in patches a second.

- one call for one patch with a prepared Dictionary, beside the time that a patch takes in a batch;
- a dictionary too large for its Gram matrix (m = 768, K = 16,384): patches a second and the memory
  beyond the dictionary."""

import pathlib
import resource
import statistics
import sys

import numpy as np
import striate

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import harness  # noqa: E402


def resident():
    """Largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def signals_of(D, count, nonzeros, seed):
    """Sums of few atoms and a little noise, float32."""
    random = np.random.default_rng(seed)
    X = 0.02 * random.standard_normal((count, D.shape[1]), dtype=np.float32)
    for x in X:
        x += random.standard_normal(nonzeros, dtype=np.float32) @ D[random.choice(len(D), nonzeros)]
    return X


def atoms(count, rows):
    D = np.random.default_rng(0).standard_normal((count, rows), dtype=np.float32)
    return D / np.linalg.norm(D, axis=1, keepdims=True)


def one_call():
    D = atoms(1024, 256)
    prepared, X = striate.Dictionary(D), signals_of(D, 2000, 5, 1)
    for method, settings in (("omp", {"nonzeros": 5}), ("lasso", {"lam": 0.5})):
        def code(x, method=method, settings=settings):
            return striate.encode(x, prepared, method=method, threads=1, **settings)
        code(X)
        batch = statistics.median(harness.seconds_of(lambda: code(X)) / len(X) for _ in range(5))
        single = statistics.median(harness.seconds_of(lambda: code(X[i : i + 1])) for i in range(1000))
        print(f"one call, {method}: {1e6 * single:.0f} us; in a batch {1e6 * batch:.0f} us a patch")


def large_dictionary():
    D = atoms(16384, 768)
    prepared, X = striate.Dictionary(D), signals_of(D, 2000, 32, 2)
    for method, settings in (("omp", {"nonzeros": 32}), ("lasso", {"lam": 0.5, "tolerance": 1e-4})):
        before = resident()
        codes = []
        seconds = harness.seconds_of(lambda: codes.append(striate.encode(
            X, prepared, method=method, threads=1, **settings)))  # fmt: skip
        print(f"m = 768, K = 16,384, {method}: {len(X) / seconds:.0f} patches/s, "
              f"{codes[0].nnz / len(X):.1f} nonzeros, {resident() - before:.0f} MB more at the peak "
              f"(the atoms are {D.nbytes / 2**20:.0f} MB)", flush=True)  # fmt: skip


if __name__ == "__main__":
    print(harness.calibration())
    one_call()
    large_dictionary()
