"""Striate's own FISTA, to the same gap: what working sets gain over a plain proximal gradient."""

import striate

VERSION = striate.__version__
METHODS = {"lasso", "group_lasso"}


def set(job):
    settings = {"method": "fista", "threads": job.threads, "lam": job.lam, "tolerance": job.tolerance}
    if job.method == "group_lasso":
        settings["group_size"] = 2
    return {"X": job.X, "D": striate.Dictionary(job.D), "settings": settings}


def run(state):
    state["codes"] = striate.encode(state["X"], state["D"], **state["settings"])


def get(state):
    return state["codes"]
