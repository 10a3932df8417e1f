"""Decrypt's feed, in RSS 2.0."""

from bentos.analyst.collect.sources.base import NewsSource

DECRYPT = NewsSource(name="decrypt", address="https://decrypt.co/feed")
