# Written by dev/stubs; do not edit.
from typing import Any

class AutoRho:
    enabled: Any
    period: Any
    auto_scaling: Any
    scaling: Any
    ratio: Any
    target: Any
    def __init__(
        self,
        enabled: bool = True,
        period: int = 1,
        auto_scaling: bool = True,
        scaling: float = 1000.0,
        ratio: float = 1.2,
        target: Any = ...,
    ) -> Any: ...
class ConvolutionalCodes:
    def __getitem__(
        self,
        i: Any,
    ) -> Any: ...
    def __init__(
        self,
        planes: Any,
        precision: Any,
        single: bool = True,
        channels: int = 0,
    ) -> Any: ...
    def __len__(
        self,
    ) -> Any: ...
    @property
    def boundary(self) -> Any: ...
    @property
    def channels(self) -> Any: ...
    @property
    def columns(self) -> Any: ...
    @property
    def dtype(self) -> Any: ...
    @property
    def filters(self) -> Any: ...
    @classmethod
    def load(
        cls,
        path: Any,
    ) -> Any: ...
    @property
    def nonzeros(self) -> Any: ...
    def prune(
        self,
        least: Any,
        relative: bool = False,
    ) -> Any: ...
    def save(
        self,
        path: Any,
        overwrite: bool = False,
    ) -> Any: ...
    @property
    def shape(self) -> Any: ...
    @property
    def sparseness(self) -> Any: ...
    @property
    def starts(self) -> Any: ...
    def to_csr(
        self,
    ) -> Any: ...
    def to_dense(
        self,
    ) -> Any: ...
    @property
    def values(self) -> Any: ...
class ConvolutionalInfo:
    status: Any
    iterations: Any
    objective: Any
    relative_gap: Any
    violation: Any
    nonzeros: Any
    seconds: Any
    peak_bytes: Any
    method: Any
    why: Any
    trace: Any
    channels: Any
    def __init__(
        self,
        status: Any,
        iterations: Any,
        objective: Any,
        relative_gap: Any,
        violation: Any,
        nonzeros: Any,
        seconds: Any,
        peak_bytes: Any,
        method: Any,
        why: str = '',
        trace: Any = ...,
        channels: Any = ...,
    ) -> Any: ...
    @property
    def converged(self) -> Any: ...
class FilterModel:
    def __init__(
        self,
        native: Any,
        precision: Any,
        status: str = 'completed',
        codes: Any = ...,
    ) -> Any: ...
    @property
    def coding(self) -> Any: ...
    def decode(
        self,
        codes: Any,
    ) -> Any: ...
    def encode(
        self,
        images: Any,
        **settings,
    ) -> Any: ...
    @property
    def filters(self) -> Any: ...
    @property
    def history(self) -> Any: ...
    @property
    def preparation(self) -> Any: ...
    def save(
        self,
        path: Any,
        overwrite: bool = False,
    ) -> Any: ...
    @property
    def support(self) -> Any: ...
class ReferenceOptions:
    max_iterations: Any
    rel_stop: Any
    abs_stop: Any
    rho: Any
    relaxation: Any
    auto_rho: Any
    standard_residuals: Any
    non_negative: Any
    no_boundary_crossing: Any
    return_x: Any
    penalty_weights: Any
    def __init__(
        self,
        max_iterations: int = 1000,
        rel_stop: float = 0.001,
        abs_stop: float = 0.0,
        rho: Any = ...,
        relaxation: float = 1.8,
        auto_rho: Any = ...,
        standard_residuals: bool = False,
        non_negative: bool = False,
        no_boundary_crossing: bool = False,
        return_x: bool = False,
        penalty_weights: Any = ...,
    ) -> Any: ...
    @classmethod
    def from_sporco(
        cls,
        options: Any,
    ) -> Any: ...
def decode(
    codes: Any,
    filters: Any,
) -> Any: ...
def encode(
    images: Any,
    filters: Any,
    lam: Any = ...,
    *,
    method: str = 'auto',
    channels: str = 'shared',
    mask: Any = ...,
    data_weights: Any = ...,
    penalty_weights: Any = ...,
    initial: Any = ...,
    max_iterations: Any = ...,
    max_seconds: Any = ...,
    threads: Any = ...,
    trace: bool = False,
    callback: Any = ...,
    lam_relative: Any = ...,
    boundary: str = 'circular',
    tolerance: float = 0.01,
    positive: bool = False,
    gradient_weight: Any = ...,
    max_sweeps: int = 50,
    sigma: float = 3.0,
    rho: float = 0.3,
) -> Any: ...
def encode_reference(
    images: Any,
    filters: Any,
    lam: Any = ...,
    options: Any = ...,
    *,
    channels: str = 'shared',
    threads: Any = ...,
    max_seconds: Any = ...,
    callback: Any = ...,
) -> Any: ...
def learn(
    images: Any,
    filters: Any,
    lam: Any,
    *,
    shape: Any = ...,
    mask: Any = ...,
    data_weights: Any = ...,
    checkpoint: Any = ...,
    checkpoint_period: float = 30.0,
    resume: bool = False,
    max_seconds: Any = ...,
    threads: Any = ...,
    callback: Any = ...,
    method: str = 'cd',
    sides: Any = ...,
    zero_mean: bool = False,
    boundary: str = 'circular',
    positive: bool = False,
    initial: str = 'data',
    steps: Any = ...,
    epochs: Any = ...,
    coding_iterations: int = 2,
    tolerance: float = 0.01,
    passes: Any = ...,
    replace: str = 'worst',
    min_improvement: float = 0.0,
    seed: int = 0,
    batch: int = 1,
    step_size: float = 0.5,
    step_decay: float = 100.0,
    filter_rho: float = 1.0,
) -> Any: ...
