"""Every line is one JSON object, and says which request it is about."""

import asyncio
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bentos.core.gateway import Gateway
from bentos.core.logs import FOREIGN_LOGGERS, configure_logs
from tests.support.asking import ask, ask_in_loop, post
from tests.support.logs import kept_logs
from tests.support.tiny.definition import FAULTY_HEIGHT

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
IDS = {"X-Request-ID": "my-request", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    with kept_logs():
        yield


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_error_line_names_request_and_trace(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    ask(gateway, "GET", "/nowhere", headers=IDS)
    (line,) = lines(capsys)
    assert (line["request_id"], line["trace_id"]) == ("my-request", TRACE)
    assert line["span_id"] != "00f067aa0ba902b7"
    assert (line["method"], line["path"], line["route"], line["status"]) == (
        "GET",
        "/nowhere",
        "unknown",
        404,
    )
    assert list(line)[:3] == ["timestamp", "level", "event"]


def test_fault_and_access_line_of_one_request_share_their_ids(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs()
    reply = post(gateway, "/api/v1/leaf", {"height": FAULTY_HEIGHT, "width": 1})
    fault, access = lines(capsys)
    assert "ZeroDivisionError: a secret about our insides" in fault["exception"]
    assert fault["request_id"] == access["request_id"] == reply.headers["x-request-id"]
    assert fault["trace_id"] == access["trace_id"]


def test_lines_outside_of_requests_name_none(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    structlog.get_logger("test").info("Hello", number=1, what={1, 2})
    (line,) = lines(capsys)
    assert "request_id" not in line
    assert (line["event"], line["level"], line["number"]) == ("Hello", "info", 1)


def test_requests_at_the_same_time_keep_their_ids_apart(
    gateway: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    async def ask_both() -> None:
        ids = [{"X-Request-ID": name} for name in ("one", "two")]
        await asyncio.gather(
            *(ask_in_loop(gateway, "GET", f"/{one['X-Request-ID']}", headers=one) for one in ids)
        )

    configure_logs()
    asyncio.run(ask_both())
    assert {(line["path"], line["request_id"]) for line in lines(capsys)} == {
        ("/one", "one"),
        ("/two", "two"),
    }


@pytest.mark.parametrize("name", [*FOREIGN_LOGGERS, "some.library"])
def test_other_peoples_loggers_write_the_same_lines(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger(name).addHandler(logging.StreamHandler())
    configure_logs()
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger(name).warning("Watch %s", "out", exc_info=True, extra={"fact": 1})
    written = lines(capsys)
    if name == "uvicorn.access":
        assert written == []
        return
    (line,) = written
    assert (line["event"], line["level"], line["fact"], line["logger"]) == ("Watch out", "warning", 1, name)
    assert "ValueError: why" in line["exception"]


@pytest.mark.filterwarnings("always")
def test_warnings_of_python_are_lines_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs()
    warnings.warn("This goes away.", DeprecationWarning, stacklevel=1)
    (line,) = lines(capsys)
    assert (line["level"], line["logger"]) == ("warning", "py.warnings")
    assert "DeprecationWarning: This goes away." in line["event"]


def test_level_holds_for_all_loggers(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("warning")
    structlog.get_logger("test").info("quiet")
    logging.getLogger("bentoml").info("quiet")
    structlog.get_logger("test").warning("loud")
    assert [line["event"] for line in lines(capsys)] == ["loud"]
