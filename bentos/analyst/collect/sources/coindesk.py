"""CoinDesk's feed, in RSS 2.0."""

from bentos.analyst.collect.sources.base import NewsSource

COINDESK = NewsSource(name="coindesk", address="https://www.coindesk.com/arc/outboundfeeds/rss/")
