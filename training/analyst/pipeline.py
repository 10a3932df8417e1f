"""The analyst's training as core sees it: wiring only, every step is a function of its own.

Nothing is fitted. A candidate is a set of prompts; it is evaluated with the embedded language model, since
that is the one that every machine has. What only training needs is imported where it is used: asking whether
there is anything new has to be quick.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import yaml

import bentos.analyst
from bentos.analyst.contract import load_contract
from bentos.core.contract import Contract
from bentos.core.errors import SelfTestFailed
from bentos.core.package import ModelPackage
from training.analyst.data import data_hash, first_windows, load_windows
from training.analyst.prompt_files import digest_prompts, read_prompts
from training.core.pipeline import Candidate, Check, FrozenPasses, GatePolicy, Progress, TrainingInputs

if TYPE_CHECKING:
    from training.analyst.evaluation import Report
    from training.core.evaluation import Evaluation

PARAMETERS = Path(__file__).with_name("params.yaml")
SERVING_CODE = ("facts", "wording", "prompts", "untrusted", "generation", "fallback", "selftest", "contract")
CHECKS = "checks"
TRAINING_CODE = ("asking", "candidate", "data", "evaluation", "prompt_files")
"""Modules that decide what a training makes; a change in any of them is worth judging the prompts again."""


class AnalystPipeline:
    """Implements `training.core.pipeline.Pipeline` and `training.core.evaluation.Evaluable`."""

    name = "analyst"

    def __init__(self) -> None:
        self._reports: dict[str, Report] = {}

    @property
    def contract(self) -> Contract:
        """The contract of this code."""
        return load_contract()

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """What params.yaml says."""
        parameters: dict[str, Any] = yaml.safe_load(PARAMETERS.read_text())
        return parameters

    @cached_property
    def gate(self) -> GatePolicy:
        """The limits from params.yaml."""
        return msgspec.convert(self.parameters["gate"], GatePolicy)

    def inputs(self) -> TrainingInputs:
        """Return what a training started now would be made from. Raises SettingsError."""
        parameters = {name: value for name, value in self.parameters.items() if name != "gate"}
        return TrainingInputs(
            data_sha256=data_hash(),
            code_sha256=_code_sha256(),
            contract=self.contract.digest(),
            parameters=parameters
            | {"prompts_sha256": digest_prompts(read_prompts(self.parameters["prompts"]))},
            seed=self.parameters["seed"],
        )

    def current_files(self) -> dict[str, bytes]:
        """Return the prompts that params.yaml names, with contract and self-test."""
        from training.analyst.candidate import make_files

        return make_files(read_prompts(self.parameters["prompts"]), load_windows())

    def train(self, progress: Progress) -> Candidate:
        """Package the prompts and evaluate them. Raises SettingsError, or ServiceFailed without a model."""
        from training.analyst.candidate import make_candidate

        files = self.current_files()
        return make_candidate(files, self._report(files, progress))

    def score_frozen(self, files: Mapping[str, bytes]) -> FrozenPasses:
        """Return which texts about the sample passed at the first try of the embedded model."""
        return self._report(files).passes()

    def engine_parity(self, files: Mapping[str, bytes]) -> None:
        """Return nothing: there is one engine, and it is not ours."""

    def cost(self, files: Mapping[str, bytes]) -> None:
        """Return nothing: what an answer costs is spent by the language model."""

    def behaviour(self, files: Mapping[str, bytes]) -> Sequence[Check]:
        """Return whether everything that callers would see is true, and whether the self-test passes."""
        return [_grounded(self._report(files)), _self_test(files)]

    def evaluate(
        self, files: Mapping[str, bytes], items: int, provider: str, progress: Progress
    ) -> "Evaluation":
        """Ask a provider about the first `items` windows, 0: all. Raises SettingsError or ServiceFailed."""
        from training.analyst.described import describe

        report = self._ask(files, items, provider, progress)
        return describe(report, provider)

    def predict(self, package: ModelPackage, request: dict[str, Any]) -> dict[str, Any]:
        """Explain closes. Raises InvalidFields for a request that does not fit."""
        from training.analyst.explaining import explain

        return explain(package.files, request)

    def _report(self, files: Mapping[str, bytes], progress: Progress = lambda sentence: None) -> "Report":
        """Return the evaluation of a package on the sample; a process makes it once for the same prompts."""
        from training.analyst.asking import EMBEDDED

        digest = digest_prompts(files)
        if digest not in self._reports:
            windows = self.parameters["sample_windows"]
            self._reports[digest] = self._ask(files, windows, EMBEDDED, progress)
        return self._reports[digest]

    def _ask(self, files: Mapping[str, bytes], items: int, provider: str, progress: Progress) -> "Report":
        from bentos.analyst.prompts import PromptSet
        from training.analyst.asking import evaluate_through

        return evaluate_through(provider, PromptSet(files), first_windows(items), progress)


def _grounded(report: "Report") -> Check:
    shown = sum(one.grounded for one in report.asked)
    return Check(
        name="grounded_after_checks",
        passed=shown == len(report.asked),
        value=shown / len(report.asked),
        limit=1.0,
        detail=f"{shown} of {len(report.asked)} texts that callers would see have no number but the facts'.",
    )


def _self_test(files: Mapping[str, bytes]) -> Check:
    from bentos.analyst.prompts import PromptSet
    from bentos.analyst.selftest import SELFTEST_NAME, run_self_test

    try:
        run_self_test(files[SELFTEST_NAME], PromptSet(files))
    except SelfTestFailed as error:
        return Check(name="self_test", passed=False, detail=str(error))
    return Check(name="self_test", passed=True, detail="Stored questions and verdicts come out the same.")


def _code_sha256() -> str:
    serving, training = Path(bentos.analyst.__file__).parent, Path(__file__).parent
    paths = [
        *(serving / f"{name}.py" for name in SERVING_CODE),
        *sorted((serving / CHECKS).glob("*.py")),
        *(training / f"{name}.py" for name in TRAINING_CODE),
    ]
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


PIPELINE = AnalystPipeline()
