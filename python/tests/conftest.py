"""Problems whose truth is known, made without any solver."""

import numpy as np
import pytest
from convolutional_problem import wave_filters, waves


@pytest.fixture
def planted():
    """(X, D, Z): rows of X are sparse combinations of the unit rows of D, in pairs."""

    def plant(n=30, m=24, pairs=20, active=2, seed=0, dtype=np.float64):
        rng = np.random.default_rng(seed)
        D = rng.standard_normal((2 * pairs, m))
        D /= np.linalg.norm(D, axis=1, keepdims=True)
        Z = np.zeros((n, pairs, 2))
        for row in Z:
            row[rng.choice(pairs, active, replace=False)] = rng.standard_normal((active, 2))
        Z = Z.reshape(n, -1)
        return (Z @ D).astype(dtype), D.astype(dtype), Z.astype(dtype)

    return plant


@pytest.fixture
def image():
    return waves()


@pytest.fixture
def filters():
    return wave_filters()
