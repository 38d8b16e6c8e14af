"""SPORCO's ConvBPDN with its defaults: rho follows the residuals."""

import os
import warnings
from importlib.metadata import version

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import sporco.fft
    from sporco.admm import cbpdn

import numpy as np

VERSION = version("sporco")
ITERATIONS = (5, 10, 20, 40, 80, 160, 320, 640)
OPTIONS = {}


def points(job):
    """Efforts to spend, the least first."""
    return ITERATIONS


def code(job, iterations):
    """Dense maps (K, H, W): the sparse variable Y, after so many iterations."""
    sporco.fft.pyfftw_threads = job.threads
    os.environ["OMP_NUM_THREADS"] = str(job.threads)
    options = cbpdn.ConvBPDN.Options({
        "Verbose": False, "MaxMainIter": iterations, "RelStopTol": 0.0, "DataType": np.float32, **OPTIONS,
    })  # fmt: skip
    solver = cbpdn.ConvBPDN(np.transpose(job.filters, (1, 2, 0)), job.image, job.lam, options)
    solver.solve()
    return np.moveaxis(np.squeeze(solver.Y), -1, 0), None
