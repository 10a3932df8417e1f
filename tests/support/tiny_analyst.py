"""A real, signed package of a tiny prompt set, prices to explain, and a model that tells the truth."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path

import msgspec

from bentos.analyst.candles import Candle, Headline
from bentos.analyst.contract import load_contract
from bentos.analyst.facts import Facts, compute_facts
from bentos.analyst.fallback import fallback_text
from bentos.analyst.predictor import AnalystPredictor
from bentos.analyst.prompts import PromptSet
from bentos.analyst.selftest import SELFTEST_NAME, Example, make_self_test
from bentos.analyst.storage.news import NewsStore
from bentos.analyst.storage.prices import PriceStore
from bentos.analyst.wording import NAMES, Language
from bentos.core.database import close_engine, open_engine
from bentos.core.manifest import sha256_digest
from bentos.core.package import CONTRACT_NAME
from bentos.core.settings import DatabaseSettings
from tests.support.candles import FIRST, HOUR, candle
from tests.support.misbehaving_llm import Asked
from training.core.keys import signing_key
from training.core.packaging import PackageStore, sign_package
from training.core.pins import Rollout
from training.core.pipeline import TrainingInputs

VERSION = "7"
PROMPT_VERSION = "tiny"
CLOSES = 400
"""Prices that each symbol has."""
SYMBOLS = ("BTC", "ETH")

_SETTINGS = {
    "version": PROMPT_VERSION,
    "languages": ["en", "fr"],
    "most_tokens": 120,
    "most_characters": 400,
    "trends": {
        "en": {"rising": "rising", "falling": "falling", "stable": "stable"},
        "fr": {"rising": "en hausse", "falling": "en baisse", "stable": "stable"},
    },
    "levels": {
        "en": {"low": "low", "moderate": "moderate", "high": "high"},
        "fr": {"low": "faible", "moderate": "modérée", "high": "forte"},
    },
    "ages": {
        "en": {"historical": "old, of @{date}", "recent": "new"},
        "fr": {"historical": "anciens, du @{date}", "recent": "récents"},
    },
    "retry": {"en": "Wrong:", "fr": "Faux :"},
}
_FILES = {
    "system.en.txt": "Tell a beginner. Language: en.",
    "system.fr.txt": "Parle simplement. Language: fr.",
    "user.en.txt": "Window: @{window}\nAsset: @{asset}\nNews:\n@{headlines}",
    "user.fr.txt": "Window: @{window}\nAsset: @{asset}\nNouvelles :\n@{headlines}",
    "grammar.en.gbnf": 'root ::= [^\\x00-\\x1f]+ # "@{change}"',
    "grammar.fr.gbnf": 'root ::= [^\\x00-\\x1f]+ # "@{change}"',
}


@cache
def tiny_files() -> dict[str, bytes]:
    """Return the files of the package."""
    files = {name: text.encode() for name, text in _FILES.items()}
    files["prompt.json"] = msgspec.json.encode(_SETTINGS)
    files[SELFTEST_NAME] = make_self_test(PromptSet(files), tiny_examples())
    files[CONTRACT_NAME] = load_contract().encode()
    files["metrics.json"] = b"{}"
    return files


def tiny_examples() -> list[Example]:
    """Return what the self-test is made of: a text that passes, and one that does not."""
    facts = compute_facts(tiny_candles("BTC", 24))
    return [
        Example(facts=facts, headlines=("Bitcoin!",), language="fr", text=fallback_text(facts, "fr")),
        Example(facts=facts, headlines=(), language="en", text="Buy now."),
    ]


def tiny_prompts() -> PromptSet:
    """Return the prompt set."""
    return PromptSet(tiny_files())


def tiny_analyst_predictor() -> AnalystPredictor:
    """Return a predictor of the package."""
    return AnalystPredictor(tiny_prompts(), tiny_files()[SELFTEST_NAME])


def make_analyst_package(folder: Path, files: dict[str, bytes] | None = None) -> Rollout:
    """Write the package into a store in `folder`; return the pin that serves it."""
    private_key, public_key = folder / "trainer.pem", folder / "trainer.pub.pem"
    inputs = TrainingInputs(
        data_sha256=sha256_digest(b"data"),
        code_sha256=sha256_digest(b"code"),
        contract=load_contract().digest(),
        parameters={},
        seed=1,
    )
    package = sign_package(
        "analyst", files or tiny_files(), inputs, "0" * 40, signing_key(private_key, public_key)
    )
    uri = PackageStore(str(folder / "packages")).put(package)
    return Rollout(uri=uri, version=VERSION, digest=package.digest, public_key=str(public_key))


def tiny_candles(symbol: str = "BTC", count: int = CLOSES, scale: float = 1.0) -> list[Candle]:
    """Return the last of the hourly candles of a symbol, in ascending order; `scale` makes other prices."""
    start = 100.0 if symbol == "BTC" else 10.0

    def close(hour: int) -> float:
        return round(scale * start * (1 + 0.05 * math.sin(hour / 9) + 0.004 * math.sin(hour * 2.7)), 2)

    return [candle(hour, close(hour), symbol=symbol) for hour in range(CLOSES)][-count:]


def tiny_headlines(count: int = 3) -> list[Headline]:
    """Return news, newest first."""
    return [
        Headline(
            id=f"news-{number}",
            title=f"Headline {number}",
            url=f"https://news.example/{number}",
            source="coindesk",
            published_at=FIRST + CLOSES * HOUR - timedelta(minutes=number),
        )
        for number in range(count)
    ]


async def fill(settings: DatabaseSettings, scale: float = 1.0, symbols: Sequence[str] = SYMBOLS) -> None:
    """Store the prices of the symbols, and news."""
    engine = open_engine(settings)
    try:
        for symbol in symbols:
            await PriceStore(engine).upsert(tiny_candles(symbol, scale=scale))
        await NewsStore(engine).upsert(tiny_headlines())
    finally:
        await close_engine(engine)


def truthful(scale: float = 1.0) -> Callable[[Asked], str]:
    """Return how a model answers that knows the prices by heart."""

    def answer(asked: Asked) -> str:
        facts, language = facts_asked_for(asked, scale)
        return fallback_text(facts, language)

    return answer


def facts_asked_for(asked: Asked, scale: float = 1.0) -> tuple[Facts, Language]:
    """Return the facts that a question is about, and its language."""
    question = "\n".join(message["content"] for message in asked.body["messages"])
    window = int(re.sub(r"\D", "", _field("Window", question)))
    symbol = next(symbol for symbol in SYMBOLS if NAMES[symbol] in _field("Asset", question).title())
    return compute_facts(tiny_candles(symbol, window, scale)), "fr" if "Language: fr" in question else "en"


def _field(name: str, text: str) -> str:
    found = re.search(rf"^{name}: (.*)$", text, re.MULTILINE)
    assert found is not None
    return found.group(1)
