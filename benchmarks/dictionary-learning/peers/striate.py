"""Striate itself, through its Python package."""

import striate

VERSION = striate.__version__


def learn(job, steps):
    """Atoms (K, m) after so many batches."""
    model = striate.learn(job.X, len(job.initial), initial=job.initial, lam=job.lam, batch=job.batch,
                          steps=steps, held_out=0, threads=job.threads)  # fmt: skip
    return model.atoms
