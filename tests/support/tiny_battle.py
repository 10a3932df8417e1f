"""A real, small battle model; outcomes follow the knock-out race. Made once per run."""

from functools import cache
from typing import Any

import numpy as np

from bentos.battle.features import FEATURES, load_features
from bentos.battle.loadouts import Loadout, load_index
from bentos.battle.predictor import BattlePredictor
from bentos.core.manifest import Manifest
from bentos.core.package import ModelPackage, Pin
from training.battle import evaluation, train
from training.battle.candidate import make_candidate
from training.battle.dataset import Dataset
from training.core.pipeline import Candidate

PARAMETERS: dict[str, Any] = {
    "seed": 1,
    "rounds": 30,
    "early_stopping_rounds": 5,
    "booster": {"tree_method": "hist", "max_depth": 3, "learning_rate": 0.3, "max_bin": 64, "nthread": 1},
}


def draw_dataset(count: int, seed: int) -> Dataset:
    """Return `count` pairings of random loadouts, ten battles each."""
    generator = np.random.default_rng(seed)
    pairs = [sorted((_draw(generator), _draw(generator))) for _ in range(count)]
    rows = np.array([pair for pair in pairs if pair[0] != pair[1]], dtype=np.int64)
    wins_race = load_features().build(rows)[:, FEATURES.index("first_wins_race")].astype(np.float64)
    trials = np.full(len(rows), 10.0)
    wins = generator.binomial(10, np.clip(wins_race, 0.05, 0.95)).astype(np.float64)
    strata = np.array(["strong", "uniform"], dtype=object)[np.arange(len(rows)) % 2]
    return Dataset(rows, wins, trials, strata)


def _draw(generator: np.random.Generator) -> Loadout:
    index = load_index()
    species = index.species[int(generator.integers(len(index.species)))]
    known = index.pokedex.learnset[species.id]
    count = min(len(known), int(generator.integers(1, 5)))
    return index.encode(species.id, [str(slug) for slug in generator.choice(known, count, replace=False)])


@cache
def tiny_sets() -> dict[str, Dataset]:
    """Return train, validation, test, unseen and ceiling sets."""
    sizes = {"train": 1500, "validation": 300, "test": 400, "unseen": 200, "ceiling": 200}
    return {name: draw_dataset(size, seed) for seed, (name, size) in enumerate(sizes.items())}


@cache
def tiny_candidate() -> Candidate:
    """Return the candidate trained on `tiny_sets`."""
    sets = tiny_sets()
    matrix = train.to_matrix(sets["train"], 64)
    booster = train.fit(matrix, train.to_matrix(sets["validation"], 64, matrix), PARAMETERS)
    return make_candidate(booster, sets, evaluation.evaluate_booster(booster, sets))


@cache
def tiny_predictor() -> BattlePredictor:
    """Return a predictor of `tiny_candidate`, as version 7."""
    return BattlePredictor(tiny_candidate().files, "7")


def unsigned_package(files: dict[str, bytes], version: str = "9", contract: str = "") -> ModelPackage:
    """Return a package as it is once verified, around files that nobody signed."""
    manifest = Manifest(
        model="battle",
        contract=contract,
        created_at="",
        git_commit="",
        data_sha256="",
        inputs_sha256="",
        seed=1,
        parameters={},
        files={},
    )
    return ModelPackage(pin=Pin(uri="", version=version, digest="sha256:0"), manifest=manifest, files=files)
