"""Striate: cd over the codes, then over the filters."""

import striate

VERSION = striate.__version__


def learn(job):
    """Seconds and objective after every step; filters (K, h, w), codes per image."""
    model = striate.convolutional.learn(
        job.images, job.filters, job.lam, steps=job.steps // 2, threads=job.threads
    )
    history = model.history
    return history["seconds"], history["objective"], model.filters, model.codes
