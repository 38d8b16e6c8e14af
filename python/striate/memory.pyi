# Written by dev/stubs; do not edit.
from typing import Any

class AssociativeMemory:
    def __init__(
        self,
        n_units: Any,
        rule: str = 'tpam',
        *,
        dtype: Any = ...,
        truncation: str = 'k_winners',
        k: Any = ...,
        theta: Any = ...,
        normalization: str = 'auto',
        diagonal: str = 'auto',
        order: str = 'synchronous',
        layout: str = 'auto',
    ) -> Any: ...
    def __len__(
        self,
    ) -> Any: ...
    @property
    def codes(self) -> Any: ...
    def compact(
        self,
    ) -> Any: ...
    @property
    def covered_by(self) -> Any: ...
    def decay(
        self,
        factor: Any,
    ) -> Any: ...
    def decode(
        self,
        recalled: Any,
        model: Any,
        noisy: Any = ...,
        gain: str = 'ls_real',
    ) -> Any: ...
    def energy(
        self,
        states: Any,
    ) -> Any: ...
    def forget(
        self,
        ids: Any,
    ) -> Any: ...
    @property
    def ids(self) -> Any: ...
    @property
    def k(self) -> Any: ...
    @property
    def layout(self) -> Any: ...
    @classmethod
    def load(
        cls,
        path: Any,
    ) -> Any: ...
    @property
    def n_units(self) -> Any: ...
    @property
    def nbytes(self) -> Any: ...
    def nearest(
        self,
        cues: Any,
    ) -> Any: ...
    def overlaps(
        self,
        states: Any,
    ) -> Any: ...
    def recall(
        self,
        cues: Any,
        *,
        mask: Any = ...,
        threads: Any = ...,
        max_steps: int = 10,
        tolerance: float = 0.0001,
        readout: str = 'state',
        trace: bool = False,
    ) -> Any: ...
    def replace(
        self,
        codes: Any,
        ids: Any,
    ) -> Any: ...
    @property
    def rule(self) -> Any: ...
    def save(
        self,
        path: Any,
        overwrite: bool = False,
    ) -> Any: ...
    @property
    def settings(self) -> Any: ...
    def store(
        self,
        codes: Any,
        ids: Any = ...,
        weights: Any = ...,
    ) -> Any: ...
class RecallResult:
    states: Any
    ids: Any
    margins: Any
    kinds: Any
    steps: Any
    covered_by: Any
    energies: Any
    overlaps: Any
    endings: Any
    cosines: Any
    def __init__(
        self,
        states: Any,
        ids: Any,
        margins: Any,
        kinds: Any,
        steps: Any,
        covered_by: Any,
        energies: Any,
        overlaps: Any,
        endings: Any,
        cosines: Any,
        _native: Any = ...,
    ) -> Any: ...
def rules() -> Any: ...
