"""The real analyst over HTTP: it is as its document says, and BentoML's server says the same as ours."""

import asyncio
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bentos.core.settings import DatabaseSettings
from tests.support.analyst_bench import until
from tests.support.analyst_service import analyst_environment
from tests.support.databases import make_sqlite_settings
from tests.support.misbehaving_llm import MisbehavingLlm, misbehaving_llm
from tests.support.schemathesis_run import assert_all_was_judged, run_schemathesis
from tests.support.serving import Answered, ServerProcess, bentoml_serving, serving
from tests.support.tiny_analyst import CLOSES, VERSION, fill, make_analyst_package, truthful
from training.core.pins import Rollout

KEY = "a key of the analyst's tests"
SECRET = {"EKIBEN_AUTH_KEY_DIGESTS": hashlib.sha256(KEY.encode()).hexdigest()}
HEADERS = {"X-API-Key": KEY}
FRENCH = {"Accept-Language": "de, fr;q=0.8, en;q=0.5"}


@pytest.fixture(scope="module")
def pin(tmp_path_factory: pytest.TempPathFactory) -> Rollout:
    return make_analyst_package(tmp_path_factory.mktemp("analyst"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, empty_sqlite: Path) -> DatabaseSettings:
    """A database with hundreds of hours of prices, and news."""
    settings = make_sqlite_settings(
        Path(shutil.copy(empty_sqlite, tmp_path_factory.mktemp("filled") / "ekiben.db"))
    )
    asyncio.run(fill(settings))
    return settings


@pytest.fixture
def llm() -> Iterator[MisbehavingLlm]:
    with misbehaving_llm() as served:
        served.answer = truthful()
        yield served


@pytest.fixture(scope="module")
def ours(pin: Rollout, filled: DatabaseSettings) -> Iterator[ServerProcess]:
    with serving({**analyst_environment(pin, filled), **SECRET}, "analyst") as process:
        yield process


@pytest.fixture(scope="module")
def theirs(
    pin: Rollout, filled: DatabaseSettings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    home = tmp_path_factory.mktemp("bentoml")
    environment = {**analyst_environment(pin, filled), **SECRET}
    with bentoml_serving("bentos.analyst.service:Analyst", "analyst", environment, home) as process:
        yield process


def assert_alike(one: Answered, other: Answered) -> None:
    assert (one.status, one.content) == (other.status, other.content)
    assert set(one.headers) == set(other.headers) - {"x-bentoml-request-id"}
    for name in ("content-type", "allow"):
        assert one.headers.get(name) == other.headers.get(name)


ANSWERED = [
    ("/price-analysis", {}),
    ("/price-analysis?limit=2", {}),
    ("/price-analysis?limit=1000&symbol=ETH", {}),
    ("/price-analysis?limit=100&lang=fr", {}),
    ("/price-analysis?limit=100", FRENCH),
    ("/price-analysis/stream?limit=48&symbol=ETH", {}),
    ("/price-analysis/stream", FRENCH),
    ("/price-history", {}),
    ("/price-history?limit=1000&symbol=eth", {}),
    ("/latest-news", {}),
    ("/latest-news?limit=1", {}),
    ("/readyz", {}),
    ("/openapi.json", {}),
    ("/docs.json", {}),
]


@pytest.mark.parametrize(("path", "headers"), ANSWERED)
def test_both_servers_give_the_same_answer(
    path: str, headers: dict[str, str], ours: ServerProcess, theirs: ServerProcess
) -> None:
    one, other = (process.ask("GET", path, headers={**HEADERS, **headers}) for process in (ours, theirs))
    assert one.status == 200
    assert_alike(one, other)


REFUSED = [
    ("GET", "/price-analysis?limit=1", 422),
    ("GET", "/price-analysis?limit=1001", 422),
    ("GET", "/price-analysis?lang=de", 422),
    ("GET", "/price-analysis?symbol=NONE", 404),
    ("GET", "/price-analysis?symbol=%F0%9F%8D%B1", 422),
    ("GET", "/price-analysis/stream?symbol=NONE", 404),
    ("GET", "/price-history?limit=0", 422),
    ("GET", "/price-history?most=3", 422),
    ("GET", "/latest-news?limit=x", 422),
    ("GET", "/price-analyses", 404),
    ("POST", "/price-analysis", 405),
    ("DELETE", "/latest-news", 405),
]


@pytest.mark.parametrize(("method", "path", "status"), REFUSED)
def test_both_servers_give_the_same_problem(
    method: str, path: str, status: int, ours: ServerProcess, theirs: ServerProcess
) -> None:
    one, other = (process.ask(method, path, headers=HEADERS) for process in (ours, theirs))
    assert (one.status, one.headers["content-type"]) == (status, "application/problem+json")
    assert_alike(one, other)


def test_nobody_is_answered_without_a_key(ours: ServerProcess, theirs: ServerProcess) -> None:
    for path in {path.partition("?")[0] for path, _ in ANSWERED[:11]}:
        one, other = (process.ask("GET", path) for process in (ours, theirs))
        assert (path, one.status) == (path, 401)
        assert_alike(one, other)


def test_texts_of_a_language_model_are_the_same_in_both(
    pin: Rollout, filled: DatabaseSettings, llm: MisbehavingLlm, theirs: ServerProcess
) -> None:
    """What one process had written is in the database, from which the other answers."""
    path = "/price-analysis?limit=77"
    with serving({**analyst_environment(pin, filled, llm), **SECRET}, "analyst") as writing:

        def ask(process: ServerProcess) -> Answered:
            return process.ask("GET", path, headers=HEADERS)

        asyncio.run(until(lambda: ask(writing).json["source"] == "stored"))
        asyncio.run(until(lambda: ask(theirs).json["source"] == "stored"))
        assert_alike(ask(writing), ask(theirs))


def test_metrics_of_the_analyst_are_there_under_bentoml_too(
    ours: ServerProcess, theirs: ServerProcess, pin: Rollout
) -> None:
    def families(process: ServerProcess) -> set[str]:
        lines = process.ask("GET", "/metrics").content.decode().splitlines()
        assert any(f'digest="{pin.digest}"' in line and f'version="{VERSION}"' in line for line in lines)
        declared = {line.split()[2] for line in lines if line.startswith("# TYPE ekiben_analyst_")}
        # When a counter began is told once it has counted something.
        return {name for name in declared if not name.endswith("_created")}

    assert families(ours) == families(theirs) != set()


def test_service_is_as_its_document_says_for_whoever_has_a_key(
    pin: Rollout, filled: DatabaseSettings, llm: MisbehavingLlm, tmp_path: Path
) -> None:
    with serving({**analyst_environment(pin, filled, llm), **SECRET}, "analyst") as guarded:
        history = guarded.ask("GET", "/price-history?limit=1000", headers=HEADERS).json
        assert len(history) == CLOSES
        report = run_schemathesis(guarded, "analyst", KEY, tmp_path, examples=25)
        assert_all_was_judged(report, guarded)
        assert llm.asked != []
        assert not [event for event in guarded.events if event["level"] == "error"]
