"""SPORCO's ConvBPDNDictLearn with its defaults; filters by consensus ADMM."""

import os
import warnings
from importlib.metadata import version

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import sporco.fft
    from sporco.dictlrn import cbpdndl

import numpy as np

VERSION = version("sporco")
DICTIONARY = "cns"


def learn(job):
    """Seconds and objective after every step; filters (K, h, w), maps (n, K, H, W)."""
    sporco.fft.pyfftw_threads = job.threads
    os.environ["OMP_NUM_THREADS"] = str(job.threads)
    options = cbpdndl.ConvBPDNDictLearn.Options(
        {"Verbose": False, "MaxMainIter": job.steps, "AccurateDFid": True}, dmethod=DICTIONARY
    )
    filters, images = np.transpose(job.filters, (1, 2, 0)), np.transpose(job.images, (1, 2, 0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        solver = cbpdndl.ConvBPDNDictLearn(filters, images, job.lam, options, dmethod=DICTIONARY)
        learned = solver.solve()
    told = solver.getitstat()
    maps = np.transpose(np.squeeze(solver.getcoef()), (2, 3, 0, 1))
    return told.Time, told.ObjFun, np.moveaxis(np.squeeze(learned), -1, 0), maps
