"""How settings name whom to ask."""

import pytest

from bentos.analyst.collect.sources import NEWS, PRICES, news_sources, price_sources
from bentos.analyst.collect.sources.coinbase import COINBASE
from bentos.analyst.settings import CollectSettings
from bentos.core.errors import SettingsError


def test_the_default_names_three_public_sources_of_each_kind() -> None:
    assert price_sources(CollectSettings().prices) == list(PRICES.values())
    assert news_sources(CollectSettings().news) == list(NEWS.values())
    assert len(PRICES) == len(NEWS) == 3


def test_every_source_is_asked_over_an_encrypted_connection() -> None:
    addresses = [source.address for source in PRICES.values()] + [feed.address for feed in NEWS.values()]
    assert all(address.startswith("https://") for address in addresses)


def test_the_order_is_kept_and_history_stands_among_them() -> None:
    assert [source and source.name for source in price_sources(" kraken, history,coinbase,")] == [
        "kraken",
        None,
        "coinbase",
    ]
    assert price_sources("") == []


def test_an_address_takes_the_place_of_the_public_one() -> None:
    (source,) = price_sources("coinbase=http://mirror.example:8080/")
    assert source is not None
    assert source.address == "http://mirror.example:8080"
    assert source.ask is COINBASE.ask
    (feed,) = news_sources("decrypt=https://mirror.example/feed/")
    assert feed.address == "https://mirror.example/feed/"


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("coinbas", "EKIBEN_COLLECT_PRICES: 'coinbas' is none of: coinbase, kraken, binance, history"),
        ("coindesk", "'coindesk' is none of"),
        ("history=http://x.example", "'history' is none of"),
        ("coinbase=", "coinbase needs an address"),
        ("coinbase=ftp://x.example", "coinbase needs an address"),
        ("coinbase=http://[::1", "coinbase needs an address"),
    ],
)
def test_other_names_and_addresses_are_refused(named: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words.replace("[", r"\[")):
        price_sources(named)


def test_news_have_their_own_names() -> None:
    with pytest.raises(SettingsError, match="EKIBEN_COLLECT_NEWS: 'kraken' is none of: coindesk"):
        news_sources("kraken")
