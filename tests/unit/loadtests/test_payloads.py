"""Questions are allowed ones, varied, and the same again under the same seed."""

from bentos.battle.loadouts import load_index
from bentos.battle.pokedex import load_pokedex
from loadtests.payloads import Questions


def _questions(*seed: int, rows: int = 50) -> Questions:
    return Questions(load_pokedex(), seed, rows)


def test_every_question_can_be_answered() -> None:
    questions, index = _questions(1), load_index()
    for battle in [battle for _ in range(20) for battle in questions.battles().battles]:
        index.encode(battle.pokemon_1_id, battle.pokemon_1_moves)
        index.encode(battle.pokemon_2_id, battle.pokemon_2_moves)


def test_the_same_seed_asks_the_same_questions() -> None:
    one, again, other = _questions(1, 0, 2), _questions(1, 0, 2), _questions(1, 0, 3)
    first = [one.battle() for _ in range(50)]
    assert first == [again.battle() for _ in range(50)]
    assert first != [other.battle() for _ in range(50)]


def test_questions_are_varied() -> None:
    questions = _questions(5)
    battles = [questions.battle() for _ in range(2000)]
    assert {battle.pokemon_1_id for battle in battles} == {one.id for one in load_pokedex().species}
    counts = {None if battle.pokemon_2_moves is None else len(battle.pokemon_2_moves) for battle in battles}
    assert counts == {None, 1, 2, 3, 4}


def test_batches_keep_to_their_limit() -> None:
    questions = _questions(5, rows=3)
    assert {len(questions.battles().battles) for _ in range(100)} == {1, 2, 3}
    assert all(1 <= questions.limit() <= 20 for _ in range(100))
