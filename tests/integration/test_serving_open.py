"""What a service opens beside its model decides, like the model, whether its process lives."""

import json

import pytest

from tests.support.serving import serving, started
from tests.support.tiny.package import TinyPackage
from tests.support.tiny.soil import BEHAVIOUR, MOISTURE


def test_service_is_open_before_it_is_ready_and_until_it_has_stopped(tiny_package: TinyPackage) -> None:
    with serving(tiny_package.environment) as process:
        assert process.ask("GET", "/api/v1/soil").json == {"moisture": MOISTURE}
        assert f"tiny_soil_moisture {MOISTURE}\n" in process.ask("GET", "/metrics").content.decode()
        process.signal()
        assert process.exit_code() == 0
    events = [event["event"] for event in process.events]
    wanted = ["Listening", "The soil is open", "Ready", "The soil is closed", "Stopped"]
    assert [event for event in events if event in wanted] == wanted


@pytest.mark.parametrize(
    ("behaviour", "code", "words"),
    [
        ("refused", 5, "TINY_SOIL is refused."),
        ("faulty", 1, "The model could not be put to use"),
        ("lost", 1, "What the service keeps open failed"),
        ("spoilt", 1, "What the service keeps open failed"),
    ],
)
def test_failure_ends_the_process_with_its_code_and_one_line(
    tiny_package: TinyPackage, behaviour: str, code: int, words: str
) -> None:
    with started({**tiny_package.environment, BEHAVIOUR: behaviour}) as process:
        if behaviour == "spoilt":
            process.wait_for('"event":"Ready"')
            process.signal()
        assert process.exit_code() == code
    errors = [event for event in process.events if event["level"] == "error"]
    assert [(error["event"], error["exit_code"]) for error in errors] == [(words, code)]
    assert json.loads(process.text[-1]) | {"timestamp": ""} == {
        "timestamp": "",
        "level": "info",
        "event": "Stopped",
        "exit_code": code,
    }


def test_process_that_still_opens_answers_probes_and_stops_at_once(tiny_package: TinyPackage) -> None:
    with started({**tiny_package.environment, BEHAVIOUR: "endless"}) as process:
        process.port = json.loads(process.wait_for("Listening"))["port"]
        assert process.ask("GET", "/readyz").status == 503
        process.signal()
        assert process.exit_code() == 0
