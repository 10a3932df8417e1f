"""The gateway in front of BentoML: the same interface, answered by BentoML."""

import asyncio
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from bentos.core import loaded
from bentos.core.asgi import App
from bentos.core.bento_gateway import GATEWAY_KEY, BentoGateway
from bentos.core.gateway import Gateway
from bentos.core.headers import security_headers
from tests.support.asking import JSON, Reply, ask, ask_in_loop
from tests.support.bentoml_app import SERVICE, in_bentoml
from tests.support.logs import kept_logs
from tests.support.tiny.definition import DEFINITION, FAULTY_HEIGHT, FORBIDDEN_HEIGHT
from tests.support.tiny.package import TinyPackage
from tests.support.tiny.soil import BEHAVIOUR, MOISTURE

KEY = "a key"
LEAF_PATH = "/api/v1/leaf"

QUESTIONS: list[tuple[str, str, bytes, dict[str, str]]] = [
    ("POST", LEAF_PATH, b'{"height": 12.5, "width": 3.5}', JSON),
    ("POST", LEAF_PATH, b'{"height": 12.5, "width": 3.5, "tags": ["\xc3\xbc"]}', JSON),
    ("POST", "/api/v1/leaves", b'{"leaves": [{"height": 1, "width": 2}, {"height": 90, "width": 2}]}', JSON),
    ("POST", "/api/v1/explanation", b'{"height": 12.5, "width": 3.5}', JSON),
    ("POST", "/api/v1/wait", b'{"seconds": 0}', JSON),
    ("POST", LEAF_PATH, b"", JSON),
    ("POST", LEAF_PATH, b"{", JSON),
    ("POST", LEAF_PATH, b'{"height": NaN, "width": 1}', JSON),
    ("POST", LEAF_PATH, b"[" * 40 + b"]" * 40, JSON),
    ("POST", LEAF_PATH, b'{"height": 1, "width": -1, "colour": 1}', JSON),
    ("POST", LEAF_PATH, b'{"height": 1}', {}),
    ("POST", LEAF_PATH, b"<leaf/>", {"content-type": "application/xml"}),
    ("POST", LEAF_PATH, b"\x80\x04N.", {"content-type": "application/vnd.bentoml+pickle"}),
    ("POST", LEAF_PATH, b" " * 1025, JSON),
    ("POST", LEAF_PATH, b'{"height": %f, "width": 1}' % FORBIDDEN_HEIGHT, JSON),
    ("POST", LEAF_PATH, b'{"height": %f, "width": 1}' % FAULTY_HEIGHT, JSON),
    ("GET", LEAF_PATH, b"", {}),
    ("OPTIONS", LEAF_PATH, b"", {}),
    ("GET", "/api/v1/trees", b"", {}),
    ("GET", "/api/v1/trees/9", b"", {}),
    ("GET", "/api/v1/trees/x", b"", {}),
    ("HEAD", "/api/v1/trees/1", b"", {}),
    ("GET", "/api/v1/greeting", b"", {"accept-language": "fr"}),
    ("GET", "/api/v1/rings", b"", {"accept-language": "fr"}),
    ("GET", "/api/v1/rings?refused_at=0", b"", {}),
    ("GET", "/api/v1/rings?refused_at=1", b"", {}),
    ("HEAD", "/api/v1/rings", b"", {}),
    ("GET", "/livez", b"", {}),
    ("GET", "/readyz", b"", {}),
    ("GET", "/openapi.json", b"", {}),
    ("GET", "/nowhere", b"", {}),
    ("DELETE", "/nowhere", b"", {}),
]


@pytest.fixture(autouse=True)
def _process_of_its_own(monkeypatch: pytest.MonkeyPatch, tiny_package: TinyPackage) -> Iterator[None]:
    """Settings, model and logs as a fresh process would have them."""
    for name, value in tiny_package.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(loaded, "_models", {})
    with kept_logs():
        yield


def comparable(reply: Reply) -> tuple[int, Any, set[tuple[str, str]]]:
    """What must not depend on who answers: all but how JSON is spaced, and whose id it has."""
    is_json = reply.headers.get("content-type", "").endswith("json") and reply.content
    loose = {"content-length", "x-request-id", "x-bentoml-request-id"}
    headers = {(name, value) for name, value in reply.headers.items() if name not in loose}
    return reply.status, reply.json if is_json else reply.content, headers


def test_answers_are_those_of_the_hot_path(gateway: Gateway) -> None:
    async def ask_all(app: App) -> list[Reply]:
        return [await ask_in_loop(app, *question) for question in QUESTIONS]

    by_bentoml = in_bentoml(ask_all)
    by_us = [ask(gateway, *question) for question in QUESTIONS]
    for question, theirs, ours in zip(QUESTIONS, by_bentoml, by_us, strict=True):
        assert (question, comparable(theirs)) == (question, comparable(ours))


