"""Battle's training as core sees it: wiring only, every step is a function of its own.

What only training needs is imported where it is used: asking whether there is anything new has to be quick.
"""

import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import yaml

import bentos.battle
from bentos.battle.api import BattleRequest
from bentos.battle.contract import load_contract
from bentos.battle.predictor import BOOSTER_NAME, ONNX_NAME, BattlePredictor
from bentos.core.contract import Contract
from bentos.core.decoding import BodyDecoder
from bentos.core.package import ModelPackage
from bentos.core.scorers import BoosterScorer, OnnxScorer
from training.core.pipeline import Candidate, Check, FrozenScores, GatePolicy, Progress, TrainingInputs

if TYPE_CHECKING:
    import pandas as pd

    from training.battle.dataset import Dataset

PARAMETERS = Path(__file__).with_name("params.yaml")
SERVING_CODE = ("pokedex", "loadouts", "defenders", "damage", "effects", "features", "predictor")
TRAINING_CODE = ("data", "dataset", "train", "candidate", "reference_profile")
"""Modules that decide what a training makes; a change in any of them is worth training again."""
PARITY_ROWS = 20_000
COST_ROWS = 512


class BattlePipeline:
    """Implements `training.core.pipeline.Pipeline`."""

    name = "battle"

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
        """Return what a training started now would be made from. Raises SlicesUnavailable."""
        from training.battle.slices import whole_data_hash

        return TrainingInputs(
            data_sha256=whole_data_hash(),
            code_sha256=_code_sha256(),
            contract=self.contract.digest(),
            parameters={name: value for name, value in self.parameters.items() if name != "gate"},
            seed=self.parameters["seed"],
        )

    def has_gathered(self) -> bool:
        """Return whether there are battles beside the base. Raises SlicesUnavailable."""
        from training.battle.slices import open_slices

        return bool(open_slices().list_all())

    def gather(self, items: int, progress: Progress) -> None:
        """Fight the next `items` pairings of the sequence and keep them as a slice.

        Raises OtherSimulator, SimulatorUnavailable or SlicesUnavailable.
        """
        from training.battle.slices import add_slice

        add_slice(items, progress)
        load_frames.cache_clear()
        load_sets.cache_clear()

    def train(self, progress: Progress) -> Candidate:
        """Fit, evaluate and export. Raises DataCheckFailed if the labelled battles break a rule."""
        from training.battle import train
        from training.battle.candidate import make_candidate
        from training.battle.checks import check_battles, check_ceiling
        from training.battle.evaluation import evaluate_booster

        progress("checking the labelled battles")
        battles, ceiling = load_frames()
        check_battles(battles)
        check_ceiling(ceiling)
        progress("building features")
        sets = load_sets()
        max_bin = self.parameters["booster"]["max_bin"]
        matrix = train.to_matrix(sets["train"], max_bin)
        booster = train.fit(
            matrix, train.to_matrix(sets["validation"], max_bin, matrix), self.parameters, progress
        )
        progress(f"evaluating {booster.num_boosted_rounds()} trees beside the baselines")
        report = evaluate_booster(booster, sets)
        progress("exporting to ONNX and drawing the plots")
        return make_candidate(booster, sets, report)

    def score_frozen(self, files: Mapping[str, bytes]) -> FrozenScores:
        """Score the test pairings with ONNX."""
        from training.battle.evaluation import to_scores

        test = load_sets()["test"]
        probability = OnnxScorer(files[ONNX_NAME]).score(test.features())
        return to_scores(test, probability.astype(np.float64))

    def engine_parity(self, files: Mapping[str, bytes]) -> float:
        """Return the greatest difference between ONNX and Booster on test pairings."""
        rows = load_sets()["test"].features()[:PARITY_ROWS]
        difference = OnnxScorer(files[ONNX_NAME]).score(rows) - BoosterScorer(files[BOOSTER_NAME]).score(rows)
        return float(np.max(np.abs(difference)))

    def cost(self, files: Mapping[str, bytes]) -> Callable[[], object]:
        """Return a call that answers one battle, another one each time."""
        from training.battle.dataset import to_requests

        predictor = BattlePredictor(files, "candidate")
        requests = itertools.cycle(to_requests(load_sets()["test"], COST_ROWS))
        return lambda: predictor.predict(next(requests))

    def behaviour(self, files: Mapping[str, bytes]) -> Sequence[Check]:
        """Return the behaviour checks."""
        from training.battle.behaviour import check_behaviour

        return check_behaviour(files)

    def predict(self, package: ModelPackage, request: dict[str, Any]) -> dict[str, Any]:
        """Answer one request as the service does. Raises InvalidFields for one that does not fit."""
        typed = BodyDecoder(BattleRequest)(msgspec.json.encode(request))
        answer = BattlePredictor(package.files, package.pin.version).predict(typed)
        return dict(msgspec.to_builtins(answer))


@lru_cache(maxsize=1)
def load_frames() -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Return the labelled pairings, slices last, and those of the ceiling; read once."""
    import pandas as pd

    from training.battle.data import load_battles, load_ceiling
    from training.battle.slices import load_slices

    slices = load_slices()
    base = load_battles()
    return pd.concat([base, *slices], ignore_index=True) if slices else base, load_ceiling()


@lru_cache(maxsize=1)
def load_sets() -> "dict[str, Dataset]":
    """Return the encoded splits and the ceiling set; encoded once."""
    from training.battle.data import SPLITS
    from training.battle.dataset import encode_frame

    battles, ceiling = load_frames()
    data = encode_frame(battles)
    of_row = battles["split"].to_numpy()
    splits = {str(name): data.select(of_row == name) for name in SPLITS}
    return splits | {"ceiling": encode_frame(ceiling)}


def _code_sha256() -> str:
    serving, training = Path(bentos.battle.__file__).parent, Path(__file__).parent
    paths = [
        *(serving / f"{name}.py" for name in SERVING_CODE),
        *(training / f"{name}.py" for name in TRAINING_CODE),
    ]
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


PIPELINE = BattlePipeline()
