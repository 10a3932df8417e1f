"""Battle's bodies: what is decoded is what the standard library reads in them, and the rest is refused by the
right name."""

from collections.abc import Callable
from typing import Any

import msgspec

from bentos.battle.api import MAX_BATTLES, BattleRequest, BattlesRequest
from bentos.core.decoding import BodyDecoder
from bentos.core.errors import MOST_NAMED, InvalidFields, MalformedBody, RequestError
from bentos.core.problems import encode_problem
from tests.fuzz.json_oracle import NotJson, Pairs, has_endless_number, parse
from tests.fuzz.target import Check, Target

MOST_PROBLEM_BYTES = 64 * 1024
IDS, MOVES = ("pokemon_1_id", "pokemon_2_id"), ("pokemon_1_moves", "pokemon_2_moves")


def is_battle(value: Any) -> bool:
    """Return whether this JSON is a battle by its schema, every member of a name that comes twice too."""
    return (
        isinstance(value, Pairs)
        and all((name in IDS and _is_id(one)) or (name in MOVES and _are_moves(one)) for name, one in value)
        and set(IDS) <= {name for name, _ in value}
    )


def are_battles(value: Any) -> bool:
    """Return whether this JSON is a batch by its schema."""
    return (
        isinstance(value, Pairs)
        and bool(value)
        and all(
            name == "battles"
            and type(one) is list
            and 1 <= len(one) <= MAX_BATTLES
            and all(map(is_battle, one))
            for name, one in value
        )
    )


def _is_id(value: Any) -> bool:
    return type(value) is int and 1 <= value <= 20_000


def _are_moves(value: Any) -> bool:
    return value is None or (
        type(value) is list
        and 1 <= len(value) <= 4
        and all(isinstance(one, str) and 1 <= len(one) <= 32 for one in value)
    )


def _battle(value: Pairs) -> BattleRequest:
    return BattleRequest(**value.last())


def _battles(value: Pairs) -> BattlesRequest:
    return BattlesRequest([_battle(one) for one in value.last()["battles"]])


def check_refusal(error: RequestError) -> None:
    """Fail for a refusal that says too little or too much."""
    assert len(error.errors) <= MOST_NAMED
    assert all(one.field and one.message for one in error.errors)
    assert bool(error.errors) == isinstance(error, InvalidFields)
    assert error.detail
    assert len(encode_problem(error.problem("/"))) <= MOST_PROBLEM_BYTES


def _make(
    body_type: Any, is_valid: Callable[[Any], bool], build: Callable[[Pairs], Any]
) -> Callable[[], Check]:
    def make() -> Check:
        decode = BodyDecoder(body_type)

        def check(body: bytes) -> str:
            try:
                found = decode(body)
            except (MalformedBody, InvalidFields) as error:
                check_refusal(error)
                _check_kind(error, body, is_valid)
                return type(error).__name__
            document = parse(body)
            assert is_valid(document)
            assert found == build(document)
            return "accepted"

        return check

    return make


def _check_kind(error: RequestError, body: bytes, is_valid: Callable[[Any], bool]) -> None:
    try:
        document = parse(body)
    except NotJson:
        assert isinstance(error, MalformedBody) or _ends_early(body), "called JSON, and is none"
        return
    assert isinstance(error, InvalidFields), "called malformed, and is JSON"
    assert not is_valid(document) or has_endless_number(document), "refused, and is sound"


def _ends_early(body: bytes) -> bool:
    """Return whether msgspec's reading ends at a number that nobody can hold, whatever comes behind it."""
    try:
        msgspec.json.decode(body)
    except msgspec.ValidationError:
        return True
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return False


_WORDS = (b'"dig"', *(f'"{name}":'.encode() for name in (*IDS, *MOVES, "battles", "pokemon_3_id")))
_ONE = b'{"pokemon_1_id": 25, "pokemon_2_id": 6}'
_ARMED = b'{"pokemon_1_id":10026,"pokemon_1_moves":["dig","thunder"],"pokemon_2_id":6,"pokemon_2_moves":null}'
TARGETS = (
    Target(
        name="battle-body",
        make=_make(BattleRequest, is_battle, _battle),
        seeds=(_ONE, _ARMED),
        words=_WORDS,
    ),
    Target(
        name="battles-body",
        make=_make(BattlesRequest, are_battles, _battles),
        seeds=(b'{"battles":[' + _ONE + b"]}", b'{"battles":[' + b",".join([_ARMED, _ONE] * 3) + b"]}"),
        words=_WORDS,
    ),
)
