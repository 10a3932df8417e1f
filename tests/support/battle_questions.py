"""What the battle service is asked in tests: requests that succeed, and bad inputs with what is wrong."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from bentos.battle.definition import BATCH_BODY_BYTES

BATTLE, BATTLES, EXPLAIN = "/api/v1/predict/battle", "/api/v1/predict/battles", "/api/v1/explain/battle"
SINGLE_BODY_BYTES = 64 * 1024
PIKACHU, CHARIZARD = 25, 6
PAIR: dict[str, Any] = {"pokemon_1_id": PIKACHU, "pokemon_2_id": CHARIZARD}
MIRROR: dict[str, Any] = {"pokemon_1_id": PIKACHU, "pokemon_2_id": PIKACHU}
ARMED = {**PAIR, "pokemon_1_moves": ["thunder", "dig"], "pokemon_2_moves": ["fly"]}
FIVE_MOVES = ["thunder", "dig", "facade", "slam", "toxic"]
ROWS: list[dict[str, Any]] = [
    {"pokemon_1_id": 1 + row % 50, "pokemon_2_id": 51 + row % 70, "pokemon_1_moves": None}
    for row in range(100)
]
FIRST_HUNDRED = " ".join(f"battles[{row}].pokemon_1_id" for row in range(100))
PLAIN = {"Content-Type": "text/plain"}


class Question(NamedTuple):
    """A request that succeeds."""

    method: str
    path: str
    document: Any = None


class Refused(NamedTuple):
    """A request that is a problem; `fields` are the bad ones that the answer names."""

    method: str
    path: str
    document: Any
    status: int
    slug: str
    fields: tuple[str, ...] = ()
    headers: Mapping[str, str] = MappingProxyType({})


def invalid(fields: str, document: Any, path: str = BATTLE) -> Refused:
    return Refused("POST", path, document, 422, "invalid-fields", tuple(fields.split()))


def malformed(body: bytes, path: str = BATTLE) -> Refused:
    return Refused("POST", path, body, 400, "malformed-body")


def unsupported(headers: dict[str, str]) -> Refused:
    return Refused("POST", BATTLE, PAIR, 415, "unsupported-media-type", headers=headers)


def unknown(path: str) -> Refused:
    return Refused("GET", path, None, 404, "unknown-resource")


def bad_query(query: str, field: str = "limit") -> Refused:
    return Refused("GET", f"/api/v1/pokemon/25/counters?{query}", None, 422, "invalid-fields", (field,))


SUCCESSES = {
    "default moves": Question("POST", BATTLE, PAIR),
    "moves that are null": Question(
        "POST", BATTLE, {**PAIR, "pokemon_1_moves": None, "pokemon_2_moves": None}
    ),
    "explicit moves": Question("POST", BATTLE, ARMED),
    "four moves": Question("POST", BATTLE, {**PAIR, "pokemon_1_moves": FIVE_MOVES[:4]}),
    "mirror": Question("POST", BATTLE, MIRROR),
    "same species with other moves": Question("POST", BATTLE, {**MIRROR, "pokemon_1_moves": ["growl"]}),
    "Alolan form": Question("POST", BATTLE, {"pokemon_1_id": 10026, "pokemon_2_id": 150}),
    "body of exactly the limit": Question("POST", BATTLE, json.dumps(PAIR).encode().ljust(SINGLE_BODY_BYTES)),
    "3 rows": Question("POST", BATTLES, {"battles": [PAIR, ARMED, MIRROR]}),
    "100 rows": Question("POST", BATTLES, {"battles": ROWS}),
    "10,000 rows": Question("POST", BATTLES, {"battles": ROWS * 100}),
    "explanation": Question("POST", EXPLAIN, PAIR),
    "explanation with moves": Question("POST", EXPLAIN, ARMED),
    "explanation of a mirror": Question("POST", EXPLAIN, MIRROR),
    "list": Question("GET", "/api/v1/pokemon"),
    "moves": Question("GET", "/api/v1/moves"),
    "detail": Question("GET", "/api/v1/pokemon/25"),
    "counters": Question("GET", "/api/v1/pokemon/25/counters"),
    "three counters": Question("GET", "/api/v1/pokemon/25/counters?limit=3"),
    "most counters": Question("GET", "/api/v1/pokemon/10026/counters?limit=170"),
}

PROBLEMS = {
    "empty body": malformed(b""),
    "blank body": malformed(b" \n"),
    "no body": Refused("POST", BATTLE, None, 400, "malformed-body"),
    "not JSON": malformed(b"pokemon_1_id=25&pokemon_2_id=6"),
    "cut off": malformed(b'{"pokemon_1_id": 25, "pokemon_2_id": '),
    "two documents": malformed(json.dumps(PAIR).encode() * 2),
    "not UTF-8": malformed(b'{"pokemon_1_id": 25, "pokemon_2_id": 6, "pokemon_1_moves": ["\xff"]}'),
    "NaN": malformed(b'{"pokemon_1_id": NaN, "pokemon_2_id": 6}'),
    "Infinity": malformed(b'{"pokemon_1_id": 25, "pokemon_2_id": Infinity}'),
    "minus Infinity in a batch": malformed(b'{"battles": [{"pokemon_1_id": -Infinity}]}', BATTLES),
    "nesting of 40": malformed(b'{"pokemon_1_id": ' + b"[" * 40 + b"]" * 40 + b', "pokemon_2_id": 6}'),
    "nesting of 40 in a batch": malformed(b'{"battles": ' + b"[" * 40 + b"]" * 40 + b"}", BATTLES),
    "nesting of 60,000": malformed(b"[" * 30_000 + b"]" * 30_000, EXPLAIN),
    "list for an object": invalid("body", [PAIR]),
    "null": invalid("body", b"null"),
    "text for a number": invalid("pokemon_1_id", {**PAIR, "pokemon_1_id": "25"}),
    "fraction": invalid("pokemon_1_id", {**PAIR, "pokemon_1_id": 25.5}),
    "truth value": invalid("pokemon_2_id", {**PAIR, "pokemon_2_id": True}),
    "two wrong types": invalid("pokemon_1_id pokemon_2_id", {"pokemon_1_id": None, "pokemon_2_id": []}),
    "number beyond all floats": invalid("pokemon_1_id", b'{"pokemon_1_id": 1e999, "pokemon_2_id": 6}'),
    "integer of 100 digits": invalid("pokemon_1_id", {**PAIR, "pokemon_1_id": 10**100}),
    "missing field": invalid("pokemon_2_id", {"pokemon_1_id": 25}),
    "empty object": invalid("pokemon_1_id pokemon_2_id", {}),
    "unknown field": invalid("pokemon_3_id", {**PAIR, "pokemon_3_id": 7}),
    "id 0": invalid("pokemon_1_id", {**PAIR, "pokemon_1_id": 0}),
    "id -1": invalid("pokemon_1_id", {**PAIR, "pokemon_1_id": -1}),
    "id 9999": invalid("pokemon_1_id", {**PAIR, "pokemon_1_id": 9999}),
    "two unknown ids": invalid("pokemon_1_id pokemon_2_id", {"pokemon_1_id": 9999, "pokemon_2_id": 152}),
    "unlearnable move": invalid("pokemon_1_moves", {**PAIR, "pokemon_1_moves": ["surf"]}),
    "move that does not exist": invalid("pokemon_2_moves", {**PAIR, "pokemon_2_moves": ["no-such-move"]}),
    "repeated moves": invalid("pokemon_1_moves", {**PAIR, "pokemon_1_moves": ["thunder", "thunder"]}),
    "five moves": invalid("pokemon_1_moves", {**PAIR, "pokemon_1_moves": FIVE_MOVES}),
    "empty moves": invalid("pokemon_2_moves", {**PAIR, "pokemon_2_moves": []}),
    "empty slug": invalid("pokemon_2_moves[0]", {**PAIR, "pokemon_2_moves": [""]}),
    "text for moves": invalid("pokemon_1_moves", {**PAIR, "pokemon_1_moves": "thunder"}),
    "id and moves": invalid(
        "pokemon_1_id pokemon_2_moves", {"pokemon_1_id": 9999, "pokemon_2_id": 6, "pokemon_2_moves": ["surf"]}
    ),
    "explanation of an unknown id": invalid("pokemon_2_id", {**PAIR, "pokemon_2_id": 9999}, EXPLAIN),
    "explanation with an unlearnable move": invalid(
        "pokemon_1_moves", {**PAIR, "pokemon_1_moves": ["surf"]}, EXPLAIN
    ),
    "bad rows": invalid(
        "battles[1].pokemon_1_id battles[3].pokemon_2_moves",
        {
            "battles": [
                PAIR,
                {**PAIR, "pokemon_1_id": 9999},
                PAIR,
                {**PAIR, "pokemon_2_moves": ["surf"]},
                PAIR,
            ]
        },
        BATTLES,
    ),
    "ill-typed rows": invalid(
        "battles[0].pokemon_2_id battles[2].pokemon_1_id battles[3]",
        {"battles": [{"pokemon_1_id": 1}, PAIR, {**PAIR, "pokemon_1_id": "25"}, 7]},
        BATTLES,
    ),
    "bad row in the last of a large batch": invalid(
        "battles[9999].pokemon_1_id",
        {"battles": ROWS * 99 + ROWS[:99] + [{**PAIR, "pokemon_1_id": 9999}]},
        BATTLES,
    ),
    "more bad rows than are named": invalid(
        FIRST_HUNDRED, {"battles": [{**PAIR, "pokemon_1_id": 9999}] * 10_000}, BATTLES
    ),
    "more ill-typed rows than are named": invalid(
        FIRST_HUNDRED, {"battles": [{**PAIR, "pokemon_1_id": "25"}] * 10_000}, BATTLES
    ),
    "empty batch": invalid("battles", {"battles": []}, BATTLES),
    "10,001 rows": invalid("battles", {"battles": [PAIR] * 10_001}, BATTLES),
    "single body too large": Refused("POST", BATTLE, b" " * (SINGLE_BODY_BYTES + 1), 413, "body-too-large"),
    "batch body too large": Refused("POST", BATTLES, b" " * (BATCH_BODY_BYTES + 1), 413, "body-too-large"),
    "text": unsupported(PLAIN),
    "form": unsupported({"Content-Type": "application/x-www-form-urlencoded"}),
    "other charset": unsupported({"Content-Type": "application/json; charset=utf-16"}),
    "compressed": unsupported({"Content-Encoding": "gzip"}),
    "GET on a route that takes POST": Refused("GET", BATTLE, None, 405, "method-not-allowed"),
    "DELETE on the batch route": Refused("DELETE", BATTLES, None, 405, "method-not-allowed"),
    "POST on a route that takes GET": Refused("POST", "/api/v1/pokemon/25", {}, 405, "method-not-allowed"),
    "Pokémon 999": unknown("/api/v1/pokemon/999"),
    "Pokémon x": unknown("/api/v1/pokemon/x"),
    "Pokémon 25.5": unknown("/api/v1/pokemon/25.5"),
    "Pokémon 2.5e1": unknown("/api/v1/pokemon/2.5e1"),
    "Pokémon -25": unknown("/api/v1/pokemon/-25"),
    "counters of Pokémon 999": unknown("/api/v1/pokemon/999/counters"),
    "nothing under this path": unknown("/api/v1/predict"),
    "limit 0": bad_query("limit=0"),
    "limit 171": bad_query("limit=171"),
    "limit abc": bad_query("limit=abc"),
    "no limit": bad_query("limit="),
    "two limits": bad_query("limit=3&limit=4"),
    "unknown parameter": bad_query("most=3", "most"),
}
