"""Feeds in RSS and Atom, written by strangers: nothing in them is fetched, and everything is cut to size."""

import hashlib
import io
from calendar import timegm
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import struct_time
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import feedparser

from bentos.analyst.candles import Headline
from bentos.analyst.collect.http import SourceFailed
from bentos.analyst.collect.titles import clean_title

MOST_HEADLINES = 50
"""Of one feed; they hold the newest ones first."""
LONGEST_URL = 1000
CLOCK_TOLERANCE = timedelta(hours=1)
"""News from further in the future are left out: they would stay the newest for good."""


def read_feed(body: bytes, source: str, now: datetime) -> list[Headline]:
    """Return the headlines of a feed. Entries without a title, a date or a link to the web are left out.

    Raises SourceFailed for what is no feed, such as a page that asks for a captcha.
    """
    # A UTF-16 document has a NUL beside each of these letters.
    if b"<!entity" in body.replace(b"\x00", b"").lower():
        raise SourceFailed(source, "bad_answer", "it declares entities")
    try:
        # Given bytes as they are, feedparser would take them for the name of a file to open.
        feed = feedparser.parse(io.BytesIO(body), resolve_relative_uris=False, sanitize_html=False)
    except Exception as error:
        # The parsers that it tries break in their own ways over bytes that were made to break them.
        raise SourceFailed(source, "bad_answer", f"it breaks the parser: {type(error).__name__}") from error
    if not feed.get("version"):
        raise SourceFailed(source, "bad_answer", "it is no feed")
    headlines = [_headline(entry, source) for entry in feed.entries[:MOST_HEADLINES]]
    sound = {
        found.id: found
        for found in headlines
        if found is not None and found.published_at <= now + CLOCK_TOLERANCE
    }
    if feed.bozo and not sound:
        raise SourceFailed(source, "bad_answer", "it is a broken feed")
    return list(sound.values())


def _headline(entry: Mapping[str, Any], source: str) -> Headline | None:
    title = clean_title(str(entry.get("title", "")))
    url = clean_url(str(entry.get("link", "")))
    # Asked for one that is not there, feedparser warns about the other.
    published = entry.get("published_parsed" if "published_parsed" in entry else "updated_parsed")
    published_at = _moment(published)
    if not (title and url and published_at):
        return None
    name = f"{source}\n{entry.get('id') or url}"
    return Headline(
        id=hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32],
        title=title,
        url=url,
        source=source,
        published_at=published_at,
    )


def _moment(parsed: struct_time | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (OverflowError, ValueError):
        return None


def clean_url(written: str) -> str:
    """Return an address on the web without the parameters that follow readers around; empty if it is none."""
    try:
        parts = urlsplit(written.strip())
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        return ""
    if not is_web or not written.strip().isprintable() or " " in written.strip():
        return ""
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not pair[0].startswith("utm_")]
    url = urlunsplit(parts._replace(query=urlencode(kept)))
    return url if len(url) <= LONGEST_URL else ""
