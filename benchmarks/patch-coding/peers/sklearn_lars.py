"""scikit-learn: the LASSO by least angle regression."""

import sklearn
from sklearn.decomposition import sparse_encode
from threadpoolctl import threadpool_limits

VERSION = sklearn.__version__
METHODS = {"lasso"}


def set(job):
    return {"X": job.X, "D": job.D, "alpha": job.lam, "threads": job.threads}


def run(state):
    with threadpool_limits(state["threads"]):
        state["codes"] = sparse_encode(state["X"], state["D"], algorithm="lasso_lars",
                                       alpha=state["alpha"], n_jobs=state["threads"])  # fmt: skip


def get(state):
    return state["codes"]
