"""The contract with this feed: where it is, and how its recorded answer is read."""

from datetime import UTC, datetime

from bentos.analyst.collect.feeds import read_feed
from bentos.analyst.collect.sources.cointelegraph import COINTELEGRAPH
from tests.support.recorded_sources import recorded

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_the_recorded_feed_is_read_field_for_field() -> None:
    assert COINTELEGRAPH.address == "https://cointelegraph.com/rss"
    (headline,) = read_feed(recorded("cointelegraph.xml"), COINTELEGRAPH.name, NOW)
    assert headline.title == "What a made-up week in crypto looked like"
    assert headline.url == "https://cointelegraph.com/news/what-a-made-up-week-looked-like"
    assert headline.published_at == datetime(2026, 10, 31, 20, 42, 54, tzinfo=UTC)
