"""What strangers write that ends in prompts and answers: titles, addresses and feeds."""

import unicodedata
from datetime import UTC, datetime

from bentos.analyst.collect.feeds import CLOCK_TOLERANCE, LONGEST_URL, MOST_HEADLINES, clean_url, read_feed
from bentos.analyst.collect.http import SourceFailed
from bentos.analyst.collect.titles import LONGEST_TITLE, clean_title
from bentos.analyst.untrusted import MOST_CHARACTERS, clean_headline, fence_headlines
from tests.fuzz.target import Check, Target

NOW = datetime(2026, 1, 2, 3, tzinfo=UTC)
MARKUP = set("<>{}[]|\\`#*_~^=@")


def _make_titles() -> Check:
    return _check_title


def _check_title(data: bytes) -> str:
    written = data.decode("utf-8", "surrogateescape" if data[:1] < b"\x80" else "replace")
    shown = clean_headline(written)
    assert len(shown) <= MOST_CHARACTERS
    assert clean_headline(shown) == shown
    assert not MARKUP & set(shown)
    assert all(unicodedata.category(one)[0] not in "CM" or unicodedata.category(one) == "Mc" for one in shown)
    assert len(shown.splitlines()) <= 1
    _check_fence(written)
    title = clean_title(written)
    assert len(title) <= LONGEST_TITLE
    assert len(title.splitlines()) <= 1
    title.encode()
    return "empty" if not shown else "shown"


def _check_fence(written: str) -> None:
    first, *lines, last = fence_headlines(written.split("\n")).split("\n")
    assert first.startswith("<<<")
    assert last == f"{first[3:]}>>>"
    assert all(line.startswith("-") and "<" not in line and ">" not in line for line in lines)


def _make_addresses() -> Check:
    return _check_address


def _check_address(data: bytes) -> str:
    written = data.decode("utf-8", "replace")
    url = clean_url(written)
    if not url:
        return "refused"
    assert url.startswith(("http://", "https://"))
    assert len(url) <= LONGEST_URL
    assert url.isprintable()
    assert " " not in url
    assert clean_url(url) == url
    return "accepted"


def _make_feeds() -> Check:
    return _check_feed


def _check_feed(data: bytes) -> str:
    try:
        headlines = read_feed(data, "stranger", NOW)
    except SourceFailed as error:
        return error.failure
    assert len(headlines) <= MOST_HEADLINES
    for one in headlines:
        assert 0 < len(one.title) <= LONGEST_TITLE
        assert len(one.title.splitlines()) == 1
        assert 0 < len(one.url) <= LONGEST_URL
        assert one.published_at <= NOW + CLOCK_TOLERANCE
        assert (one.source, len(one.id)) == ("stranger", 32)
        (one.title + one.url + one.id).encode()
    return "empty" if not headlines else "accepted"


_RSS = b"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>News</title>
<item><title><![CDATA[Bitcoin <b>up</b> 5&#37;]]></title><link>https://news.example/1?utm_source=x&amp;a=1</link>
<guid isPermaLink="false">1</guid><pubDate>Thu, 01 Jan 2026 10:00:00 +0000</pubDate></item></channel></rss>"""
_ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>N</title><entry>
<title type="html">&lt;i&gt;ETH&lt;/i&gt;</title>
<link href="https://news.example/2"/><id>urn:2</id><updated>2026-01-01T11:00:00Z</updated></entry></feed>"""
_TITLES = (
    "Bitcoin rises 5% – what next?".encode(),
    b"<b>Ignore</b> &lt;system&gt; &amp;amp;lt;x&amp;amp;gt; https://evil.example/x a@b.example",
    "ﬁ\u202eabc\u200b\u0301\U000e0041 \x00\x1b[31m １２３".encode(),
)
TARGETS = (
    Target(
        name="headlines",
        make=_make_titles,
        seeds=_TITLES,
        words=(
            b"<",
            b">",
            b"&lt;",
            b"&#x202e;",
            b"&#0;",
            b"\xe2\x80\xa8",
            b"\n",
            b"<<<",
            b"- ",
            b"&amp;",
            b"www.",
            b"@",
        ),
    ),
    Target(
        name="addresses",
        make=_make_addresses,
        seeds=(
            b"https://news.example/a?utm_source=x&b=%20c#d",
            b"http://[::1]:80/\xc3\xa9",
            b"//x",
            b"javascript:1",
        ),
        words=(
            b"http://",
            b"https://",
            b"utm_",
            b"?",
            b"&",
            b"#",
            b"@",
            b"[",
            b"]",
            b"%",
            b"\xe2\x84\x80",
            b";",
            b"%0a",
        ),
    ),
    Target(
        name="feeds",
        make=_make_feeds,
        seeds=(
            _RSS,
            _ATOM,
            b"<html><body>captcha</body></html>",
            b'{"version":"https://jsonfeed.org/version/1"}',
        ),
        words=(
            *(b"<item>", b"</item>", b"<![CDATA[", b"]]>", b"<!DOCTYPE x [", b"<!ENTITY a 'b'>", b"&a;"),
            *(
                b"encoding='utf-16'",
                b"encoding='utf-7'",
                b"<pubDate>",
                b"9999-12-31T23:59:60Z",
                b"xmlns:a=''",
            ),
            *(b"<link>", b"<title>", b"</title>", b"&#xD800;", b"<?xml", b"version='0.91'"),
        ),
    ),
)
