"""`ekiben predict analyst`: closes explained by a package's prompts, without a database."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from bentos.analyst.candles import Candle
from bentos.analyst.facts import Facts, compute_facts
from bentos.analyst.generation import Generation, generate, write_fallback
from bentos.analyst.prompts import PromptSet
from bentos.analyst.providers.base import Completion, Prompt
from bentos.analyst.providers.chain import NoAnswer
from bentos.analyst.providers.make import make_chain
from bentos.analyst.settings import AnalystSettings
from bentos.core.decoding import BodyDecoder
from bentos.core.settings import read_settings
from training.analyst.asking import Silent

INTERVAL = timedelta(hours=1)

Close = Annotated[float, Meta(gt=0)]


class ClosesRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hourly closes, oldest first, the last of which has just ended."""

    closes: Annotated[tuple[Close, ...], Meta(min_length=2, max_length=1000)]
    symbol: Annotated[str, Meta(pattern="^[A-Z0-9][A-Z0-9-]{0,15}$")] = "BTC"
    lang: Literal["en", "fr"] = "en"


def explain(files: Mapping[str, bytes], request: dict[str, Any]) -> dict[str, Any]:
    """Return a text about the closes with what it rests on: of the models in the settings, else the rule's.

    Raises InvalidFields for a request that does not fit, SettingsError for settings that make no sense.
    """
    asked: ClosesRequest = BodyDecoder(ClosesRequest)(msgspec.json.encode(request))
    facts, prompts = compute_facts(_candles(asked)), PromptSet(files)
    generation = asyncio.run(_generate(facts, prompts, asked.lang))
    return {
        "analysis": generation.text,
        "trend": facts.trend,
        "change_percent": facts.change_percent,
        "volatility": facts.volatility,
        "source": "llm" if generation.from_model else "fallback",
        "model": generation.model,
        "prompt_version": prompts.version,
    }


async def _generate(facts: Facts, prompts: PromptSet, language: Literal["en", "fr"]) -> Generation:
    settings = read_settings(AnalystSettings)
    chain = make_chain(settings, Silent())

    async def ask(prompt: Prompt) -> Completion:
        return (await chain.complete(prompt, settings.call_seconds))[1]

    try:
        return await generate(ask, prompts, facts, (), language)
    except NoAnswer:
        return write_fallback(facts, language, prompts)
    finally:
        await chain.close()


def _candles(asked: ClosesRequest) -> list[Candle]:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    start = now - len(asked.closes) * INTERVAL
    return [
        Candle(
            symbol=asked.symbol,
            timestamp=start + number * INTERVAL,
            open=close,
            high=close,
            low=close,
            close=close,
            volume=0.0,
            source="caller",
        )
        for number, close in enumerate(asked.closes)
    ]
