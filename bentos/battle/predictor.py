"""Answers about battles: from typed requests to typed answers, no transport in sight."""

from collections.abc import Mapping, Sequence
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import NDArray

from bentos.battle.api import (
    BattleAnswer,
    BattleRequest,
    BattlesAnswer,
    BattlesRequest,
)
from bentos.battle.contract import load_contract
from bentos.battle.features import FloatArray, IntArray, load_features
from bentos.battle.loadouts import Loadout, UnknownPokemon, UnusableMoves, load_index
from bentos.battle.one_row import load_one_row
from bentos.battle.pokedex import MOST_MOVES
from bentos.core.errors import MOST_NAMED, FieldError, InvalidFields, SelfTestFailed
from bentos.core.package import ModelPackage, require_contract
from bentos.core.scorers import BoosterScorer, OnnxScorer

ONNX_NAME = "model.onnx"
BOOSTER_NAME = "model.ubj"
SELFTEST_NAME = "selftest.json"

BATCH_ROWS = 96
"""From about this many rows on, the Booster is faster than ONNX Runtime."""
CHUNK_ROWS = 2_048
"""Rows scored in one go; between chunks other threads get their turn."""
SELFTEST_TOLERANCE = 1e-5
"""Allowed difference of probabilities between the machine that signed and the one that serves."""


class SelfTest(msgspec.Struct, frozen=True):
    """Stored requests and what the model answered when it was signed: probabilities of Pokémon 1."""

    requests: list[BattleRequest]
    probabilities: list[float]


