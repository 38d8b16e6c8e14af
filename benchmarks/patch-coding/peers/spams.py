"""SPAMS (PyPI: spams-bin). Its `omp` is the rule that is called ols here."""

from importlib.metadata import version

import numpy as np
import spams
from threadpoolctl import threadpool_limits

VERSION = version("spams-bin")
METHODS = {"omp", "ols", "lasso", "group_lasso"}
INSTEAD = {"omp": "ols"}


def set(job):
    columns = np.asfortranarray(job.X.T), np.asfortranarray(job.D.T)
    return {"X": columns[0], "D": columns[1], "job": job}


def run(state):
    job, X, D = state["job"], state["X"], state["D"]
    with threadpool_limits(job.threads):
        if job.nonzeros:
            state["codes"] = spams.omp(X, D, L=job.nonzeros, eps=0.0, lambda1=0.0,
                                       numThreads=job.threads)  # fmt: skip
        elif job.method == "lasso":
            state["codes"] = spams.lasso(X, D, lambda1=job.lam, lambda2=0.0, mode=2,
                                         numThreads=job.threads)  # fmt: skip
        else:
            start = np.zeros((D.shape[1], X.shape[1]), D.dtype, order="F")
            state["codes"] = spams.fistaFlat(
                X, D, start, loss="square", regul="group-lasso-l2", size_group=2, lambda1=job.lam,
                tol=1e-7, max_it=1000, compute_gram=True, it0=10, numThreads=job.threads)  # fmt: skip


def get(state):
    return state["codes"].T
