# Written by dev/stubs; do not edit.
from typing import Any

def assemble_patches(
    patches: Any,
    state: Any,
) -> Any: ...
def dead_leaves(
    n: int = 10,
    shape: Any = ...,
    seed: int = 0,
    dtype: Any = ...,
    **settings,
) -> Any: ...
def disc_mask(
    images: Any,
    *,
    return_state: bool = False,
) -> Any: ...
def disc_unmask(
    images: Any,
    floor: float = 0.01,
) -> Any: ...
def extract_patches(
    images: Any,
    patch: int = 16,
    *,
    return_state: bool = False,
    **settings,
) -> Any: ...
def local_contrast_normalize(
    images: Any,
    radius: int = 7,
    *,
    return_state: bool = False,
) -> Any: ...
def local_contrast_restore(
    images: Any,
    state: Any,
) -> Any: ...
def tikhonov_highpass(
    images: Any,
    gradient_weight: float = 10.0,
    padding: int = 16,
    *,
    return_state: bool = False,
) -> Any: ...
def unwhiten(
    images: Any,
    state: Any,
    regularization: float = 0.001,
) -> Any: ...
def whiten(
    images: Any,
    cutoff: float = 0.4,
    variance: float = 0.1,
    *,
    filter: bool = True,
    exponent: float = 1.0,
    scale: str = 'variance',
    state: Any = ...,
    return_state: bool = False,
) -> Any: ...
