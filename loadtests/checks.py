"""What an answer must be. A wrong answer given quickly is a failure, not a good latency."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from bentos.battle.api import (
    BattleAnswer,
    BattleRequest,
    BattlesAnswer,
    BattlesRequest,
    CountersAnswer,
    PokemonDetail,
    PokemonList,
)
from bentos.battle.pokedex import Pokedex

SUM_TOLERANCE = 1e-9
"""Both probabilities add up to exactly 1; this leaves room for how decimals are written."""

_Answer = TypeVar("_Answer")


class WrongAnswer(Exception):
    """An answer that is not what was asked for. Its sentence has no changing parts but the status, so that
    failures of one kind are counted together."""


def check_head(status: int, headers: Mapping[str, str], request_id: str) -> None:
    """Raise WrongAnswer unless a JSON answer with status 200 names the request that it belongs to.

    `headers` finds names in any case, or has them in lower case.
    """
    if status != 200:
        raise WrongAnswer(f"the status is {status}, not 200")
    if headers.get("x-request-id") != request_id:
        raise WrongAnswer("X-Request-ID is not the request's own")
    if headers.get("content-type") != "application/json":
        raise WrongAnswer("Content-Type is not application/json")


class AnswerChecks:
    """Checks answers against the tables, and that they come from models that may answer.

    `versions` may be empty: then the first version that answers is the only one. One instance serves all
    users of a process.
    """

    def __init__(self, pokedex: Pokedex, versions: frozenset[str]) -> None:
        self._pokedex = pokedex
        self._versions = versions

    def battle(self, request: BattleRequest, content: bytes) -> None:
        """Raise WrongAnswer unless this answers the battle."""
        self._check_battle(request, _decode(content, BattleAnswer))

    def battles(self, request: BattlesRequest, content: bytes) -> None:
        """Raise WrongAnswer unless this answers every battle, in order, by one model."""
        answers = _decode(content, BattlesAnswer).predictions
        if len(answers) != len(request.battles):
            raise WrongAnswer("there are not as many answers as battles")
        if len({answer.model_version for answer in answers}) > 1:
            raise WrongAnswer("one batch was answered by several model versions")
        for battle, answer in zip(request.battles, answers, strict=True):
            self._check_battle(battle, answer)

    def pokemon_list(self, content: bytes) -> None:
        """Raise WrongAnswer unless this lists every Pokémon of the tables, by id."""
        listed = [(one.id, one.name, one.types) for one in _decode(content, PokemonList).pokemon]
        if listed != [(one.id, one.name, one.types) for one in self._pokedex.species]:
            raise WrongAnswer("the list of Pokémon is not that of the tables")

    def pokemon(self, species_id: int, content: bytes) -> None:
        """Raise WrongAnswer unless this describes the Pokémon as the tables do."""
        answer = _decode(content, PokemonDetail)
        species = self._pokedex.species_by_id[species_id]
        if (answer.id, answer.name, answer.types) != (species.id, species.name, species.types):
            raise WrongAnswer("another Pokémon is described")
        if answer.learnable_moves != self._pokedex.learnset[species_id]:
            raise WrongAnswer("the learnable moves are not those of the tables")
        if answer.default_moves != self._pokedex.default_moves(species_id):
            raise WrongAnswer("the default moves are not those of the contract")

    def counters(self, species_id: int, limit: int, content: bytes) -> None:
        """Raise WrongAnswer unless this names at most `limit` opponents that win more often than not, best
        first."""
        answer = _decode(content, CountersAnswer)
        chances = [one.win_probability for one in answer.counters]
        if answer.id != species_id or any(one.id == species_id for one in answer.counters):
            raise WrongAnswer("the counters are not those of the asked Pokémon")
        if len(chances) > limit:
            raise WrongAnswer("more counters are named than were asked for")
        if chances != sorted(chances, reverse=True) or any(not 0.5 < chance <= 1 for chance in chances):
            raise WrongAnswer("the counters are not winners, best first")
        if any(self._name(one.id) != one.name for one in answer.counters):
            raise WrongAnswer("a counter is not in the tables")
        self._check_version(answer.model_version)

    def _check_battle(self, request: BattleRequest, answer: BattleAnswer) -> None:
        chances = (answer.pokemon_1_win_probability, answer.pokemon_2_win_probability)
        if abs(sum(chances) - 1.0) > SUM_TOLERANCE:
            raise WrongAnswer("the probabilities do not add up to 1")
        if answer.confidence != max(chances) or chances[answer.winner - 1] != max(chances):
            raise WrongAnswer("winner, confidence and probabilities contradict each other")
        winner_id = (request.pokemon_1_id, request.pokemon_2_id)[answer.winner - 1]
        if answer.winner_name != self._name(winner_id):
            raise WrongAnswer("the winner's name is not that of the asked Pokémon")
        self._check_version(answer.model_version)

    def _check_version(self, version: str) -> None:
        if not version:
            raise WrongAnswer("the answer names no model version")
        if not self._versions:
            self._versions = frozenset((version,))
        if version not in self._versions:
            raise WrongAnswer("another model version answered than was expected")

    def _name(self, species_id: int) -> str | None:
        species = self._pokedex.species_by_id.get(species_id)
        return species.name if species else None


def _decode(content: bytes, kind: type[_Answer]) -> _Answer:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError):
        raise WrongAnswer("the body is not what the contract says") from None
