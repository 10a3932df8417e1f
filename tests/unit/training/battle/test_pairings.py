"""Which loadouts meet: complete, legal, different, and the same in every run."""

from collections import Counter
from itertools import combinations

import pytest

from bentos.battle.pokedex import MOST_MOVES, load_pokedex
from training.battle.data import split_of
from training.battle.pairings import BATTLES, Draw, Loadout, draw_pairings

DEFAULT_PAIRS = 171 * 170 // 2


@pytest.fixture(scope="module")
def draws() -> list[Draw]:
    return draw_pairings(DEFAULT_PAIRS + 3_000)


def test_every_pair_of_species_meets_with_default_moves_once(draws: list[Draw]) -> None:
    dex = load_pokedex()
    pairs = {frozenset((draw.one.species, draw.two.species)) for draw in draws[:DEFAULT_PAIRS]}
    assert pairs == {frozenset((one.id, two.id)) for one, two in combinations(dex.species, 2)}
    for draw in draws[:DEFAULT_PAIRS]:
        assert draw.stratum == "default"
        for side in (draw.one, draw.two):
            assert side.moves == tuple(sorted(dex.default_moves(side.species)))


def test_all_loadouts_are_legal_and_sorted(draws: list[Draw]) -> None:
    learnset = load_pokedex().learnset
    for draw in draws:
        for side in (draw.one, draw.two):
            assert 1 <= len(side.moves) <= MOST_MOVES
            assert list(side.moves) == sorted(set(side.moves))
            assert set(side.moves) <= set(learnset[side.species])


def test_no_pairing_comes_twice_and_no_loadout_meets_itself(draws: list[Draw]) -> None:
    assert len({draw.key for draw in draws}) == len(draws)
    assert all(draw.one != draw.two for draw in draws)


def test_larger_plan_contains_the_smaller_one(draws: list[Draw]) -> None:
    assert draw_pairings(DEFAULT_PAIRS + 500) == draws[: DEFAULT_PAIRS + 500]


def test_another_seed_draws_other_pairings(draws: list[Draw]) -> None:
    others = draw_pairings(DEFAULT_PAIRS + 100, seed=1)[DEFAULT_PAIRS:]
    assert not {draw.key for draw in others} & {draw.key for draw in draws[DEFAULT_PAIRS:]}


def test_strata_have_their_shares(draws: list[Draw]) -> None:
    drawn = Counter(draw.stratum for draw in draws[DEFAULT_PAIRS:])
    shares = {stratum: count / drawn.total() for stratum, count in drawn.items()}
    assert shares == pytest.approx({"strong": 0.45, "uniform": 0.3, "mixed": 0.25}, abs=0.03)


def test_mixed_pairings_have_default_moves_on_at_least_one_side(draws: list[Draw]) -> None:
    dex = load_pokedex()
    for draw in draws:
        if draw.stratum == "mixed":
            sides = (draw.one, draw.two)
            assert any(side.moves == tuple(sorted(dex.default_moves(side.species))) for side in sides)


def test_uniform_sets_have_every_size_and_strong_ones_are_full(draws: list[Draw]) -> None:
    learnset = load_pokedex().learnset
    sizes = Counter(len(draw.one.moves) for draw in draws if draw.stratum == "uniform")
    assert sizes.keys() == {1, 2, 3, 4}
    assert min(sizes.values()) > 0.8 * sizes.total() / MOST_MOVES
    for draw in draws:
        if draw.stratum == "strong":
            assert len(draw.one.moves) == min(MOST_MOVES, len(learnset[draw.one.species]))


def test_strong_sets_hold_more_damaging_moves_than_uniform_ones(draws: list[Draw]) -> None:
    moves = load_pokedex().moves_by_slug

    def damaging_share(stratum: str) -> float:
        slugs = [slug for draw in draws if draw.stratum == stratum for slug in draw.one.moves]
        return sum(moves[slug].damages for slug in slugs) / len(slugs)

    assert damaging_share("strong") > damaging_share("uniform") + 0.15


def test_pairings_with_a_held_out_species_are_thinned(draws: list[Draw]) -> None:
    drawn = draws[DEFAULT_PAIRS:]
    unseen = sum(split_of(draw.one.species, draw.two.species) == "unseen" for draw in drawn) / len(drawn)
    # 10 of 171 species are held out: 11 % of all pairings have one, and half of these are dropped.
    assert unseen == pytest.approx(0.06, abs=0.015)


def test_side_of_a_loadout_is_a_matter_of_chance(draws: list[Draw]) -> None:
    first_is_lower = sum(draw.one.species < draw.two.species for draw in draws[:DEFAULT_PAIRS])
    assert first_is_lower / DEFAULT_PAIRS == pytest.approx(0.5, abs=0.02)


def test_key_is_the_same_in_either_order() -> None:
    one, two = Loadout(25, ("thunderbolt",)), Loadout(6, ("flamethrower",))
    assert Draw("uniform", one, two).key == Draw("mixed", two, one).key
    assert Draw("uniform", one, two).key != Draw("uniform", one, one).key


def test_judged_pairings_fight_more_battles(draws: list[Draw]) -> None:
    for draw in draws[:200]:
        assert draw.battles == BATTLES[split_of(draw.one.species, draw.two.species)]
    assert (BATTLES["train"], BATTLES["test"]) == (7, 15)