def test_every_path_of_bentoml_asks_for_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKIBEN_AUTH_KEY_DIGESTS", hashlib.sha256(KEY.encode()).hexdigest())
    routes = SERVICE.to_asgi().routes
    paths = {route.path for route in routes} | {"/static_content/index.css", "/static_content/../x", ""}
    assert {"/", "/docs.json", "/schema.json", "/healthz", "/livez", LEAF_PATH} <= paths

    async def ask_all(app: App) -> dict[str, tuple[int, int]]:
        with_key = {"X-API-Key": KEY}
        return {
            path: (
                (await ask_in_loop(app, "GET", path)).status,
                (await ask_in_loop(app, "GET", path, headers=with_key)).status,
            )
            for path in paths
        }

    answered = in_bentoml(ask_all)
    assert {path for path, (without, _) in answered.items() if without != 401} == {"/livez", "/readyz"}
    assert {path for path, (_, with_key) in answered.items() if with_key == 401} == set()
    assert answered["/docs.json"] == answered["/schema.json"] == answered["/"] == (401, 200)


def test_pages_of_bentoml_carry_our_headers_and_may_not_call_others() -> None:
    async def ask_for_pages(app: App) -> list[Reply]:
        return [
            await ask_in_loop(app, "GET", path) for path in ("/", "/static_content/index.css", "/docs.json")
        ]

    page, style, document = in_bentoml(ask_for_pages)
    assert "googletagmanager" in page.content.decode()
    assert "script-src 'self';" in page.headers["content-security-policy"]
    names = {name.decode() for name, _ in security_headers()}
    assert all(names <= set(reply.headers) for reply in (page, style, document))
    assert all("server" not in reply.headers for reply in (page, style, document))


def test_predictions_and_requests_are_counted() -> None:
    async def ask_and_scrape(app: App) -> str:
        for question in QUESTIONS[:3]:
            await ask_in_loop(app, *question)
        return (await ask_in_loop(app, "GET", "/metrics")).content.decode()

    metrics = in_bentoml(ask_and_scrape)
    assert 'ekiben_requests_total{code="200",method="POST",route="/api/v1/leaf"} 2.0' in metrics
    assert "ekiben_prediction_confidence_count 4.0" in metrics
    assert 'ekiben_model_info{contract="' in metrics


def test_callers_from_elsewhere_need_a_key_even_without_settings() -> None:
    async def ask_from_elsewhere(app: App) -> list[int]:
        statuses = []
        for server in (("127.0.0.1", 80), ("10.0.0.1", 80)):

            async def elsewhere(scope: Any, receive: Any, send: Any, server: Any = server) -> None:
                await app({**scope, "client": ("10.0.0.9", 1), "server": server}, receive, send)

            statuses.append((await ask_in_loop(elsewhere, "GET", "/api/v1/trees")).status)
        return statuses

    assert in_bentoml(ask_from_elsewhere) == [401, 401]


def test_package_that_must_not_load_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKIBEN_MODEL_DIGEST", "sha256:" + "0" * 64)

    async def nothing(_app: App) -> None:
        raise AssertionError("it started")

    with pytest.raises(RuntimeError, match="failed at startup"):
        in_bentoml(nothing)


def test_service_is_open_while_bentoml_answers(capsys: pytest.CaptureFixture[str]) -> None:
    async def ask_both(app: App) -> tuple[Reply, str]:
        soil = await ask_in_loop(app, "GET", "/api/v1/soil")
        return soil, (await ask_in_loop(app, "GET", "/metrics")).content.decode()

    soil, metrics = in_bentoml(ask_both)
    assert (soil.status, soil.json) == (200, {"moisture": MOISTURE})
    assert f"tiny_soil_moisture {MOISTURE}" in metrics
    written = capsys.readouterr().out
    assert written.index("The soil is open") < written.index("The soil is closed")


def test_service_that_can_not_be_opened_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(BEHAVIOUR, "refused")

    async def nothing(_app: App) -> None:
        raise AssertionError("it started")

    with pytest.raises(RuntimeError, match="failed at startup"):
        in_bentoml(nothing)
    assert "TINY_SOIL is refused." in capsys.readouterr().out


def test_service_that_loses_what_it_opened_gets_no_more_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BEHAVIOUR, "lost")

    async def ask_later(app: App) -> list[int]:
        before = (await ask_in_loop(app, "GET", "/readyz")).status
        await asyncio.sleep(0.5)
        return [before, (await ask_in_loop(app, "GET", "/readyz")).status]

    assert in_bentoml(ask_later) == [200, 503]


def test_request_that_came_through_a_gateway_is_left_alone() -> None:
    seen: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope)

    inner = BentoGateway(app, DEFINITION)
    for kind in ("lifespan", "http"):
        asyncio.run(inner({"type": kind, GATEWAY_KEY: True}, app, app))  # type: ignore[arg-type]
    assert [scope["type"] for scope in seen] == ["lifespan", "http"]
