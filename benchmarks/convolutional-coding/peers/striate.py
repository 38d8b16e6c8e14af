"""Striate itself, method auto, to smaller and smaller gaps."""

import warnings

import striate

VERSION = striate.__version__
METHOD = "auto"
TOLERANCES = (0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)


def points(job):
    return TOLERANCES


def code(job, tolerance):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        codes, info = striate.convolutional.encode(
            job.image, job.filters, job.lam, method=METHOD, tolerance=tolerance, threads=job.threads
        )
    return codes, info.relative_gap
