"""Against a real server that is slow, broken, enormous or hostile."""

import asyncio
import gzip
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from bentos.analyst.collect.http import LONGEST_PAUSE_SECONDS, MOST_BYTES, Fetcher, SourceFailed
from tests.support.misbehaving_web import Answer, misbehaving_web

GOOD = Answer(b"[]")


def fetch(url: str, timeout_seconds: float = 30.0, attempts: int = 3) -> bytes:
    async def ask() -> bytes:
        async with Fetcher(timeout_seconds, attempts) as fetcher:
            return await fetcher.fetch("somewhere", url, {"pair": "XBTUSD"})

    return asyncio.run(ask())


def failure_of(url: str, timeout_seconds: float = 30.0) -> SourceFailed:
    with pytest.raises(SourceFailed) as caught:
        fetch(url, timeout_seconds)
    return caught.value


def test_the_body_comes_back_and_the_server_learns_who_asks() -> None:
    with misbehaving_web(Answer(b'[{"a": 1}]')) as web:
        assert fetch(web.address + "/x") == b'[{"a": 1}]'
    assert web.asked == [("/x", {"pair": "XBTUSD"})]
    assert web.agents == ["ekiben-collector"]


def test_what_may_be_over_a_moment_later_is_asked_again() -> None:
    passing = [
        Answer(status=500),
        Answer(status=429),
        Answer(b"half of it", cut_at=4),
    ]
    for answer in passing:
        with misbehaving_web(answer, GOOD) as web:
            assert fetch(web.address) == b"[]"
        assert len(web.asked) == 2


@pytest.mark.parametrize(
    ("answer", "failure", "words"),
    [
        (Answer(status=500), "server", "status 500"),
        (Answer(status=503), "server", "status 503"),
        (Answer(status=429), "rate_limited", "status 429"),
        (Answer(b"half of it", cut_at=4), "connection", "RemoteProtocolError"),
    ],
)
def test_what_does_not_pass_is_given_up_after_all_attempts(answer: Answer, failure: str, words: str) -> None:
    with misbehaving_web(answer) as web:
        failed = failure_of(web.address)
    assert (failed.failure, failed.detail) == (failure, words)
    assert len(web.asked) == 3


@pytest.mark.parametrize(
    ("answer", "failure", "words"),
    [
        (Answer(status=403), "refused", "status 403"),
        (Answer(status=404), "refused", "status 404"),
        (Answer(status=204), "refused", "status 204"),
        (Answer(status=302), "refused", "status 302"),
        (Answer(b"x" * (MOST_BYTES + 1)), "bad_answer", "bytes"),
    ],
)
def test_what_will_not_pass_is_not_asked_again(answer: Answer, failure: str, words: str) -> None:
    with misbehaving_web(answer) as web:
        failed = failure_of(web.address)
    assert failed.failure == failure
    assert words in failed.detail
    assert len(web.asked) == 1


def test_a_small_answer_that_unpacks_to_an_enormous_one_is_refused() -> None:
    packed = gzip.compress(b"x" * (MOST_BYTES + 1))
    assert len(packed) < MOST_BYTES / 100
    with misbehaving_web(Answer(packed, headers={"content-encoding": "gzip"})) as web:
        assert failure_of(web.address).failure == "bad_answer"


@pytest.mark.parametrize("answer", [Answer(hangs=True), Answer(b"[", drips=True)])
def test_a_server_that_hangs_or_drips_is_given_up(answer: Answer) -> None:
    with misbehaving_web(answer) as web:
        failed = failure_of(web.address, timeout_seconds=0.2)
    assert (failed.failure, failed.detail) == ("timeout", "no whole answer within 0.2 s")
    assert len(web.asked) == 3


def test_nobody_at_the_address_is_a_failed_connection() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert failure_of(f"http://127.0.0.1:{free.getsockname()[1]}/").failure == "connection"


@pytest.mark.parametrize("url", ["http://[::1", "gopher://127.0.0.1/", "http://127.0.0.1:99999/", "http://"])
def test_an_address_that_is_none_is_a_failure_of_the_source(url: str) -> None:
    assert failure_of(url).failure in ("refused", "connection")


def test_a_redirect_on_the_same_host_is_followed() -> None:
    with misbehaving_web(Answer(status=301, headers={"location": "/feed/"}), GOOD) as web:
        assert fetch(web.address + "/feed") == b"[]"
    assert [path for path, _ in web.asked] == ["/feed", "/feed/"]


def test_a_redirect_to_another_host_or_port_is_refused() -> None:
    with misbehaving_web(GOOD) as inside:
        for target in (inside.address, inside.address.replace("127.0.0.1", "localhost"), "file:///etc/hosts"):
            with misbehaving_web(Answer(status=302, headers={"location": target})) as web:
                failed = failure_of(web.address)
            assert failed.failure in ("refused", "connection")
        assert inside.asked == []


def test_redirects_in_a_circle_end() -> None:
    with misbehaving_web(Answer(status=302, headers={"location": "/again"})) as web:
        assert failure_of(web.address).detail == "more than 3 redirects"
    assert len(web.asked) == 4


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("soon", None), ("-3", None), ("1e999", None), ("", None)],
)
def test_the_pause_that_a_server_asks_for_is_understood(value: str, seconds: float | None) -> None:
    headers = {"retry-after": value} if value else {}
    with misbehaving_web(Answer(status=429, headers=headers)) as web:
        assert failure_of(web.address).retry_after_seconds == seconds


def test_a_pause_until_a_date_is_understood() -> None:
    date = format_datetime(datetime.now(UTC) - timedelta(minutes=5), usegmt=True)
    with misbehaving_web(Answer(status=503, headers={"retry-after": date})) as web:
        assert failure_of(web.address).retry_after_seconds == 0.0


def test_a_server_that_asks_for_a_long_pause_is_left_alone() -> None:
    headers = {"retry-after": str(LONGEST_PAUSE_SECONDS + 1)}
    with misbehaving_web(Answer(status=429, headers=headers)) as web:
        failure_of(web.address)
    assert len(web.asked) == 1
