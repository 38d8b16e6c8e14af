import doctest
import importlib
import multiprocessing
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import striate

MODULES = [
    "striate",
    "striate._coding",
    "striate._learning",
    "striate._restoration",
    "striate.convolutional",
    "striate.dictionaries",
    "striate.images",
    "striate.memory",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings_run(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0 and result.failed == 0


def test_public_names_are_documented():
    for name in striate.__all__:
        assert getattr(striate, name).__doc__, name


def test_import_is_quick_and_needs_numpy_and_scipy_only():
    code = (
        "import sys, striate; "
        "print(','.join(m for m in ('matplotlib', 'sklearn', 'h5py', 'pandas') if m in sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == ""


def _code(seed):
    X = np.random.default_rng(seed).standard_normal((50, 8))
    return striate.encode(X, np.eye(8), lam=0.5).nnz


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # fork in a process with threads
def test_a_forked_child_works():
    striate.encode(np.ones((100, 8)), np.eye(8), lam=0.5, threads=2)
    want = [_code(seed) for seed in range(4)]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(_code, range(4)) == want


def test_stubs_are_those_of_the_package():
    script = pathlib.Path(__file__).parents[2] / "dev" / "stubs"
    out = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
