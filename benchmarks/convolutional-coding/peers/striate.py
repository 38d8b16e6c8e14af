"""Striate itself, method auto, to smaller and smaller gaps."""

import statistics
import time
import warnings

import striate

VERSION = striate.__version__
TOLERANCES = (0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)


def run(job, limit):
    """(tolerance, seconds, codes, gap), every time from the beginning; the median of five where it is short."""
    for tolerance in TOLERANCES if limit else (0.01,):
        times = []
        while len(times) < (5 if sum(times) < 2 else 1):
            clock = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                codes, info = striate.convolutional.encode(
                    job.image, job.filters, job.lam, tolerance=tolerance, threads=job.threads
                )
            times.append(time.perf_counter() - clock)
        seconds = statistics.median(times)
        yield tolerance, seconds, codes, info.relative_gap
        if seconds > limit:
            return
