"""Cointelegraph's feed, in RSS 2.0."""

from bentos.analyst.collect.sources.base import NewsSource

COINTELEGRAPH = NewsSource(name="cointelegraph", address="https://cointelegraph.com/rss")
