"""scikit-learn: coordinate descent, and its orthogonal matching pursuit."""

import sklearn
from sklearn.decomposition import sparse_encode
from threadpoolctl import threadpool_limits

VERSION = sklearn.__version__
METHODS = {"omp", "lasso"}


def set(job):
    # alpha is our lambda; codes of signals are the problem's own.
    if job.nonzeros:
        settings = {"algorithm": "omp", "n_nonzero_coefs": job.nonzeros}
    else:
        settings = {"algorithm": "lasso_cd", "alpha": job.lam, "max_iter": 10000}
    return {"X": job.X, "D": job.D, "threads": job.threads, "settings": settings}


def run(state):
    with threadpool_limits(state["threads"]):
        state["codes"] = sparse_encode(state["X"], state["D"], n_jobs=state["threads"],
                                       **state["settings"])  # fmt: skip


def get(state):
    return state["codes"]
