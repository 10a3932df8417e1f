"""Who can be asked, and how settings name them."""

from typing import TypeVar

import httpx
from msgspec.structs import replace

from bentos.analyst.collect.sources.base import NewsSource, PriceSource
from bentos.analyst.collect.sources.binance import BINANCE
from bentos.analyst.collect.sources.coinbase import COINBASE
from bentos.analyst.collect.sources.coindesk import COINDESK
from bentos.analyst.collect.sources.cointelegraph import COINTELEGRAPH
from bentos.analyst.collect.sources.decrypt import DECRYPT
from bentos.analyst.collect.sources.kraken import KRAKEN
from bentos.core.errors import SettingsError

HISTORY_NAME = "history"
"""The archives, as the settings name them."""

PRICES = {source.name: source for source in (COINBASE, KRAKEN, BINANCE)}
NEWS = {source.name: source for source in (COINDESK, COINTELEGRAPH, DECRYPT)}

_Source = TypeVar("_Source", PriceSource, NewsSource)


def price_sources(named: str) -> list[PriceSource | None]:
    """Return the sources in `coinbase,kraken=https://mirror.example,history`, in that order; None stands for
    the archives. An address after `=` takes the place of the public one. Raises SettingsError for others."""
    entries = _entries(named)
    return [
        None if entry == HISTORY_NAME else _find(entry, PRICES, "EKIBEN_COLLECT_PRICES", HISTORY_NAME)
        for entry in entries
    ]


def news_sources(named: str) -> list[NewsSource]:
    """Return the sources in `decrypt=https://mirror.example/feed`. Raises SettingsError for others."""
    return [_find(entry, NEWS, "EKIBEN_COLLECT_NEWS") for entry in _entries(named)]


def _entries(named: str) -> list[str]:
    return [entry.strip() for entry in named.split(",") if entry.strip()]


def _find(entry: str, known: dict[str, _Source], variable: str, *others: str) -> _Source:
    name, separator, address = entry.partition("=")
    if name not in known:
        raise SettingsError(f"{variable}: {name!r} is none of: {', '.join([*known, *others])}.")
    if not separator:
        return known[name]
    if not _is_address(address):
        raise SettingsError(f"{variable}: {name} needs an address that begins with http:// or https://.")
    return replace(known[name], address=address.rstrip("/") if name in PRICES else address)


def _is_address(address: str) -> bool:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return False
    return url.scheme in ("http", "https") and bool(url.host)
