"""A pipeline in miniature whose model is a text: it passes on a frozen item or not; nothing is scored."""

import sys
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bentos.core.contract import Contract
from bentos.core.errors import SettingsError
from bentos.core.manifest import sha256_digest
from bentos.core.package import ModelPackage
from tests.support import tiny_pipeline
from training.core.evaluation import Evaluation
from training.core.passes import pass_shares
from training.core.pipeline import Candidate, Check, FrozenPasses, GatePolicy, Progress, TrainingInputs

UNITS = 100
GROUPS = ("en", "fr")
TEXT_NAME = "text.txt"


def passes(en: int, fr: int, units: int = UNITS) -> FrozenPasses:
    """Return passes of the first `en` and `fr` units, of as many units in either group."""
    numbers = np.arange(units)
    return FrozenPasses(
        passed=np.concatenate([numbers < en, numbers < fr]),
        unit=np.tile(np.array([f"unit-{number:03}" for number in numbers]), 2),
        group=np.repeat(np.array(GROUPS), units),
    )


@dataclass(frozen=True)
class PassingPipeline:
    """Its text says how many items of either group it passes."""

    en: int = 95
    fr: int = 90
    gate: GatePolicy = field(
        default_factory=lambda: GatePolicy(minimum_scores={"pass_share": 0.8}, tolerated_loss=0.05)
    )

    name: str = "tiny"

    @property
    def contract(self) -> Contract:
        return tiny_pipeline.contract()

    def inputs(self) -> TrainingInputs:
        return TrainingInputs(
            data_sha256=sha256_digest(b"items"),
            code_sha256=sha256_digest(b"code"),
            contract=self.contract.digest(),
            parameters={"en": self.en, "fr": self.fr},
            seed=0,
        )

    def files(self) -> dict[str, bytes]:
        return {TEXT_NAME: f"{self.en} {self.fr}".encode(), "contract.json": self.contract.encode()}

    def train(self, progress: Progress) -> Candidate:
        progress("writing")
        files = self.files()
        return Candidate(
            files=files,
            metrics={"items": float(UNITS)},
            input_example=pd.DataFrame({"file": [TEXT_NAME]}),
            output_example=pd.DataFrame({"text": [files[TEXT_NAME].decode()]}),
            tracked_as="files",
        )

    def score_frozen(self, files: Mapping[str, bytes]) -> FrozenPasses:
        return _passes_of(files)

    def engine_parity(self, files: Mapping[str, bytes]) -> None:
        return None

    def cost(self, files: Mapping[str, bytes]) -> None:
        return None

    def behaviour(self, files: Mapping[str, bytes]) -> Sequence[Check]:
        return []

    def predict(self, package: ModelPackage, request: dict[str, Any]) -> dict[str, Any]:
        return {"text": package.files[TEXT_NAME].decode()}

    def current_files(self) -> Mapping[str, bytes]:
        return self.files()

    def evaluate(
        self, files: Mapping[str, bytes], items: int, provider: str, progress: Progress
    ) -> Evaluation:
        if provider != "embedded":
            raise SettingsError(f"There is no provider {provider!r}.")
        progress("asking")
        return Evaluation(
            name=f"tiny through {provider}",
            parameters={"items": items, "provider": provider},
            metrics=pass_shares(_passes_of(files)),
            report={"texts": ["one", "two"]},
        )


def _passes_of(files: Mapping[str, bytes]) -> FrozenPasses:
    en, fr = files[TEXT_NAME].split()
    return passes(int(en), int(fr))


def install(monkeypatch: pytest.MonkeyPatch, pipeline: PassingPipeline) -> None:
    """Make `training.tiny.pipeline` importable, as a model's folder would."""
    module = types.ModuleType("training.tiny.pipeline")
    module.__dict__["PIPELINE"] = pipeline
    monkeypatch.setitem(sys.modules, "training.tiny", types.ModuleType("training.tiny"))
    monkeypatch.setitem(sys.modules, "training.tiny.pipeline", module)
