# Written by dev/stubs; do not edit.
from typing import Any

def atom_recovery(
    truth: Any,
    learned: Any,
    group_size: int = 1,
    threshold: float = 0.99,
) -> Any: ...
def psnr(
    reference: Any,
    image: Any,
    peak: str = 'max',
) -> Any: ...
def snr(
    reference: Any,
    image: Any,
    signal: str = 'energy',
) -> Any: ...
def ssim(
    reference: Any,
    image: Any,
    data_range: float = 1.0,
) -> Any: ...
