# Written by dev/stubs; do not edit.
from typing import Any

from . import convolutional as convolutional, dictionaries as dictionaries, images as images, io as io, memory as memory, metrics as metrics, statistics as statistics

__version__: str

class ConvergenceWarning(UserWarning):
    ...
class Dictionary:
    def __init__(
        self,
        atoms: Any,
    ) -> Any: ...
    @property
    def atoms(self) -> Any: ...
    @property
    def shape(self) -> Any: ...
class EncodeInfo:
    status: Any
    iterations: Any
    nonzeros: Any
    objective: Any
    relative_gap: Any
    seconds: Any
    converged: Any
    lambdas: Any
    residuals: Any
    def __init__(
        self,
        status: Any,
        iterations: Any,
        nonzeros: Any,
        objective: Any,
        relative_gap: Any,
        seconds: Any,
        converged: Any,
        lambdas: Any = ...,
        residuals: Any = ...,
    ) -> Any: ...
class Learner:
    def __init__(
        self,
        initial: Any,
        *,
        method: str = 'online',
        coder: str = 'lasso',
        group_size: Any = ...,
        lam: Any = ...,
        lam_initial: Any = ...,
        lam_halving: float = 100.0,
        mu: float = 0.0,
        positive: bool = False,
        l2: float = 0.0,
        nonzeros: Any = ...,
        residual: Any = ...,
        penalty: str = 'l1',
        sigma: Any = ...,
        start: str = 'zero',
        descent_steps: int = 100,
        descent_rate: float = 1.0,
        cut_off: float = 2.0,
        positive_atoms: bool = False,
        atom_norm: str = 'unit',
        tolerance: float = 0.01,
        max_iterations: int = 10000,
        replace: str = 'worst',
        min_use: float = 0.001,
        seed: int = 0,
        passes: int = 1,
        block: int = 64,
        schedule: str = 'power',
        forgetting: float = 5.0,
        decay: float = 0.95,
        warm_statistics: float = 0.0,
        ridge: float = 1e-06,
        ksvd_rule: str = 'approximate',
        alternations: int = 1,
        step_rule: str = 'curvature',
        step_size: float = 0.5,
        step_decay: float = 100.0,
        momentum: float = 0.0,
        homeostasis: str = 'none',
        homeostasis_rate: float = 0.001,
        homeostasis_exponent: float = 0.02,
        variance_goal: float = 0.1,
    ) -> Any: ...
    @property
    def atoms(self) -> Any: ...
    @property
    def atoms_in_use(self) -> Any: ...
    @property
    def dictionary(self) -> Any: ...
    @property
    def group_size(self) -> Any: ...
    @classmethod
    def restore(
        cls,
        path: Any,
    ) -> Any: ...
    def save(
        self,
        path: Any,
        overwrite: bool = False,
    ) -> Any: ...
    @property
    def settings(self) -> Any: ...
    def step(
        self,
        batch: Any,
        *,
        threads: Any = ...,
        max_seconds: Any = ...,
        callback: Any = ...,
    ) -> Any: ...
    @property
    def steps(self) -> Any: ...
class Model:
    def __init__(
        self,
        native: Any,
        precision: Any,
        status: str = 'completed',
    ) -> Any: ...
    @property
    def atoms(self) -> Any: ...
    @property
    def coder(self) -> Any: ...
    def decode(
        self,
        codes: Any,
    ) -> Any: ...
    @property
    def dictionary(self) -> Any: ...
    def encode(
        self,
        X: Any,
        **settings,
    ) -> Any: ...
    @property
    def group_size(self) -> Any: ...
    @property
    def history(self) -> Any: ...
    @property
    def preprocessing(self) -> Any: ...
    def report(
        self,
    ) -> Any: ...
    def save(
        self,
        path: Any,
        overwrite: bool = False,
    ) -> Any: ...
class RestorationInfo:
    nonzeros: Any
    seconds: Any
    status: Any
    sigma: Any
    missing: Any
    atoms: Any
    passes: Any
    filters: Any
    lam: Any
    def __init__(
        self,
        nonzeros: Any,
        seconds: Any,
        status: Any,
        sigma: Any = ...,
        missing: Any = ...,
        atoms: Any = ...,
        passes: Any = ...,
        filters: Any = ...,
        lam: Any = ...,
    ) -> Any: ...
class StepInfo(tuple):
    complete: Any
    objective: Any
    nonzeros: Any
    replaced: Any
