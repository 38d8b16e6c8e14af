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
        power: Any = ...,
        beta: Any = ...,
        ridge: Any = ...,
        overlap_cut: Any = ...,
        overlap_top: Any = ...,
        locations: Any = ...,
        radius: Any = ...,
        layout: str = 'auto',
    ) -> Any: ...
    def __len__(
        self,
    ) -> Any: ...
    def associate(
        self,
        states: Any,
        *,
        as_complex: bool = False,
    ) -> Any: ...
    def capacity_report(
        self,
        *,
        threads: Any = ...,
        damage: float = 0.25,
        phase_noise: float = 0.3,
        compared: int = 512,
        copies: int = 500,
        energy_share: float = 0.85,
        seed: int = 0,
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
    def field(
        self,
        states: Any,
    ) -> Any: ...
    def forget(
        self,
        ids: Any,
    ) -> Any: ...
    def identify(
        self,
        states: Any,
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
        *,
        mask: Any = ...,
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
        order_seed: Any = ...,
        theta_start: Any = ...,
        k_start: Any = ...,
        anneal_steps: int = 4,
        readout: str = 'state',
        trace: bool = False,
    ) -> Any: ...
    def replace(
        self,
        codes: Any,
        ids: Any,
        weights: Any = ...,
        targets: Any = ...,
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
        targets: Any = ...,
    ) -> Any: ...
    @property
    def targets(self) -> Any: ...
class ConvolutionalMemory:
    def __init__(
        self,
        filters: Any,
        shape: Any = ...,
        rule: str = 'top1',
        *,
        dtype: Any = ...,
        nonzeros: Any = ...,
        relative_lambda: float = 1.0,
        lambda_factor: float = 2.75,
        highpass: Any = ...,
        spacing: int = 8,
        tolerance: float = 0.05,
        max_iterations: int = 1000,
        truncation: str = 'k_winners',
        k: Any = ...,
        theta: Any = ...,
        normalization: str = 'auto',
        diagonal: str = 'auto',
        order: str = 'synchronous',
        power: Any = ...,
        beta: Any = ...,
        ridge: Any = ...,
        overlap_cut: Any = ...,
        overlap_top: Any = ...,
        locations: Any = ...,
        radius: Any = ...,
        layout: str = 'auto',
    ) -> Any: ...
    def __len__(
        self,
    ) -> Any: ...
    @property
    def filters(self) -> Any: ...
    def forget(
        self,
        ids: Any,
    ) -> Any: ...
    @property
    def ids(self) -> Any: ...
    def image(
        self,
        id: Any,
    ) -> Any: ...
    @classmethod
    def load(
        cls,
        path: Any,
    ) -> Any: ...
    @property
    def n_units(self) -> Any: ...
    @property
    def nbytes(self) -> Any: ...
    @property
    def nonzeros(self) -> Any: ...
    def recall(
        self,
        cues: Any,
        *,
        mask: Any = ...,
        threads: Any = ...,
        max_seconds: Any = ...,
        callback: Any = ...,
        sigma: Any = ...,
        max_shift: int = 0,
        max_steps: int = 10,
        readout: str = 'state',
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
        images: Any,
        *,
        threads: Any = ...,
        max_seconds: Any = ...,
        callback: Any = ...,
    ) -> Any: ...
class ImageRecall:
    images: Any
    coded: Any
    ids: Any
    cosines: Any
    margins: Any
    familiarity: Any
    familiarity_margins: Any
    kinds: Any
    shifts: Any
    sigmas: Any
    states: Any
    status: Any
    def __init__(
        self,
        images: Any,
        coded: Any,
        ids: Any,
        cosines: Any,
        margins: Any,
        familiarity: Any,
        familiarity_margins: Any,
        kinds: Any,
        shifts: Any,
        sigmas: Any,
        states: Any,
        status: Any,
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
    familiarity: Any
    familiarity_margins: Any
    baselines: Any
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
        familiarity: Any,
        familiarity_margins: Any,
        baselines: Any,
        _native: Any = ...,
    ) -> Any: ...
def capacity_curves(
    n_units: Any = ...,
    rules: str = 'tpam',
    *,
    codes: Any = ...,
    dtype: Any = ...,
    threads: Any = ...,
    callback: Any = ...,
    active: int = 20,
    damage: float = 0.25,
    phase_noise: float = 0.3,
    patterns: Any = ...,
    draws: int = 10,
    cues_per_draw: int = 50,
    winners_share: float = 1.0,
    success: float = 0.9,
    measure: str = 'similar',
    most_patterns: int = 8192,
    resolution: float = 0.02,
    seed: int = 0,
    truncation: str = 'k_winners',
    k: Any = ...,
    theta: Any = ...,
    normalization: str = 'auto',
    diagonal: str = 'auto',
    order: str = 'synchronous',
    power: Any = ...,
    beta: Any = ...,
    ridge: Any = ...,
    overlap_cut: Any = ...,
    overlap_top: Any = ...,
    locations: Any = ...,
    radius: Any = ...,
    layout: str = 'auto',
) -> Any: ...
def capacity_search(
    n_units: Any = ...,
    rules: str = 'tpam',
    *,
    codes: Any = ...,
    dtype: Any = ...,
    threads: Any = ...,
    callback: Any = ...,
    active: int = 20,
    damage: float = 0.25,
    phase_noise: float = 0.3,
    patterns: Any = ...,
    draws: int = 10,
    cues_per_draw: int = 50,
    winners_share: float = 1.0,
    success: float = 0.9,
    measure: str = 'similar',
    most_patterns: int = 8192,
    resolution: float = 0.02,
    seed: int = 0,
    truncation: str = 'k_winners',
    k: Any = ...,
    theta: Any = ...,
    normalization: str = 'auto',
    diagonal: str = 'auto',
    order: str = 'synchronous',
    power: Any = ...,
    beta: Any = ...,
    ridge: Any = ...,
    overlap_cut: Any = ...,
    overlap_top: Any = ...,
    locations: Any = ...,
    radius: Any = ...,
    layout: str = 'auto',
) -> Any: ...
def rules() -> Any: ...
