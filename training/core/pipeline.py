"""What a model's training has to offer so that core can gate, register and promote it without knowing it.

A model joins by a module `training/<name>/pipeline.py` with an attribute `PIPELINE`; nothing else is edited.
"""

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import msgspec
import numpy as np
from numpy.typing import NDArray

from bentos.core.contract import Contract
from bentos.core.manifest import sha256_digest
from bentos.core.package import ModelPackage
from training.core.errors import DataFixed, UnknownModel

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
TextArray = NDArray[np.str_]
Progress = Callable[[str], None]
"""Told one short sentence per step of a training; the command line prints it on stderr."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class TrainingInputs(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides what a training would make. Equal inputs make an equal model."""

    data_sha256: str
    """Digest of the training data, and of the frozen items it is judged on."""
    code_sha256: str
    """Digest of the source files that make features and train."""
    contract: str
    """`Contract.digest()`."""
    parameters: dict[str, Any]
    """What params.yaml says; JSON values only."""
    seed: int

    def digest(self) -> str:
        """Return `sha256:<hex>` of the canonical JSON."""
        return sha256_digest(msgspec.json.encode(self, order="sorted"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A trained model that nobody has judged yet."""

    files: dict[str, bytes]
    """The package's files by name (`model.ubj`, `model.onnx`, `contract.json`, …); core adds the manifest."""
    metrics: dict[str, float]
    """Shown on the tracking page; names readable to people, units at the end where there are any."""
    input_example: "pd.DataFrame"
    """A few feature rows, columns in the contract's order; becomes the tracked signature's input."""
    output_example: "pd.DataFrame"
    """The model's answers to `input_example`; becomes the signature's output."""
    figures: dict[str, bytes] = field(default_factory=dict)
    """PNG images by file name."""
    report: dict[str, Any] = field(default_factory=dict)
    """Anything more that a reader wants, as JSON."""
    tracked_as: Literal["onnx", "files"] = "onnx"
    """What MLflow's copy of the model does: scores rows with `model.onnx`, or shows the package's files."""


@dataclass(frozen=True, slots=True)
class FrozenScores:
    """A model's answers on the frozen items, and what really happened there.

    Each array is float64[n], and row i is the same item for every model that is judged: `probability` of the
    positive outcome as the serving engine gives it, `trials` held for the item, and `successes` among them.
    """

    probability: FloatArray
    successes: FloatArray
    trials: FloatArray


@dataclass(frozen=True, slots=True)
class FrozenPasses:
    """Whether a model passed on each frozen item, where there is no probability to score.

    Each array has n entries, and row i is the same item for every model that is judged: `passed` is bool[n],
    `unit` and `group` are str[n]. Rows of one unit say the same thing twice and are resampled together; each
    group is scored by itself as well.
    """

    passed: BoolArray
    unit: TextArray
    group: TextArray


Frozen = FrozenScores | FrozenPasses
"""What a model did on the frozen items; a pipeline always returns the same kind."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a gate looked at. `value` was found where `limit` is allowed; `detail` says it in a sentence.

    A check that could not be made because there is nothing to compare with has `applicable` false and passes.
    """

    name: str
    passed: bool
    detail: str = ""
    value: float | None = None
    limit: float | None = None
    applicable: bool = True


class GatePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The limits a candidate has to keep; made from params.yaml by `msgspec.convert(..., GatePolicy)`."""

    minimum_scores: dict[str, float] = {}
    """Least value by name, for those in `training.core.scores` where higher is better (`accuracy`, `roc_auc`,
    …). For passes they are `pass_share`, which has to be named, and `pass_share_<group>`."""
    maximum_scores: dict[str, float] = {}
    """Greatest value by name, for scores where lower is better (`log_loss`, `brier`, …)."""
    maximum_calibration_error: float = 0.05
    """Greatest expected calibration error, as a probability."""
    parity_tolerance: float = 1e-6
    """Greatest absolute difference between the two engines' probabilities; float32 sums differ by less."""
    maximum_cost_ratio: float = 1.5
    """CPU time of one single-row answer, as a multiple of the champion's in the same run."""
    maximum_size_bytes: int = 64 * 1024 * 1024
    """Sum of the package's files; every new pod fetches and holds them."""
    confidence_level: float = 0.95
    """Of the one-sided lower bound of the improvement."""
    minimum_improvement: float = 0.0
    """The bound must be above this many nats of log loss per trial."""
    tolerated_loss: float = 0.0
    """Of passes: how far below zero the bound of the improvement may be, as a share of the items."""
    resamples: int = 4000
    """Bootstrap resamples; at least 2,000, or the bound itself is noisy."""
    seed: int = 0
    """Of the resampling, so that a verdict can be repeated."""


class Pipeline(Protocol):
    """A model's training, as core sees it. `files` are a package's files, verified by the caller."""

    @property
    def name(self) -> str:
        """The registered name; also the folder's."""
        ...

    @property
    def contract(self) -> Contract:
        """The contract that this code trains for."""
        ...

    @property
    def gate(self) -> GatePolicy:
        """The limits from params.yaml."""
        ...

    def inputs(self) -> TrainingInputs:
        """Return what a training started now would be made from; quick, trains nothing."""
        ...

    def train(self, progress: Progress) -> Candidate:
        """Train and return the candidate; writes nothing outside the model's own data folder."""
        ...

    def score_frozen(self, files: Mapping[str, bytes]) -> Frozen:
        """Score the frozen items as single questions are answered."""
        ...

    def engine_parity(self, files: Mapping[str, bytes]) -> float | None:
        """Return the greatest absolute difference between the engines' probabilities; None: there is only
        one."""
        ...

    def cost(self, files: Mapping[str, bytes]) -> Callable[[], object] | None:
        """Return a call that makes one single-row answer; the gate times it beside the champion's. None: its
        CPU time is not ours."""
        ...

    def behaviour(self, files: Mapping[str, bytes]) -> Sequence[Check]:
        """Return what the model must get right whatever its scores: invariances, symmetries, known cases."""
        ...

    def predict(self, package: ModelPackage, request: dict[str, Any]) -> dict[str, Any]:
        """Answer one request as the service would. Raises RequestError for a request it can't take."""
        ...


@runtime_checkable
class GrowingData(Protocol):
    """A pipeline whose training data can be added to."""

    def has_gathered(self) -> bool:
        """Return whether anything was added so far."""
        ...

    def gather(self, items: int, progress: Progress) -> None:
        """Make `items` new ones and keep them, so that `inputs` and `train` take them in from now on."""
        ...


def require_growing(pipeline: Pipeline) -> GrowingData:
    """Return the pipeline as one whose data grow. Raises DataFixed if they don't."""
    if not isinstance(pipeline, GrowingData):
        raise DataFixed(pipeline.name)
    return pipeline


def find_pipeline(name: str) -> Pipeline:
    """Return `PIPELINE` of `training.<name>.pipeline`. Raises UnknownModel if there is none."""
    module_name = f"training.{name}.pipeline"
    if not _NAME.fullmatch(name):
        raise UnknownModel(name)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name not in (module_name, f"training.{name}"):
            raise
        raise UnknownModel(name) from error
    pipeline: Pipeline | None = getattr(module, "PIPELINE", None)
    if pipeline is None:
        raise UnknownModel(name)
    return pipeline
