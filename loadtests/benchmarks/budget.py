"""`python -m loadtests.benchmarks.budget`: what each part of one battle answer costs, in microseconds of
processor time, beside an application that does nothing under the same uvicorn.

The model is the one that the service would serve (`EKIBEN_MODEL_*`). Parts are the functions that answer,
each called over many battles; the whole is measured over real sockets, with a key, and with one access line
in so many. Caches are colder between the parts than within one, so the whole costs more than their sum.
"""

import argparse
import contextlib
import gc
import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from bentos.battle.api import BattleRequest
from bentos.battle.definition import DEFINITION
from bentos.battle.pokedex import load_pokedex
from bentos.core.auth import KeyRing
from bentos.core.gateway import Gateway
from bentos.core.logs import configure_logs
from bentos.core.model import LoadedModel, load_model
from bentos.core.protocol import open_door
from bentos.core.server import make_server
from bentos.core.settings import LogSettings, ModelSettings, ServerSettings
from loadtests.benchmarks.output import add_output, put_out
from loadtests.benchmarks.parts import PATH, BattleParts, Cost, undisturbed
from loadtests.benchmarks.results_page import BUDGET
from loadtests.benchmarks.wire import CONNECTIONS, do_nothing, plain_server, request_cost_seconds
from loadtests.payloads import Questions

CONDITIONS = (
    f"Processor time of one random battle, key asked for, {CONNECTIONS} connections that never pause: "
    "what they ask in one round is handled together."
)
BATTLES = 1000
KEY = b"k" * 43
SEED = 20261122


class Whole(NamedTuple):
    """Seconds of processor time for one request over real sockets."""

    nothing: float
    battle: float


class Budget(NamedTuple):
    """What was measured: the parts of an answer, and it and a no-op over the wire."""

    parts: Sequence[Cost]
    whole: Whole


def measure(model: LoadedModel, battles: Sequence[BattleRequest], rounds: int, windows: int) -> Budget:
    """Measure answers with keys, and with the usual share of access lines."""
    guard = KeyRing([hashlib.sha256(KEY).digest()])
    gateway = Gateway(DEFINITION, guard, LogSettings().access_sample)
    gateway.open(model)
    requests = [to_http(battle) for battle in battles]
    gc.collect()
    gc.freeze()

    try:
        parts = BattleParts(gateway, guard, model).measure(requests)
        return Budget(parts, measure_whole(gateway, requests, rounds, windows))
    finally:
        gc.unfreeze()
        gateway.close()


def draw_battles(count: int, with_moves: bool = True) -> list[BattleRequest]:
    """Return random battles, half of their sides with named moves or none at all; always the same."""
    questions = Questions(load_pokedex(), (SEED,), 1)
    drawn = [questions.battle() for _ in range(count)]
    return drawn if with_moves else [BattleRequest(one.pokemon_1_id, one.pokemon_2_id) for one in drawn]


def to_http(battle: BattleRequest) -> bytes:
    """Return the request that asks for this battle."""
    body = msgspec.json.encode(battle)
    lines = (
        b"POST %b HTTP/1.1" % PATH.encode(),
        b"Host: battle:3000",
        b"Content-Type: application/json",
        b"X-API-Key: %b" % KEY,
        b"Content-Length: %d" % len(body),
    )
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def measure_whole(gateway: Gateway, requests: Sequence[bytes], rounds: int, windows: int) -> Whole:
    """Return what both cost where they were disturbed least, measured in turns."""
    nothing, battle = [], []
    for _ in range(rounds):
        nothing += request_cost_seconds(plain_server(do_nothing), requests, windows)
        server = make_server(gateway, ServerSettings(), lambda: None, open_door(gateway.quick))
        battle += request_cost_seconds(server, requests, windows)
    return Whole(undisturbed(nothing), undisturbed(battle))


def make_table(budget: Budget) -> str:
    """Return the measurements in Markdown."""
    costs, whole = budget
    parts = sum(cost.seconds for cost in costs)
    rows = [
        *costs,
        Cost("**sum of the parts**", parts),
        Cost("sockets, the event loop and reading HTTP", whole.battle - parts),
        Cost("**one battle, over the wire**", whole.battle),
        Cost("no-op under uvicorn, over the wire", whole.nothing),
        Cost("**beyond the no-op**", whole.battle - whole.nothing),
    ]
    lines = ["| what | µs |", "|---|---|", *(f"| {name} | {1e6 * seconds:.2f} |" for name, seconds in rows)]
    share = whole.nothing / whole.battle
    return "\n".join(lines) + f"\n\nOf the no-op's rate on one core: {share:.2f}.\n"


@contextlib.contextmanager
def unheard_logs() -> Iterator[None]:
    """Have log lines written as in a pod, but where nobody sees them."""
    try:
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            configure_logs()
            yield
    finally:
        configure_logs()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.benchmarks.budget", description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="times that each application is asked in turn")
    parser.add_argument("--windows", type=int, default=40, help="windows of 50 ms each time")
    parser.add_argument("--default-moves", action="store_true", help="battles that name no moves")
    add_output(parser)
    parsed = parser.parse_args(arguments)
    battles = draw_battles(BATTLES, with_moves=not parsed.default_moves)
    with unheard_logs():
        model = load_model(DEFINITION, ModelSettings())
        table = make_table(measure(model, battles, parsed.rounds, parsed.windows))
    put_out(table, BUDGET, CONDITIONS, parsed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
