# Written by dev/stubs; do not edit.
from typing import Any

def fit_log_gabor(
    filters: Any,
    convention: str = 'paper',
    *,
    min_bandwidth: float = 1.0,
    max_bandwidth: float = 60.0,
    frequency: Any = ...,
    frequency_spread: Any = ...,
    threads: Any = ...,
) -> Any: ...
def match_banks(
    a: Any,
    b: Any,
    *,
    max_shift: Any = ...,
    threads: Any = ...,
) -> Any: ...
