"""Several replicas of the analyst at one database: one call for one text, however many ask for it where."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.analyst_service import analyst_environment
from tests.support.callers import Told, ask_all
from tests.support.databases import Database
from tests.support.misbehaving_llm import MisbehavingLlm, misbehaving_llm
from tests.support.serving import ServerProcess, serving
from tests.support.tiny_analyst import fill, make_analyst_package, truthful
from training.core.pins import Rollout

CALLERS = 500
PATIENT = {"deadline_seconds": 30, "windows": "2", "languages": "en"}
"""Callers who wait for the model, and a service that prepares only what nobody asks for here."""


@pytest.fixture(scope="module")
def pin(tmp_path_factory: pytest.TempPathFactory) -> Rollout:
    return make_analyst_package(tmp_path_factory.mktemp("analyst"))


@pytest.fixture
def llm() -> Iterator[MisbehavingLlm]:
    with misbehaving_llm() as served:
        served.answer = truthful()
        served.behaviour = "slow"
        served.slow_seconds = 1.0
        yield served


def windows_asked_for(llm: MisbehavingLlm) -> list[str]:
    questions = ("".join(message["content"] for message in asked.body["messages"]) for asked in llm.asked)
    return [question.split("Window: ")[1].split("\n")[0] for question in questions]


async def ask_both(one: ServerProcess, other: ServerProcess, path: str) -> list[Told]:
    told = await asyncio.gather(
        ask_all(one, [path] * (CALLERS // 2), CALLERS // 2),
        ask_all(other, [path] * (CALLERS // 2), CALLERS // 2),
    )
    return [*told[0], *told[1]]


def test_two_replicas_and_many_callers_make_one_call(
    pin: Rollout, database: Database, llm: MisbehavingLlm
) -> None:
    asyncio.run(fill(database.settings))
    environment = {
        **analyst_environment(pin, database.settings, llm, **PATIENT),
        "EKIBEN_DATABASE_TIMEOUT_SECONDS": "30",
    }
    with serving(environment, "analyst") as one, serving(environment, "analyst") as other:
        told = asyncio.run(ask_both(one, other, "/price-analysis?limit=24"))
        assert len(told) == CALLERS
        assert {answer.status for answer in told} == {200}
        assert {answer.json["source"] for answer in told} == {"llm", "stored"}
        assert len({answer.json["analysis"] for answer in told}) == 1
        assert windows_asked_for(llm).count("24") == 1


def test_replica_that_stops_gives_its_claim_back(
    pin: Rollout, database: Database, llm: MisbehavingLlm
) -> None:
    asyncio.run(fill(database.settings))
    environment = {
        **analyst_environment(pin, database.settings, llm, windows="2", languages="en"),
        "EKIBEN_DATABASE_TIMEOUT_SECONDS": "30",
    }
    llm.behaviour = "hangs"
    with serving(environment, "analyst") as one:
        assert one.ask("GET", "/price-analysis?limit=24").json["source"] == "fallback"
        one.signal()
        assert one.exit_code() == 0
        assert [event for event in one.events if event["level"] not in ("info", "debug")] == []
    llm.behaviour = "well"
    with serving({**environment, "EKIBEN_ANALYST_DEADLINE_SECONDS": "30"}, "analyst") as other:
        assert other.ask("GET", "/price-analysis?limit=24").json["source"] == "llm"
