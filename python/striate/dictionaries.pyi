# Written by dev/stubs; do not edit.
from typing import Any

def dct(
    *,
    patch: int = 8,
    frequencies: Any = ...,
) -> Any: ...
def from_data(
    X: Any,
    *,
    atoms: int = 128,
    group_size: int = 1,
    seed: int = 0,
) -> Any: ...
def gabor(
    *,
    patch: int = 12,
    orientations: int = 8,
    scales: int = 2,
    shortest_wavelength: float = 4.0,
    positions: int = 2,
    bandwidth: float = 1.0,
    aspect: float = 1.5,
) -> Any: ...
def haar(
    *,
    patch: int = 8,
) -> Any: ...
def log_gabor(
    kind: str = 'heterogeneous',
    convention: str = 'paper',
    shape: Any = ...,
    *,
    orientations: Any = ...,
    angular_bandwidths: Any = ...,
    peak_frequency: float = 0.4,
    frequency_spread: Any = ...,
) -> Any: ...
def pretrained(
    name: str = 'dead-leaves',
    dtype: str = 'float32',
) -> Any: ...
def random(
    *,
    rows: int = 64,
    atoms: int = 128,
    group_size: int = 1,
    seed: int = 0,
) -> Any: ...
def sinusoids(
    *,
    rows: int = 717,
    atoms: int = 100,
    lowest_frequency: float = 0.001,
    highest_frequency: float = 1.0,
    raw: bool = False,
) -> Any: ...
def union(
    *,
    parts: str = 'dct,haar',
    patch: Any = ...,
    frequencies: Any = ...,
    rows: Any = ...,
    atoms: Any = ...,
    lowest_frequency: float = 0.001,
    highest_frequency: float = 1.0,
    raw: bool = False,
    orientations: Any = ...,
    scales: int = 2,
    shortest_wavelength: float = 4.0,
    positions: int = 2,
    bandwidth: float = 1.0,
    aspect: float = 1.5,
    kind: str = 'heterogeneous',
    convention: str = 'paper',
    height: int = 12,
    width: int = 12,
    angular_bandwidths: Any = ...,
    peak_frequency: float = 0.4,
    frequency_spread: Any = ...,
    group_size: int = 1,
    seed: int = 0,
) -> Any: ...
