"""Who calls: users for single battles, for batches and for the catalogue.

Locust is imported here, and with it gevent replaces the standard library's sockets: only Locust's own process
imports this module.
"""

import itertools
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, ClassVar

import msgspec
from locust import FastHttpUser, constant_throughput, task
from locust.env import Environment

from bentos.battle.api import BattleRequest, BattlesRequest
from bentos.battle.pokedex import load_pokedex
from loadtests.checks import AnswerChecks, WrongAnswer, check_head
from loadtests.hosts import require_allowed
from loadtests.payloads import Questions
from loadtests.settings import process_settings

BATTLE, BATTLES = "/api/v1/predict/battle", "/api/v1/predict/battles"
POKEMON_LIST, POKEMON, COUNTERS = (
    "/api/v1/pokemon",
    "/api/v1/pokemon/{id}",
    "/api/v1/pokemon/{id}/counters",
)
OCCASIONAL = 0.2
"""Batches and catalogue pages are asked for this often, compared with single battles."""

Check = Callable[[bytes], None]


@lru_cache(maxsize=1)
def answer_checks() -> AnswerChecks:
    """Return the checks that all users of this process share."""
    return AnswerChecks(load_pokedex(), process_settings().accepted_versions)


class Caller(FastHttpUser):
    """A user that sends one request after the other and checks every answer.

    Nothing is retried and no redirect is followed: what a caller would see is what is counted, and load goes
    to no other host.
    """

    abstract = True
    max_redirects = 0
    max_retries = 0
    insecure = False
    kind: ClassVar[int]
    """Tells the seeds of the classes apart."""
    numbers: ClassVar[Iterator[int]]
    """Tells the seeds of one class's users apart."""

    def __init__(self, environment: Environment) -> None:
        settings = process_settings()
        require_allowed(str(self.host or environment.host), settings)
        self.connection_timeout = self.network_timeout = settings.request_timeout_seconds
        self._pace: Callable[[Caller], float] = constant_throughput(
            self.rate(settings.requests_per_second_per_user)
        )
        super().__init__(environment)
        worker = max(0, getattr(environment.runner, "worker_index", 0))
        seed = (settings.seed, worker, self.kind, next(self.numbers))
        self.questions = Questions(load_pokedex(), seed, settings.batch_rows)
        self._ids = (f"load-{'-'.join(map(str, seed))}-{number}" for number in itertools.count(1))
        self._headers = {"Accept": "application/json"}
        if key := settings.api_key.get_secret_value():
            self._headers["X-API-Key"] = key
        if settings.connections == "new":
            self._headers["Connection"] = "close"

    def wait_time(self) -> float:
        """Return the seconds until the next request; short ones if the service is slower than the pace."""
        return self._pace(self)

    @classmethod
    def rate(cls, single_rate: float) -> float:
        """Return the requests per second of one user, given that of a user for single battles."""
        return single_rate * OCCASIONAL

    def ask(self, path: str, name: str, check: Check, question: msgspec.Struct | None = None) -> None:
        """Send one request, counted under `name`, and count a wrong answer as a failure."""
        request_id = next(self._ids)
        headers = {**self._headers, "X-Request-ID": request_id}
        arguments: dict[str, Any] = {}
        if question is not None:
            headers["Content-Type"] = "application/json"
            arguments["data"] = msgspec.json.encode(question)
        method = "GET" if question is None else "POST"
        with self.client.request(
            method, path, name=name, headers=headers, catch_response=True, **arguments
        ) as answer:
            if answer.status_code == 0 or answer.headers is None:
                return
            try:
                check_head(answer.status_code, answer.headers, request_id)
                check(answer.content or b"")
            except WrongAnswer as wrong:
                answer.failure(str(wrong))


class BattleCaller(Caller):
    """Asks for one battle at a time."""

    weight = 2
    kind = 1
    numbers = itertools.count()

    @classmethod
    def rate(cls, single_rate: float) -> float:
        """Return the full rate."""
        return single_rate

    @task
    def battle(self) -> None:
        """Ask who wins."""
        question: BattleRequest = self.questions.battle()
        self.ask(BATTLE, BATTLE, lambda content: answer_checks().battle(question, content), question)


class BatchCaller(Caller):
    """Asks for many battles at once."""

    weight = 1
    kind = 2
    numbers = itertools.count()

    @task
    def battles(self) -> None:
        """Ask who wins each of them."""
        question: BattlesRequest = self.questions.battles()
        self.ask(BATTLES, BATTLES, lambda content: answer_checks().battles(question, content), question)


class CatalogueCaller(Caller):
    """Looks around as a person does: the list, some Pokémon, and who beats the last one."""

    weight = 1
    kind = 3
    numbers = itertools.count()

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._pages = itertools.cycle((self.list_all, self.describe, self.describe, self.find_counters))

    @task
    def look(self) -> None:
        """Open the next page."""
        next(self._pages)()

    def list_all(self) -> None:
        """Ask for every Pokémon."""
        self.ask(POKEMON_LIST, POKEMON_LIST, answer_checks().pokemon_list)

    def describe(self) -> None:
        """Ask for one Pokémon."""
        species_id = self.questions.species_id()
        path = POKEMON.format(id=species_id)
        self.ask(path, POKEMON, lambda content: answer_checks().pokemon(species_id, content))

    def find_counters(self) -> None:
        """Ask who beats a Pokémon."""
        species_id, limit = self.questions.species_id(), self.questions.limit()
        path = f"{COUNTERS.format(id=species_id)}?limit={limit}"
        self.ask(path, COUNTERS, lambda content: answer_checks().counters(species_id, limit, content))
