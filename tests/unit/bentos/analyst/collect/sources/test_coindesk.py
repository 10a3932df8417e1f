"""The contract with this feed: where it is, and how its recorded answer is read."""

from datetime import UTC, datetime

from bentos.analyst.collect.feeds import read_feed
from bentos.analyst.collect.sources.coindesk import COINDESK
from tests.support.recorded_sources import recorded

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_the_recorded_feed_is_read_field_for_field() -> None:
    assert COINDESK.address == "https://www.coindesk.com/arc/outboundfeeds/rss/"
    first, second = read_feed(recorded("coindesk.xml"), COINDESK.name, NOW)
    assert first.title == "An Exchange Opens, Closes & Opens Again"
    assert first.url == "https://www.coindesk.com/markets/2026/11/01/an-exchange-opens-closes-opens-again/"
    assert (first.source, first.published_at) == ("coindesk", datetime(2026, 11, 1, 10, 13, 50, tzinfo=UTC))
    assert second.title == "Miners Move North’s Machines"
    assert first.id != second.id
