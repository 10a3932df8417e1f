"""What the analyst declares."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bentos.analyst.definition import DEFINITION, routes
from bentos.analyst.opening import open_analyst
from bentos.core.gateway import Gateway
from bentos.core.model import LoadedModel
from bentos.core.settings import DatabaseSettings
from tests.support.asking import Reply, ask_in_loop
from tests.support.tiny_analyst import fill, tiny_analyst_predictor
from tests.support.tiny_battle import unsigned_package

Ask = Callable[..., Awaitable[Reply]]


def in_gateway(
    database: DatabaseSettings, monkeypatch: pytest.MonkeyPatch, work: Callable[[Ask], Awaitable[None]]
) -> None:
    """Let `work` ask a gateway whose analyst has prices and asks no language model."""
    monkeypatch.setenv("EKIBEN_DATABASE_URL", database.url.get_secret_value())
    monkeypatch.setenv("EKIBEN_DATABASE_TIMEOUT_SECONDS", "60")
    monkeypatch.setenv("EKIBEN_ANALYST_PROVIDERS", "")
    monkeypatch.setenv("EKIBEN_ANALYST_DEADLINE_SECONDS", "30")

    async def run() -> None:
        await fill(database)
        predictor = tiny_analyst_predictor()
        package = unsigned_package({}, "7", DEFINITION.contract.digest())
        gateway = Gateway(DEFINITION)

        async def ask(path: str, method: str = "GET", **headers: str) -> Reply:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await ask_in_loop(gateway, method, path, headers=named)

        async with open_analyst(predictor, gateway.metrics.registry):
            gateway.open(LoadedModel(package, predictor, tuple(routes(predictor))))
            await work(ask)
        gateway.close()

    asyncio.run(run())


def test_all_promised_routes_are_declared() -> None:
    declared = {(route.method, route.path) for route in routes(tiny_analyst_predictor())}
    assert declared == {
        ("GET", "/price-analysis"),
        ("GET", "/price-analysis/stream"),
        ("GET", "/price-history"),
        ("GET", "/latest-news"),
    }


def test_definition_names_model_and_bento() -> None:
    assert (DEFINITION.name, DEFINITION.contract.model, DEFINITION.bento) == (
        "analyst",
        "analyst",
        "bentos.analyst.service:Analyst",
    )
    assert DEFINITION.open is open_analyst


def test_analysis_has_every_promised_field(
    sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(ask: Ask) -> None:
        reply = await ask("/price-analysis")
        assert reply.status == 200
        assert reply.json | {"analysis": "", "checks": []} == {
            "analysis": "",
            "trend": reply.json["trend"],
            "change_percent": reply.json["change_percent"],
            "volatility": reply.json["volatility"],
            "volatility_percent": reply.json["volatility_percent"],
            "symbol": "BTC",
            "window": 24,
            "as_of": "2026-11-17T16:00:00Z",
            "historical": False,
            "source": "fallback",
            "model": "",
            "prompt_version": "tiny",
            "language": "en",
            "checks": [],
        }
        assert all(check["passed"] for check in reply.json["checks"])
        assert {"numbers", "direction", "advice"} <= {check["name"] for check in reply.json["checks"]}

    in_gateway(sqlite_settings, monkeypatch, work)


def test_language_is_the_parameters_else_the_headers(
    sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(ask: Ask) -> None:
        for path, headers, language in (
            ("/price-analysis?lang=fr", {}, "fr"),
            ("/price-analysis", {"accept_language": "fr-FR,fr;q=0.9"}, "fr"),
            ("/price-analysis?lang=en", {"accept_language": "fr"}, "en"),
            ("/price-analysis", {"accept_language": "de"}, "en"),
        ):
            assert (await ask(path, **headers)).json["language"] == language

    in_gateway(sqlite_settings, monkeypatch, work)


@pytest.mark.parametrize(
    "path",
    [
        "/price-analysis?limit=1",
        "/price-analysis?limit=1001",
        "/price-analysis?limit=ten",
        "/price-analysis?limit=24&limit=25",
        "/price-analysis?lang=de",
        "/price-analysis?symbol=",
        "/price-analysis?symbol=%3Cscript%3E",
        "/price-analysis?symbol=ABCDEFGHIJKLMNOPQ",
        "/price-analysis?window=24",
        "/price-analysis/stream?limit=1",
        "/price-history?limit=0",
        "/price-history?limit=1001",
        "/price-history?lang=fr",
        "/latest-news?limit=0",
        "/latest-news?symbol=BTC",
    ],
)
def test_bad_parameter_is_refused(
    sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    async def work(ask: Ask) -> None:
        reply = await ask(path)
        assert reply.status == 422
        assert reply.headers["content-type"] == "application/problem+json"
        assert len(reply.json["errors"]) == 1

    in_gateway(sqlite_settings, monkeypatch, work)


@pytest.mark.parametrize("path", ["/price-analysis", "/price-analysis/stream", "/price-history"])
def test_unknown_symbol_is_not_found(
    sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    async def work(ask: Ask) -> None:
        reply = await ask(f"{path}?symbol=doge")
        assert reply.status == 404
        assert reply.json["detail"] == "There are no prices of 'DOGE'; there are of: BTC, ETH."

    in_gateway(sqlite_settings, monkeypatch, work)


def test_history_and_news_have_every_promised_field(
    sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(ask: Ask) -> None:
        points = (await ask("/price-history?limit=2&symbol=eth")).json
        assert [set(point) for point in points] == [
            {"timestamp", "open", "high", "low", "close", "volume"}
        ] * 2
        assert points[0]["timestamp"] < points[1]["timestamp"]
        items = (await ask("/latest-news?limit=2")).json
        assert [set(item) for item in items] == [{"title", "url", "source", "published_at"}] * 2
        assert len((await ask("/price-history")).json) == 24
        assert len((await ask("/price-history?limit=1")).json) == 1

    in_gateway(sqlite_settings, monkeypatch, work)


def test_stream_is_events(sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(ask: Ask) -> None:
        reply = await ask("/price-analysis/stream?limit=30", accept_language="fr")
        assert reply.headers["content-type"].startswith("text/event-stream")
        names = [line for line in reply.content.decode().splitlines() if line.startswith("event: ")]
        assert names == ["event: facts", "event: text", "event: text", "event: verdict"]
        assert b'"language":"fr"' in reply.content

    in_gateway(sqlite_settings, monkeypatch, work)


def test_answers_are_counted_where_prometheus_looks(
    sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(ask: Ask) -> None:
        for _ in range(3):
            await ask("/price-analysis")
        told = (await ask("/metrics")).content.decode()
        assert (
            'ekiben_analyst_answers_total{language="en",prompt_version="tiny",source="fallback"} 3.0' in told
        )

    in_gateway(sqlite_settings, monkeypatch, work)


def test_document_describes_parameters_events_and_outages(
    sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(ask: Ask) -> None:
        paths = (await ask("/openapi.json")).json["paths"]
        analysis = paths["/price-analysis"]["get"]
        assert {parameter["name"] for parameter in analysis["parameters"]} == {
            "limit",
            "symbol",
            "lang",
            "Accept-Language",
        }
        assert "503" in analysis["responses"]
        stream = paths["/price-analysis/stream"]["get"]["responses"]["200"]
        assert set(stream["content"]) == {"text/event-stream"}

    in_gateway(sqlite_settings, monkeypatch, work)
