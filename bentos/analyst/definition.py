"""What core serves for the analyst: its routes, its contract, how its prompts are loaded, and what it needs
beside them."""

from collections.abc import AsyncIterator, Sequence

from bentos.analyst.api import (
    Limit,
    NewsItem,
    PriceAnalysis,
    PricePoint,
    Sentence,
    SymbolName,
    Verdict,
    Window,
)
from bentos.analyst.contract import load_contract
from bentos.analyst.facts import Facts
from bentos.analyst.languages import choose_language
from bentos.analyst.opening import open_analyst
from bentos.analyst.predictor import AnalystPredictor, load_predictor
from bentos.analyst.wording import Language
from bentos.core.routing import Route, ServiceDefinition
from bentos.core.streaming import Event

ANALYSIS_PATH = "/price-analysis"
STREAM_PATH = "/price-analysis/stream"
HISTORY_PATH = "/price-history"
NEWS_PATH = "/latest-news"

MOST_IN_FLIGHT = 256
"""Each waits for the database, or holds a stream open; beyond so many they would only wait for each other."""

USUAL_CLOSES = 24
USUAL_NEWS = 10

_QUESTION = {"limit": Window, "symbol": SymbolName, "lang": Language}
_ASKING_LANGUAGE = {"accept-language": "accept_language"}


def routes(predictor: AnalystPredictor) -> Sequence[Route]:
    """Return the HTTP interface of a loaded prompt set."""

    def ready(
        limit: int = USUAL_CLOSES,
        symbol: str = "",
        lang: Language | None = None,
        accept_language: str | None = None,
    ) -> PriceAnalysis | None:
        return predictor.analyst.ready(symbol, limit, choose_language(lang, accept_language))

    async def explain(
        limit: int = USUAL_CLOSES,
        symbol: str = "",
        lang: Language | None = None,
        accept_language: str | None = None,
    ) -> PriceAnalysis:
        return await predictor.analyst.explain(symbol, limit, choose_language(lang, accept_language))

    async def stream(
        limit: int = USUAL_CLOSES,
        symbol: str = "",
        lang: Language | None = None,
        accept_language: str | None = None,
    ) -> AsyncIterator[Event]:
        return await predictor.analyst.stream(symbol, limit, choose_language(lang, accept_language))

    return (
        Route(
            method="GET",
            path=ANALYSIS_PATH,
            handler=explain,
            ready=ready,
            answer=PriceAnalysis,
            summary="What the price did, in two sentences",
            description="A text that passed every check: by a language model, or by a rule if none answers "
            "in time. The language is `lang`, else that of Accept-Language, else English.",
            query_parameters=_QUESTION,
            header_parameters=_ASKING_LANGUAGE,
        ),
        Route(
            method="GET",
            path=STREAM_PATH,
            handler=stream,
            answer={"facts": Facts, "text": Sentence, "verdict": Verdict},
            summary="The same, as it is written",
            description="The facts at once, then sentences as soon as they are known to be true, and last "
            "the verdict: the whole answer, which replaces the sentences if `replaces` is true.",
            query_parameters=_QUESTION,
            header_parameters=_ASKING_LANGUAGE,
            streams=True,
        ),
        *_data_routes(predictor),
    )


def _data_routes(predictor: AnalystPredictor) -> tuple[Route, ...]:
    async def history(limit: int = USUAL_CLOSES, symbol: str = "") -> list[PricePoint]:
        return await predictor.analyst.history(symbol, limit)

    async def news(limit: int = USUAL_NEWS) -> list[NewsItem]:
        return await predictor.analyst.latest_news(limit)

    return (
        Route(
            method="GET",
            path=HISTORY_PATH,
            handler=history,
            answer=list[PricePoint],
            summary="The latest prices, oldest first",
            query_parameters={"limit": Limit, "symbol": SymbolName},
        ),
        Route(
            method="GET",
            path=NEWS_PATH,
            handler=news,
            answer=list[NewsItem],
            summary="The latest news, newest first",
            description="As their sources wrote them.",
            query_parameters={"limit": Limit},
        ),
    )


DEFINITION = ServiceDefinition(
    name="analyst",
    title="Ekiben analyst",
    description="Prices explained in two sentences that are true.",
    contract=load_contract(),
    load=load_predictor,
    routes=routes,
    bento="bentos.analyst.service:Analyst",
    open=open_analyst,
    most_in_flight=MOST_IN_FLIGHT,
)
