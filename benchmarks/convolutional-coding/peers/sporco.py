"""SPORCO's ConvBPDN with its defaults: rho follows the residuals."""

import os
import time
import warnings
from importlib.metadata import version

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import sporco.fft
    from sporco.admm import cbpdn

import numpy as np

VERSION = version("sporco")
ITERATIONS = (5, 10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960)


def begin(job, **options):
    sporco.fft.pyfftw_threads = job.threads
    os.environ["OMP_NUM_THREADS"] = str(job.threads)
    asked = cbpdn.ConvBPDN.Options({
        "Verbose": False, "RelStopTol": 0.0, "DataType": np.float32, **options
    })  # fmt: skip
    return cbpdn.ConvBPDN(np.transpose(job.filters, (1, 2, 0)), job.image, job.lam, asked)


def iterate(solver, iterations):
    """Dense maps (K, H, W): the sparse variable Y, after so many iterations more."""
    solver.opt["MaxMainIter"] = iterations
    solver.solve()
    return np.moveaxis(np.squeeze(solver.Y), -1, 0)


def run(job, limit, **options):
    """(iterations, seconds, codes, no gap) along one run, which is not timed while others look."""
    clock = time.perf_counter()
    solver = begin(job, **options)
    seconds, done = time.perf_counter() - clock, 0
    for iterations in ITERATIONS:
        clock = time.perf_counter()
        maps = iterate(solver, iterations - done)
        seconds += time.perf_counter() - clock
        done = iterations
        yield done, seconds, maps, None
        if seconds > limit:
            return
