"""NumPy: the overlaps of all stored codes as one complex product, then the largest modulus."""

import numpy as np

VERSION = np.__version__
KINDS = {"nearest"}
QUESTION = "modulus"


def make(job, variant):
    return {"Z": job.rows.view(np.complex64)}


def cues(state, codes):
    return np.ascontiguousarray(codes.dense().conj().T)


def find(state, asked):
    a = state["Z"] @ asked
    return (a.real**2 + a.imag**2).argmax(0)


def bytes(state):
    return state["Z"].nbytes
