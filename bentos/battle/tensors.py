"""Battle in tensors: many battles at once, as numbers."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bentos.battle.api import MAX_BATTLES
from bentos.battle.features import IntArray
from bentos.battle.loadout_arrays import load_loadout_arrays
from bentos.battle.loadouts import UnknownPokemon, UnusableMoves
from bentos.battle.pokedex import MOST_MOVES
from bentos.battle.predictor import BattlePredictor
from bentos.core.contract import Field
from bentos.core.errors import MOST_NAMED, InvalidFields
from bentos.core.inference_protocol.tensor_model import TensorModel, Tensors

SIDES = ("pokemon_1", "pokemon_2")

_ID = "Dex number, or 10000 + it for Alolan forms."
_MOVES = (
    "Up to 4 distinct learnable moves by the numbers that GET /api/v1/moves lists. 0 is no move; "
    "a row of 0 alone means the default moves."
)
INPUTS = (
    *(Field(name=f"{side}_id", dtype="int64", shape=(-1,), description=_ID) for side in SIDES),
    *(
        Field(name=f"{side}_moves", dtype="int64", shape=(-1, MOST_MOVES), optional=True, description=_MOVES)
        for side in SIDES
    ),
)
OUTPUTS = (
    Field(name="probability", dtype="float64", shape=(-1,), description="That Pokémon 1 wins."),
    Field(name="winner", dtype="int64", shape=(-1,), description="1 or 2."),
)
INLINE_BATTLES = 8
"""Up to this many battles are scored on the event loop; more would hold up single answers."""


def tensors(predictor: BattlePredictor) -> TensorModel:
    """Return a loaded battle model as a function of tensors."""
    return TensorModel(
        inputs=INPUTS,
        outputs=OUTPUTS,
        infer=BattleTensors(predictor).infer,
        platform="xgboost_ubj",
        example={f"{side}_id": [number] for side, number in zip(SIDES, (25, 6), strict=True)},
        outcomes=outcomes,
        inline_rows=INLINE_BATTLES,
        most_rows=MAX_BATTLES,
    )


class Side(NamedTuple):
    """One side of all battles: `ids` int64[n], `moves` int64[n, 4]."""

    name: str
    ids: IntArray
    moves: IntArray | None

    def row(self, row: int) -> tuple[int, list[int]]:
        """Return the id and the moves of one battle."""
        return int(self.ids[row]), [] if self.moves is None else self.moves[row].tolist()


class BattleTensors:
    """A loaded battle model as a function of tensors."""

    def __init__(self, predictor: BattlePredictor) -> None:
        self._predictor = predictor
        self._arrays = load_loadout_arrays()

    def infer(self, inputs: Tensors) -> Tensors:
        """Return what `OUTPUTS` says for what `INPUTS` says. Raises InvalidFields naming bad rows."""
        sides = [Side(name, inputs[f"{name}_id"], inputs.get(f"{name}_moves")) for name in SIDES]
        if len(sides[0].ids) == 1:
            return self._infer_one(sides)
        encoded = [self._arrays.encode(side.ids, side.moves) for side in sides]
        usable = np.all([usable for _, usable in encoded], axis=0)
        if not usable.all():
            raise self._refusal(sides, np.flatnonzero(~usable).tolist())
        pairs = np.stack([loadouts for loadouts, _ in encoded], axis=1)
        probability = self._predictor.win_probabilities_of_arrays(pairs)
        first_wins = self._predictor.first_wins(pairs, probability)
        return {"probability": probability, "winner": np.where(first_wins, 1, 2)}

    def _infer_one(self, sides: Sequence[Side]) -> Tensors:
        """Answer one battle: the arrays' way takes three times as long for it."""
        try:
            one, two = (self._arrays.encode_row(*side.row(0)) for side in sides)
        except (UnknownPokemon, UnusableMoves):
            raise self._refusal(sides, [0]) from None
        probability = self._predictor.win_probability(one, two)
        first_wins = probability > 0.5 or (probability == 0.5 and one <= two)
        return {"probability": np.array([probability]), "winner": np.array([1 if first_wins else 2])}

    def _refusal(self, sides: Sequence[Side], rows: Sequence[int]) -> InvalidFields:
        found = [
            self._arrays.explain(side.name, row, *side.row(row))
            for row in rows[:MOST_NAMED]
            for side in sides
        ]
        return InvalidFields([error for error in found if error is not None])


def outcomes(found: Tensors) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield who was said to win, with how sure each of those answers was."""
    confidence = np.maximum(found["probability"], 1.0 - found["probability"])
    if confidence.size == 1:
        yield SIDES[found["winner"].item() - 1], confidence
        return
    for number, side in enumerate(SIDES, start=1):
        yield side, confidence[found["winner"] == number]
