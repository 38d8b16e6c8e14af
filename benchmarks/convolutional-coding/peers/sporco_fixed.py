"""SPORCO's ConvBPDN with a fixed rho, the best of some for this problem, which is not timed."""

import importlib.util
import pathlib

_spec = importlib.util.spec_from_file_location("_sporco", pathlib.Path(__file__).parent / "sporco.py")
_sporco = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_sporco)

VERSION = _sporco.VERSION
RHOS = (0.1, 0.3, 1.0, 3.0)
_best = {}


def points(job):
    losses = {}
    for rho in RHOS:
        _sporco.OPTIONS = {"rho": rho, "AutoRho": {"Enabled": False}}
        losses[rho] = job.objective(_sporco.code(job, 60)[0])
    _best[job.name] = min(losses, key=losses.get)
    return _sporco.ITERATIONS


def code(job, iterations):
    _sporco.OPTIONS = {"rho": _best[job.name], "AutoRho": {"Enabled": False}}
    return _sporco.code(job, iterations)
