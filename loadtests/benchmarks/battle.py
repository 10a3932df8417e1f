"""Battle under measurement: whatever version is champion on this machine, asked for random pairs."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import xgboost
from numpy.typing import NDArray

from bentos.battle.api import BattleRequest
from bentos.battle.features import load_features
from bentos.battle.loadouts import load_index
from bentos.battle.pokedex import MOST_MOVES, load_pokedex
from bentos.core.scorers import FloatArray
from loadtests.benchmarks.bodies import OCTETS
from loadtests.benchmarks.contenders import launch_ekiben
from loadtests.benchmarks.forms import Contender, Form, Sample
from loadtests.benchmarks.pins import PIN_NAMES, pin_settings, read_pin
from loadtests.benchmarks.synthetic.model import load_booster
from loadtests.benchmarks.tensor_bodies import binary_body, json_body, read_binary, read_json
from loadtests.payloads import Questions

BATTLE = "Ekiben, battle"
SINGLE_PATH, MANY_PATH = "/api/v1/predict/battle", "/api/v1/predict/battles"
INFER_PATH = "/v2/models/battle/infer"
OUTPUT = "probability"
SIDES = (1, 2)


def find_pin(environment: Mapping[str, str] = os.environ) -> dict[str, str] | None:
    """Return the settings with which a process serves battle: those of `EKIBEN_MODEL_*`, else the pin that
    `ekiben promote` or `make up` wrote, else None."""
    if not environment.get("EKIBEN_MODEL_URI"):
        return read_pin("battle", environment)
    return pin_settings(tuple(environment.get(f"EKIBEN_MODEL_{name}", "") for name in PIN_NAMES))


class BattleQuestions:
    """Draws battles, and says what the pinned Booster makes of them."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        folder = Path(settings["EKIBEN_MODEL_URI"].removeprefix("file://"))
        self.ubj = (folder / "model.ubj").read_bytes()
        self._numbers = {move.slug: place for place, move in enumerate(load_pokedex().moves, start=1)}

    def draw(self, rows: int, seed: int) -> list[BattleRequest]:
        """Return so many battles of random Pokémon, half of the sides with moves that are named."""
        questions = Questions(load_pokedex(), (seed,), rows)
        return [questions.battle() for _ in range(rows)]

    def single(self) -> Form:
        """One battle in JSON."""
        return self._json(
            SINGLE_PATH, lambda battles: battles[0], lambda told: [told["pokemon_1_win_probability"]]
        )

    def many(self) -> Form:
        """Many battles in JSON."""
        return self._json(
            MANY_PATH,
            lambda battles: {"battles": battles},
            lambda told: [one["pokemon_1_win_probability"] for one in told["predictions"]],
        )

    def tensors(self) -> Form:
        """Many battles in the protocol's JSON."""

        def draw(rows: int, seed: int) -> Sample:
            battles = self.draw(rows, seed)
            return Sample(json_body(self._arrays(battles)), lambda: self.expected(battles))

        return Form("OIP JSON", INFER_PATH, draw, lambda answer: read_json(answer.content, OUTPUT))

    def binary(self) -> Form:
        """Many battles as bytes."""

        def draw(rows: int, seed: int) -> Sample:
            battles = self.draw(rows, seed)
            content, json_bytes = binary_body(self._arrays(battles))
            return Sample(content, lambda: self.expected(battles), json_bytes)

        return Form(
            "binary",
            INFER_PATH,
            draw,
            lambda answer: read_binary(answer.content, answer.json_bytes, OUTPUT),
            OCTETS,
        )

    def expected(self, battles: Sequence[BattleRequest]) -> list[float]:
        """Return what the Booster says: for the canonical order of the sides, turned round where need be."""
        pairs = [_encode(battle) for battle in battles]
        first = load_once(self.ubj).inplace_predict(build_features(pairs)).astype(np.float64)
        swapped = np.array([one > two for one, two in pairs])
        mirrored = np.array([one == two for one, two in pairs])
        found: list[float] = np.where(mirrored, 0.5, np.where(swapped, 1.0 - first, first)).tolist()
        return found

    def features(self, rows: int, seed: int) -> FloatArray:
        """Return float32[rows, n]: ready-made features, for the bare Booster."""
        return build_features([_encode(battle) for battle in self.draw(rows, seed)])

    def _json(
        self,
        path: str,
        wrap: Callable[[list[BattleRequest]], Any],
        read: Callable[[Any], Sequence[float]],
    ) -> Form:
        def draw(rows: int, seed: int) -> Sample:
            battles = self.draw(rows, seed)
            content = msgspec.json.encode(_without_nulls(wrap(battles)))
            return Sample(content, lambda: self.expected(battles))

        return Form("JSON", path, draw, lambda answer: read(msgspec.json.decode(answer.content)))

    def _arrays(self, battles: Sequence[BattleRequest]) -> dict[str, NDArray[np.int64]]:
        arrays = {}
        for side in SIDES:
            ids = [getattr(battle, f"pokemon_{side}_id") for battle in battles]
            moves = [self._number(getattr(battle, f"pokemon_{side}_moves")) for battle in battles]
            arrays[f"pokemon_{side}_id"] = np.array(ids, dtype=np.int64)
            arrays[f"pokemon_{side}_moves"] = np.array(moves, dtype=np.int64)
        return arrays

    def _number(self, moves: list[str] | None) -> list[int]:
        numbers = [self._numbers[slug] for slug in moves or ()]
        return numbers + [0] * (MOST_MOVES - len(numbers))


def battle_contender(settings: dict[str, str]) -> Contender:
    """Return battle, served with these settings."""
    questions = BattleQuestions(settings)
    batches = (questions.many(), questions.tensors(), questions.binary())
    return Contender(launch_ekiben(BATTLE, "battle", settings), questions.single(), batches, ours=True)


def explain_form(questions: BattleQuestions) -> Form:
    """Return the dearest question there is: who wins, and why."""
    single = questions.single()
    return Form("explain", "/api/v1/explain/battle", single.draw, None)


@cache
def load_once(ubj: bytes) -> xgboost.Booster:
    """Return the Booster of these bytes, read once."""
    return load_booster(ubj)


def build_features(pairs: Sequence[tuple[Any, Any]]) -> FloatArray:
    """Return float32[n, features] of pairs of loadouts, in canonical order."""
    ordered = [pair if pair[0] <= pair[1] else pair[::-1] for pair in pairs]
    return load_features().build(np.array(ordered, dtype=np.int64))


def _encode(battle: BattleRequest) -> tuple[Any, Any]:
    index = load_index()
    return (
        index.encode(battle.pokemon_1_id, battle.pokemon_1_moves),
        index.encode(battle.pokemon_2_id, battle.pokemon_2_moves),
    )


def _without_nulls(document: Any) -> Any:
    """Return it as callers send it: what has no value is left out."""
    plain = msgspec.to_builtins(document)
    if isinstance(plain, dict) and "battles" in plain:
        return {"battles": [_without_nulls(one) for one in plain["battles"]]}
    return {name: value for name, value in plain.items() if value is not None}