class BattlePredictor:
    """A loaded battle model. Safe to share between threads."""

    def __init__(self, files: Mapping[str, bytes], version: str, threads: int = 1) -> None:
        self.index = load_index()
        self.features = load_features()
        self._one_row = load_one_row()
        self.version = version
        self.booster = BoosterScorer(files[BOOSTER_NAME], threads)
        self.onnx = OnnxScorer(files[ONNX_NAME], threads)
        self._stored = files[SELFTEST_NAME]
        self._names = {one.id: one.name for one in self.index.species}
        self._places = (self.index.empty + 1) ** np.arange(MOST_MOVES - 1, -1, -1)
        """Make one number of the four of a loadout: the smaller one belongs to the smaller loadout."""

    def predict(self, request: BattleRequest) -> BattleAnswer:
        """Answer one battle. Raises InvalidFields for an unknown id or moves that can't be had."""
        one, two = self.encode(request)
        return self._answer(request, one, two, self.win_probability(one, two))

    def predict_together(self, requests: Sequence[BattleRequest]) -> list[BattleAnswer | InvalidFields]:
        """Answer or refuse battles that have nothing to do with each other, each as `predict` does."""
        encoded = [self._try_to_encode(request) for request in requests]
        pairs = [pair for pair in encoded if not isinstance(pair, InvalidFields)]
        probabilities = iter(self._win_probabilities_together(pairs))
        return [
            pair if isinstance(pair, InvalidFields) else self._answer(request, *pair, next(probabilities))
            for request, pair in zip(requests, encoded, strict=True)
        ]

    def predict_many(self, request: BattlesRequest) -> BattlesAnswer:
        """Answer many battles in their order. Raises InvalidFields naming bad rows by their index."""
        pairs = self._encode_all(request.battles)
        probabilities = self.win_probabilities(pairs).tolist()
        return BattlesAnswer(
            predictions=[
                self._answer(battle, one, two, probability)
                for battle, (one, two), probability in zip(request.battles, pairs, probabilities, strict=True)
            ]
        )

    def win_probability(self, one: Loadout, two: Loadout) -> float:
        """Return the probability that `one` beats `two`; with the sides swapped it is exactly one minus
        this."""
        if one == two:
            return 0.5
        if one < two:
            return self.onnx.score_row(self._one_row.build(one, two))
        return 1.0 - self.onnx.score_row(self._one_row.build(two, one))

    def _win_probabilities_together(self, pairs: Sequence[tuple[Loadout, Loadout]]) -> list[float]:
        build = self._one_row.build
        rows = [build(one, two) if one <= two else build(two, one) for one, two in pairs]
        return [
            0.5 if one == two else probability if one < two else 1.0 - probability
            for (one, two), probability in zip(pairs, self.onnx.score_rows(rows), strict=True)
        ]

    def win_probabilities(self, pairs: Sequence[tuple[Loadout, Loadout]]) -> NDArray[np.float64]:
        """Return float64[n]: `win_probability` of each pair."""
        numbers = chain.from_iterable(one + two if one <= two else two + one for one, two in pairs)
        rows = np.fromiter(numbers, np.int64, 2 * MOST_MOVES * len(pairs)).reshape(-1, 2, MOST_MOVES)
        swapped = np.array([one > two for one, two in pairs])
        mirrored = np.array([one == two for one, two in pairs])
        return self._win_probabilities(rows, swapped, mirrored)

    def win_probabilities_of_arrays(self, pairs: IntArray) -> NDArray[np.float64]:
        """Return float64[n]: `win_probability` of each pair in int64[n, 2, 4]."""
        ranks = pairs @ self._places
        swapped = ranks[:, 0] > ranks[:, 1]
        rows = np.where(swapped[:, None, None], pairs[:, ::-1], pairs)
        return self._win_probabilities(rows, swapped, ranks[:, 0] == ranks[:, 1])

    def first_wins(self, pairs: IntArray, probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return bool[n]: whether the answer is that the first of each pair int64[n, 2, 4] wins, given the
        probabilities float64[n] that it does. If even, the faster one wins, and the first of two alike."""
        wins: NDArray[np.bool_] = probabilities > 0.5
        even = probabilities == 0.5
        if even.any():
            ranks = pairs @ self._places
            wins |= even & (ranks[:, 0] <= ranks[:, 1])
        return wins

    def encode(self, request: BattleRequest, prefix: str = "") -> tuple[Loadout, Loadout]:
        """Return both loadouts. Raises InvalidFields naming every bad field, behind `prefix`."""
        try:
            return (
                self.index.encode(request.pokemon_1_id, request.pokemon_1_moves),
                self.index.encode(request.pokemon_2_id, request.pokemon_2_moves),
            )
        except (UnknownPokemon, UnusableMoves):
            raise InvalidFields(self._bad_fields(request, prefix)) from None

    def _try_to_encode(self, request: BattleRequest) -> tuple[Loadout, Loadout] | InvalidFields:
        try:
            return self.encode(request)
        except InvalidFields as error:
            return error

    def self_test(self) -> None:
        """Raise SelfTestFailed unless the stored requests still give the stored answers."""
        stored = msgspec.json.decode(self._stored, type=SelfTest)
        found = np.array([self.predict(request).pokemon_1_win_probability for request in stored.requests])
        worst = float(np.max(np.abs(found - np.array(stored.probabilities)), initial=0.0))
        if not worst <= SELFTEST_TOLERANCE:
            raise SelfTestFailed("battle", worst, SELFTEST_TOLERANCE)

    def _win_probabilities(
        self, rows: IntArray, swapped: NDArray[np.bool_], mirrored: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return float64[n] for the loadouts int64[n, 2, 4] in canonical order, some asked for swapped."""
        first = np.concatenate(
            [self._score(rows[start : start + CHUNK_ROWS]) for start in range(0, len(rows), CHUNK_ROWS)]
        ).astype(np.float64)
        return np.where(mirrored, 0.5, np.where(swapped, 1.0 - first, first))

    def _score(self, rows: NDArray[np.int64]) -> FloatArray:
        engine = self.booster if len(rows) >= BATCH_ROWS else self.onnx
        return engine.score(self.features.build(rows))

    def _answer(self, request: BattleRequest, one: Loadout, two: Loadout, probability: float) -> BattleAnswer:
        first_wins = probability > 0.5 or (probability == 0.5 and one <= two)
        winner = request.pokemon_1_id if first_wins else request.pokemon_2_id
        return BattleAnswer(
            winner=1 if first_wins else 2,
            winner_name=self._names[winner],
            confidence=max(probability, 1.0 - probability),
            pokemon_1_win_probability=probability,
            pokemon_2_win_probability=1.0 - probability,
            model_version=self.version,
        )

    def _encode_all(self, battles: Sequence[BattleRequest]) -> list[tuple[Loadout, Loadout]]:
        pairs: list[tuple[Loadout, Loadout]] = []
        errors: list[FieldError] = []
        for row, battle in enumerate(battles):
            try:
                pairs.append(self.encode(battle, f"battles[{row}]."))
            except InvalidFields as error:
                errors += error.errors
                if len(errors) >= MOST_NAMED:
                    break
        if errors:
            raise InvalidFields(errors)
        return pairs

    def _bad_fields(self, request: BattleRequest, prefix: str) -> list[FieldError]:
        errors = []
        sides = (
            ("pokemon_1", request.pokemon_1_id, request.pokemon_1_moves),
            ("pokemon_2", request.pokemon_2_id, request.pokemon_2_moves),
        )
        for side, species_id, moves in sides:
            try:
                self.index.encode(species_id, moves)
            except UnknownPokemon as error:
                errors.append(FieldError(f"{prefix}{side}_id", str(error)))
            except UnusableMoves as error:
                errors.append(FieldError(f"{prefix}{side}_moves", str(error)))
        return errors


def load_predictor(package: ModelPackage, threads: int) -> BattlePredictor:
    """Return the predictor of a verified package that was made for this code's contract.

    Raises ContractMismatch if it was made for another one.
    """
    require_contract(package, load_contract())
    return BattlePredictor(package.files, package.pin.version, threads)
