"""Striate: the memory whose rule the job names, in each layout; and `nearest`, which asks no rule."""

import numpy as np
import striate

VERSION = striate.__version__
KINDS = {"nearest", "states"}
QUESTION = "modulus"


def has_layouts():
    return "layout" in striate.memory.AssociativeMemory(1).settings


def variants(job):
    """`recall` and `nearest`, in the layouts there are."""
    calls = ["recall", "nearest"] if job.kind == "nearest" else ["recall"]
    layouts = ["inverted", "implicit"] if job.kind == "nearest" else ["dense", "implicit", "inverted"]
    return [f"{call} {layout}" for call in calls for layout in layouts] if has_layouts() else calls


def make(job, variant):
    call, _, layout = variant.partition(" ")
    settings = {"layout": layout} if layout else {}
    memory = striate.memory.AssociativeMemory(job.codes.n, rule=job.rule, **settings)
    memory.store(job.codes.pairs())
    return {"memory": memory, "job": job, "call": call}


def cues(state, codes):
    return codes.pairs()


def find(state, asked):
    memory, job = state["memory"], state["job"]
    if state["call"] == "nearest":
        return memory.nearest(asked)[0]
    recalled = memory.recall(asked, max_steps=job.steps or 1, threads=1)
    return recalled.ids if job.kind == "nearest" else recalled


def states(recalled):
    return np.asarray(recalled.states.todense())


def bytes(state):
    return getattr(state["memory"], "nbytes", None)
