from datetime import UTC, datetime

import pytest

from bentos.analyst.collect.http import SourceFailed
from bentos.analyst.collect.sources import PRICES
from bentos.analyst.collect.sources.base import moment

FORMS = {
    "coinbase": "[[%s, 1, 1, 1, 1, 1]]",
    "kraken": '{"error": [], "result": {"XXBTZUSD": [[%s, 1, 1, 1, 1, 1, 1, 1]]}}',
    "binance": "[[%s, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]]",
}


def test_moment_is_counted_from_1970_in_utc() -> None:
    assert moment(3600, "kraken") == datetime(1970, 1, 1, 1, tzinfo=UTC)
    assert moment(3_600_500, "binance", per_second=1000) == datetime(1970, 1, 1, 1, 0, 0, 500_000, UTC)


@pytest.mark.parametrize("digits", [15, 20, 310, 4_000])
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("name", PRICES)
def test_number_that_is_no_moment_is_a_failure_of_the_source(name: str, sign: str, digits: int) -> None:
    body = FORMS[name] % (sign + "9" * digits)
    with pytest.raises(SourceFailed, match=f"{name}: bad_answer") as failure:
        PRICES[name].read(body.encode(), "BTC")
    assert len(failure.value.detail) <= 200
