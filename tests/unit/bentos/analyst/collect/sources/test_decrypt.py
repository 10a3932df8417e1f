"""The contract with this feed: where it is, and how its recorded answer is read."""

from datetime import UTC, datetime

from bentos.analyst.collect.feeds import read_feed
from bentos.analyst.collect.sources.decrypt import DECRYPT
from tests.support.recorded_sources import recorded

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_the_recorded_feed_is_read_field_for_field() -> None:
    assert DECRYPT.address == "https://decrypt.co/feed"
    (headline,) = read_feed(recorded("decrypt.xml"), DECRYPT.name, NOW)
    assert headline.title == "Vaults Are Being Rented for Paper Keys"
    assert headline.url == "https://decrypt.co/377000/vaults-are-being-rented-for-paper-keys"
    assert headline.published_at == datetime(2026, 11, 1, 8, 43, 50, tzinfo=UTC)
