"""Feeds by strangers: what is read of them, and what they can't make us do."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bentos.analyst.candles import Headline
from bentos.analyst.collect.feeds import LONGEST_URL, MOST_HEADLINES, clean_url, read_feed
from bentos.analyst.collect.http import SourceFailed
from tests.support.misbehaving_web import Answer, misbehaving_web

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def entry(
    title: str = "News",
    link: str = "https://news.example/1",
    date: str = "Sun, 01 Nov 2026 10:00:00 +0000",
    guid: str = "1",
) -> str:
    return (
        f"<item><title>{title}</title><link>{link}</link>"
        f'<guid isPermaLink="false">{guid}</guid><pubDate>{date}</pubDate></item>'
    )


def feed(*entries: str, before: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<rss version="2.0"><channel><title>Feed</title>'
        f"{''.join(entries)}</channel></rss>"
    ).encode()


def read(body: bytes) -> list[Headline]:
    return read_feed(body, "somewhere", NOW)


def test_atom_is_read_as_well() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><title>News</title>
      <link href="https://news.example/a"/><id>urn:1</id><updated>2026-11-01T10:00:00Z</updated></entry></feed>"""
    (headline,) = read(body)
    assert (headline.title, headline.url) == ("News", "https://news.example/a")
    assert headline.published_at == datetime(2026, 11, 1, 10, tzinfo=UTC)


def test_an_id_stays_the_same_and_belongs_to_its_source() -> None:
    (first,) = read(feed(entry(title="News")))
    (again,) = read(feed(entry(title="News, corrected")))
    (elsewhere,) = read_feed(feed(entry()), "elsewhere", NOW)
    assert first.id == again.id != elsewhere.id


def test_one_entry_that_comes_twice_is_one_headline() -> None:
    assert len(read(feed(entry(), entry(), entry(guid="2")))) == 2


@pytest.mark.parametrize(
    "broken",
    [
        entry(title=""),
        entry(title="&lt;br&gt;"),
        entry(link="javascript:alert(1)"),
        entry(link="https://user:word@news.example/"),  # pragma: allowlist secret
        entry(link="file:///etc/hosts"),
        entry(link="https://news.example/" + "x" * LONGEST_URL),
        entry(link=""),
        entry(date="soon"),
        entry(date="Sat, 01 Jan 0000 10:00:00 +0000"),
        entry(date="9999-12-31T23:59:59-23:00"),
        entry(date="Sun, 01 Nov 2026 13:00:01 +0000"),
        "<item/>",
    ],
)
def test_an_entry_that_is_not_whole_is_left_out(broken: str) -> None:
    assert [headline.id for headline in read(feed(broken, entry(guid="good")))] == [
        headline.id for headline in read(feed(entry(guid="good")))
    ]


def test_a_long_feed_is_cut() -> None:
    assert len(read(feed(*(entry(guid=str(number)) for number in range(200))))) == MOST_HEADLINES


def test_what_was_whole_of_a_cut_feed_is_read() -> None:
    body = feed(entry(), entry(guid="2"))
    assert len(read(body[: body.rindex(b"<guid")])) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Are you a robot?</body></html>",
        b'{"items": []}',
        feed(entry())[:140],
        b"\x00\xff\xfe",
        b"BZh9" + b"\x00" * 100,
    ],
)
def test_what_is_no_feed_is_a_failure_of_the_source(body: bytes) -> None:
    with pytest.raises(SourceFailed, match="somewhere: bad_answer"):
        read(body)


def test_an_empty_feed_is_no_failure() -> None:
    assert read(feed()) == []


def test_a_body_is_never_taken_for_an_address_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(feed(entry()))
    with misbehaving_web(Answer(feed(entry()))) as web:
        for body in (str(file), f"file://{file}", web.address):
            with pytest.raises(SourceFailed):
                read(body.encode())
        assert web.asked == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_before_they_are_read(tmp_path: Path, encoding: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    external = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>'
    laughs = "<!DOCTYPE rss [<!ENTITY a 'ha'>" + "".join(
        f"<!entity {chr(98 + level)} '{f'&{chr(97 + level)};' * 10}'>" for level in range(9)
    )
    for before in (external, laughs + "]>"):
        body = feed(entry(title="&x;&j;"), before=before).decode().replace("UTF-8", encoding).encode(encoding)
        with pytest.raises(SourceFailed, match="it declares entities"):
            read(body)


def test_a_document_type_is_never_fetched() -> None:
    with misbehaving_web(Answer(b"")) as web:
        body = feed(entry(), before=f'<!DOCTYPE rss PUBLIC "x" "{web.address}/rss.dtd">')
        assert len(read(body)) == 1
        assert web.asked == []


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        (
            " https://news.example/a?utm_source=rss&id=1&utm_medium=x#part ",
            "https://news.example/a?id=1#part",
        ),
        ("http://news.example/?q=a%20b&empty=", "http://news.example/?q=a+b&empty="),
        ("https://[::1", ""),
        ("https:///path", ""),
        ("data:text/html,x", ""),
        ("https://news.example/a b", ""),
        ("https://news.example/\u202egpj.exe", ""),
    ],
)
def test_an_address_is_one_on_the_web_without_what_follows_readers(written: str, clean: str) -> None:
    assert clean_url(written) == clean


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: feed(entry(title=text, link=text, date=text)))
)
def test_whatever_the_bytes_are_it_is_headlines_or_a_failure(body: bytes) -> None:
    try:
        headlines = read(body)
    except SourceFailed:
        return
    assert all(headline.title and headline.url.startswith("http") for headline in headlines)
