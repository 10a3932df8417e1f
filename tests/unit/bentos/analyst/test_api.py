"""What callers see of what is known."""

import msgspec
from prometheus_client import CollectorRegistry

from bentos.analyst.answers import Answers
from bentos.analyst.api import NewsItem, PricePoint, Verdict, give_verdict, news_item, price_point
from bentos.analyst.facts import compute_facts
from bentos.analyst.measures import Measures
from tests.support.tiny_analyst import tiny_candles, tiny_headlines, tiny_prompts


def test_verdict_is_the_whole_answer_and_whether_it_replaces_what_was_said() -> None:
    answers = Answers(tiny_prompts(), Measures(CollectorRegistry()))
    answer = answers.fallback(compute_facts(tiny_candles(count=24)), "en")
    verdict = give_verdict(answer, replaces=True)
    assert isinstance(verdict, Verdict)
    told = msgspec.to_builtins(verdict)
    assert told.pop("replaces") is True
    assert told == msgspec.to_builtins(answer)


def test_price_point_has_everything_but_the_symbol_and_the_source() -> None:
    candle = tiny_candles(count=1)[0]
    assert price_point(candle) == PricePoint(
        timestamp=candle.timestamp,
        open=candle.open,
        high=candle.high,
        low=candle.low,
        close=candle.close,
        volume=candle.volume,
    )


def test_news_item_has_everything_but_the_id() -> None:
    headline = tiny_headlines(1)[0]
    assert news_item(headline) == NewsItem(
        title=headline.title,
        url=headline.url,
        source=headline.source,
        published_at=headline.published_at,
    )
