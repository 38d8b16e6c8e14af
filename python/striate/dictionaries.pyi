# Written by dev/stubs; do not edit.
from typing import Any

def pretrained(
    name: str = 'dead-leaves',
    dtype: str = 'float32',
) -> Any: ...
