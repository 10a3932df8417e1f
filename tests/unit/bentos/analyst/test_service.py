"""The analyst as a BentoML service: the same routes, the same answers."""

import asyncio
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from bentos.analyst.definition import DEFINITION, routes
from bentos.core import loaded
from bentos.core.lifespan import Lifespan
from bentos.core.loaded import share_model
from bentos.core.model import LoadedModel
from bentos.core.settings import DatabaseSettings
from tests.support.asking import Reply, ask_in_loop
from tests.support.logs import kept_logs
from tests.support.tiny_analyst import fill, tiny_analyst_predictor
from tests.support.tiny_battle import unsigned_package

with warnings.catch_warnings():
    # BentoML calls what its own dependencies have deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    from bentos.analyst.service import Analyst

SERVICE: Any = Analyst
"""The service as BentoML's decorator really returns it."""


@pytest.fixture
def _served(sqlite_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tiny prompt set as the model of this process, and prices."""
    monkeypatch.setattr(loaded, "_models", {})
    monkeypatch.setenv("EKIBEN_AUTH_MODE", "off")
    monkeypatch.setenv("EKIBEN_DATABASE_URL", sqlite_settings.url.get_secret_value())
    monkeypatch.setenv("EKIBEN_DATABASE_TIMEOUT_SECONDS", "60")
    monkeypatch.setenv("EKIBEN_ANALYST_PROVIDERS", "")
    asyncio.run(fill(sqlite_settings))
    predictor = tiny_analyst_predictor()
    package = unsigned_package({}, "7", DEFINITION.contract.digest())
    share_model(DEFINITION, LoadedModel(package, predictor, tuple(routes(predictor))))
    with kept_logs():
        yield


@pytest.mark.usefixtures("_served")
def test_bentoml_serves_the_same_routes() -> None:
    async def main() -> list[Reply]:
        app = SERVICE.to_asgi()
        lifespan = Lifespan(app, {})
        await lifespan.start()
        try:
            return [
                await ask_in_loop(app, "GET", path)
                for path in ("/price-analysis?lang=fr", "/price-history", "/latest-news", "/readyz")
            ]
        finally:
            await lifespan.stop()

    analysis, history, news, ready = asyncio.run(main())
    assert (analysis.status, analysis.json["source"], analysis.json["language"]) == (200, "fallback", "fr")
    assert (len(history.json), len(news.json), ready.status) == (24, 3, 200)
