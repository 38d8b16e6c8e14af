"""SPORCO's ConvBPDN with a fixed rho, the best of some for this problem, whose search is not timed."""

import importlib.util
import pathlib

_spec = importlib.util.spec_from_file_location("_sporco", pathlib.Path(__file__).parent / "sporco.py")
_sporco = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_sporco)

VERSION = _sporco.VERSION
RHOS = (0.1, 0.3, 1.0, 3.0)
PROBE = 30  # iterations


def fixed(rho):
    return {"rho": rho, "AutoRho": {"Enabled": False}}


def run(job, limit):
    """As sporco.run."""
    if limit == 0:  # any will do
        yield from _sporco.run(job, limit, **fixed(RHOS[1]))
        return
    losses = {rho: job.objective(_sporco.iterate(_sporco.begin(job, **fixed(rho)), PROBE)) for rho in RHOS}
    best = min(losses, key=losses.get)
    for iterations, seconds, maps, gap in _sporco.run(job, limit, **fixed(best)):
        yield f"{iterations}, rho {best:g}", seconds, maps, gap
