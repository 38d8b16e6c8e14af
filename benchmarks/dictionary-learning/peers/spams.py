"""SPAMS (PyPI: spams-bin), online learning as its users call it."""

from importlib.metadata import version

import numpy as np
import spams
from threadpoolctl import threadpool_limits

VERSION = version("spams-bin")
_columns = {}  # of the signals last given: a change of layout is not the learner's time


def learn(job, steps):
    if _columns.get("of") is not job.X:
        _columns.update(of=job.X, X=np.asfortranarray(job.X.T))
    with threadpool_limits(job.threads):
        atoms = spams.trainDL(_columns["X"], D=np.asfortranarray(job.initial.T), lambda1=job.lam,
                              lambda2=0.0, mode=2, batchsize=job.batch, iter=steps,
                              numThreads=job.threads, verbose=False)  # fmt: skip
    return np.ascontiguousarray(atoms.T)
