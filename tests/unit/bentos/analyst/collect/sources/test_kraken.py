"""The contract with Kraken: what is asked, and how its recorded answer is read."""

from datetime import UTC, datetime

import pytest

from bentos.analyst.candles import Candle
from bentos.analyst.collect.http import SourceFailed
from bentos.analyst.collect.sources.base import HOUR
from bentos.analyst.collect.sources.kraken import KRAKEN
from tests.support.recorded_sources import recorded

SINCE = datetime(2026, 10, 31, 1, tzinfo=UTC)


def test_what_is_asked_for_begins_after_the_hour_before() -> None:
    path, params = KRAKEN.ask("BTC", SINCE, SINCE + 3 * HOUR)
    assert path == "/0/public/OHLC"
    assert params == {"pair": "XBTUSD", "interval": "60", "since": "1793404800"}
    assert int(params["since"]) == int((SINCE - HOUR).timestamp())


def test_symbols_that_have_the_same_name_there_keep_it() -> None:
    assert KRAKEN.ask("ETH", SINCE, SINCE + HOUR)[1]["pair"] == "ETHUSD"


def test_the_recorded_answer_is_read_field_for_field() -> None:
    candles = KRAKEN.read(recorded("kraken.json"), "BTC")
    assert len(candles) == 4
    assert candles[0] == Candle(
        symbol="BTC",
        timestamp=SINCE,
        open=83740.1,
        high=83999.9,
        low=83720.0,
        close=83951.2,
        volume=41.20417312,
        source="kraken",
    )


def test_a_failure_with_status_200_is_a_failure() -> None:
    with pytest.raises(SourceFailed, match="kraken: refused: EQuery:Unknown asset pair"):
        KRAKEN.read(b'{"error":["EQuery:Unknown asset pair"]}', "NOPE")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        recorded("kraken.json")[:120],
        b"[]",
        b'{"result":{}}',
        b'{"error":[],"result":{"XXBTZUSD":[[1793408400,"1"]],"last":1}}',
        b'{"error":[],"result":{"XXBTZUSD":"closed"}}',
    ],
)
def test_anything_else_is_a_failure_of_the_source(body: bytes) -> None:
    with pytest.raises(SourceFailed, match="kraken: bad_answer"):
        KRAKEN.read(body, "BTC")