def denoise(
    image: Any,
    sigma: Any = ...,
    model: Any = ...,
    method: str = 'patch',
    *,
    threads: Any = ...,
    max_seconds: Any = ...,
    callback: Any = ...,
    return_info: bool = False,
    stride: int = 1,
    error_gain: float = 1.15,
    noisy_weight: float = 0.5,
    patch: int = 8,
    atoms: int = 256,
    training_patches: int = 60000,
    epochs: float = 10.0,
    seed: int = 0,
    lambda_factor: float = 2.75,
    turns: int = 2,
    highpass: float = 5.0,
    boundary: str = 'linear',
    tolerance: float = 0.05,
    max_iterations: int = 1000,
    filter_count: int = 64,
    side: int = 8,
    steps: int = 10,
    learning_lambda: float = 6.0,
) -> Any: ...
def encode(
    X: Any,
    dictionary: Any,
    *,
    method: str = 'lasso',
    data_weights: Any = ...,
    mask: Any = ...,
    initial: Any = ...,
    path: bool = False,
    threads: Any = ...,
    max_seconds: Any = ...,
    dense: bool = False,
    return_info: bool = False,
    callback: Any = ...,
    lam: Any = ...,
    lam_relative: Any = ...,
    tolerance: float = 0.0001,
    max_iterations: int = 10000,
    positive: bool = False,
    penalty_weights: Any = ...,
    l2: float = 0.0,
    nonzeros: Any = ...,
    mode: str = 'lasso',
    group_size: Any = ...,
    l1_share: float = 0.5,
    penalty: str = 'l1',
    sigma: Any = ...,
    start: str = 'zero',
    descent_steps: int = 100,
    descent_rate: float = 1.0,
    cut_off: float = 2.0,
    activation: str = 'soft',
    integration: str = 'euler',
    step_size: Any = ...,
    steps: Any = ...,
    constant_step: bool = False,
    debias: bool = False,
    residual: Any = ...,
    atom_penalty: Any = ...,
    normalized: bool = False,
) -> Any: ...
def inpaint(
    image: Any,
    mask: Any,
    model: Any = ...,
    method: str = 'patch',
    *,
    threads: Any = ...,
    max_seconds: Any = ...,
    callback: Any = ...,
    return_info: bool = False,
    sigma: Any = ...,
    relative_error: float = 0.05,
    stride: int = 1,
    error_gain: float = 1.15,
    noisy_weight: float = 0.5,
    patch: int = 8,
    atoms: int = 256,
    training_patches: int = 60000,
    epochs: float = 10.0,
    seed: int = 0,
    lambda_factor: float = 2.75,
    turns: int = 2,
    highpass: float = 5.0,
    boundary: str = 'linear',
    tolerance: float = 0.05,
    max_iterations: int = 1000,
    filter_count: int = 64,
    side: int = 8,
    steps: int = 10,
    learning_lambda: float = 6.0,
    relative_lambda: float = 0.15,
) -> Any: ...
def learn(
    source: Any,
    n_components: Any,
    *,
    initial: Any = ...,
    checkpoint: Any = ...,
    resume: bool = False,
    threads: Any = ...,
    max_seconds: Any = ...,
    callback: Any = ...,
    method: str = 'online',
    coder: str = 'lasso',
    group_size: Any = ...,
    lam: Any = ...,
    lam_initial: Any = ...,
    lam_halving: float = 100.0,
    mu: float = 0.0,
    positive: bool = False,
    l2: float = 0.0,
    nonzeros: Any = ...,
    residual: Any = ...,
    penalty: str = 'l1',
    sigma: Any = ...,
    start: str = 'zero',
    descent_steps: int = 100,
    descent_rate: float = 1.0,
    cut_off: float = 2.0,
    positive_atoms: bool = False,
    atom_norm: str = 'unit',
    tolerance: float = 0.01,
    max_iterations: int = 10000,
    batch: int = 256,
    steps: Any = ...,
    epochs: Any = ...,
    shuffle: bool = True,
    held_out: Any = ...,
    held_out_period: Any = ...,
    min_improvement: float = 0.0,
    patience: int = 10,
    replace: str = 'worst',
    min_use: float = 0.001,
    seed: int = 0,
    passes: int = 1,
    block: int = 64,
    schedule: str = 'power',
    forgetting: float = 5.0,
    decay: float = 0.95,
    warm_statistics: float = 0.0,
    ridge: float = 1e-06,
    ksvd_rule: str = 'approximate',
    alternations: int = 1,
    step_rule: str = 'curvature',
    step_size: float = 0.5,
    step_decay: float = 100.0,
    momentum: float = 0.0,
    homeostasis: str = 'none',
    homeostasis_rate: float = 0.001,
    homeostasis_exponent: float = 0.02,
    variance_goal: float = 0.1,
    input: str = 'auto',
    pixel_scale: str = 'unit',
    colour: bool = False,
    whiten: str = 'filter',
    cutoff: float = 0.4,
    variance: float = 0.1,
    factor: Any = ...,
    patch: int = 16,
    sampling: str = 'random',
    count: int = 100000,
    border: Any = ...,
    stride: int = 1,
    remove_mean: bool = False,
    minimum_deviation: float = 0.0,
) -> Any: ...
def load(
    path: Any,
) -> Any: ...
def set_thread_count(*args: Any) -> Any: ...
def thread_count(*args: Any) -> Any: ...
