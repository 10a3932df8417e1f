"""What follows from prices while they stay as they are."""

import math

import pytest
from prometheus_client import CollectorRegistry

from bentos.analyst.answers import Answers
from bentos.analyst.edition import Edition, Held
from bentos.analyst.facts import compute_facts
from bentos.analyst.measures import Measures
from bentos.core.errors import UnknownResource
from tests.support.tiny_analyst import tiny_candles, tiny_prompts


def held(symbol: str = "BTC") -> Held:
    answers = Answers(tiny_prompts(), Measures(CollectorRegistry()))
    return answers.hold(answers.fallback(compute_facts(tiny_candles(symbol, 24)), "en"), math.inf)


def test_latest_candles_are_given() -> None:
    edition = Edition("1", {"BTC": tiny_candles(count=30)})
    assert edition.candles("BTC", 5) == tiny_candles(count=5)
    assert len(edition.candles("BTC", 1000)) == 30


def test_unknown_symbol_is_refused_with_the_known_ones() -> None:
    edition = Edition("1", {"ETH": tiny_candles("ETH"), "BTC": tiny_candles()})
    with pytest.raises(UnknownResource) as refused:
        edition.candles("DOGE", 5)
    assert str(refused.value) == "There are no prices of 'DOGE'; there are of: BTC, ETH."
    with pytest.raises(UnknownResource, match="there are of: none yet"):
        Edition("1", {}).candles("BTC", 5)


def test_facts_are_computed_once_for_the_same_closes() -> None:
    edition = Edition("1", {"BTC": tiny_candles(count=30)})
    assert edition.facts("BTC", 24) == compute_facts(tiny_candles(count=24))
    assert edition.facts("BTC", 30) is edition.facts("BTC", 1000)


def test_one_close_is_too_few() -> None:
    with pytest.raises(UnknownResource, match="too few prices of 'BTC' yet: two closes are needed, 1"):
        Edition("1", {"BTC": tiny_candles(count=1)}).facts("BTC", 24)


def test_answers_are_taken_over_where_prices_are_the_same() -> None:
    older = Edition("1", {"BTC": tiny_candles(), "ETH": tiny_candles("ETH")})
    facts = older.facts("BTC", 24)
    older.answers["BTC", 24, "en"] = held()
    older.answers["ETH", 24, "en"] = held("ETH")
    newer = Edition("2", {"BTC": tiny_candles(), "ETH": tiny_candles("ETH", scale=2.0)})
    newer.adopt(older)
    assert set(newer.answers) == {("BTC", 24, "en")}
    assert newer.facts("BTC", 24) is facts
    assert newer.facts("ETH", 24) != older.facts("ETH", 24)
