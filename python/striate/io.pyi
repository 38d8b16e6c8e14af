# Written by dev/stubs; do not edit.
from typing import Any

class Content(dict):
    def __init__(
        self,
        archive: Any,
    ) -> Any: ...
def load(
    path: Any,
) -> Any: ...
def open(
    source: Any,
    pixel_scale: str = 'unit',
    grey: bool = True,
) -> Any: ...
def save(
    path: Any,
    content: Any,
    overwrite: bool = False,
) -> Any: ...
