import numpy as np
import pytest
from numpy.typing import NDArray

from bentos.battle.effects import EFFECTS, effect_table
from bentos.battle.loadouts import load_index


@pytest.fixture(scope="module")
def table() -> NDArray[np.float32]:
    rows, numbers = effect_table(load_index())
    return rows[numbers]


def _effect(table: NDArray[np.float32], slug: str, target: int, effect: str) -> float:
    index = load_index()
    move = next(row for row, one in enumerate(index.pokedex.moves) if one.slug == slug)
    column = next(place for place, one in enumerate(index.species) if one.id == target)
    return float(table[move, column, EFFECTS.index(effect)])


@pytest.mark.parametrize(
    ("slug", "target", "effect", "value"),
    [
        ("sleep-powder", 6, "sleep", 0.75),
        ("sleep-powder", 3, "sleep", 0.0),
        ("thunder-wave", 6, "paralysis", 0.9),
        ("thunder-wave", 50, "paralysis", 0.0),
        ("thunder-wave", 26, "paralysis", 0.0),
        ("toxic", 89, "toxic", 0.0),
        ("toxic", 6, "toxic", 0.9),
        ("will-o-wisp", 6, "burn", 0.0),
        ("leech-seed", 3, "seed", 0.0),
        ("leech-seed", 9, "seed", 0.9),
        ("ice-beam", 3, "sleep", 0.1),
        ("body-slam", 94, "paralysis", 0.0),
        ("recover", 6, "heal", 0.5),
        ("swords-dance", 6, "raise_attack", 2.0),
        ("quick-attack", 6, "priority", 1.0),
        ("dig", 6, "evade", 1.0),
        ("hyper-beam", 6, "recharge", 1.0),
        ("solar-beam", 9, "charge", 1.0),
        ("counter", 143, "counter", 1.0),
    ],
)
def test_effect_counts_accuracy_and_immunity(
    table: NDArray[np.float32], slug: str, target: int, effect: str, value: float
) -> None:
    assert _effect(table, slug, target, effect) == pytest.approx(value)


def test_empty_place_has_no_effect(table: NDArray[np.float32]) -> None:
    assert not table[-1].any()


def test_every_effect_is_had_by_some_move(table: NDArray[np.float32]) -> None:
    assert table.any(axis=(0, 1)).all()


def test_rows_are_distinct() -> None:
    rows, numbers = effect_table(load_index())
    assert len(np.unique(rows, axis=0)) == len(rows) == numbers.max() + 1
