"""Striate itself, through its Python package."""

import striate

VERSION = striate.__version__
METHODS = {"omp", "ols", "lasso", "group_lasso"}


def set(job):
    settings = {"method": job.method, "threads": job.threads}
    if job.nonzeros:
        settings["nonzeros"] = job.nonzeros
    else:
        settings |= {"lam": job.lam, "tolerance": job.tolerance}
    if job.method == "group_lasso":
        settings["group_size"] = 2
    return {"X": job.X, "D": striate.Dictionary(job.D), "settings": settings}


def run(state):
    state["codes"] = striate.encode(state["X"], state["D"], **state["settings"])


def get(state):
    return state["codes"]
