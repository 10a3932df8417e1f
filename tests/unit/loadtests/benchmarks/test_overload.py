"""Batches beside single requests, and a server that ended is started again."""

import msgspec
import pytest

from loadtests.benchmarks.forms import Contender
from loadtests.benchmarks.measures import Site
from loadtests.benchmarks.overload import BATCH_ROWS, BODIES, Options, Overload


@pytest.fixture
def overload(contender: Contender, site: Site, monkeypatch: pytest.MonkeyPatch) -> Overload:
    monkeypatch.setattr("loadtests.benchmarks.overload.BODIES", BATCH_ROWS)
    return Overload(contender, site, Options())


def test_loads_are_single_rows_and_batches(overload: Overload) -> None:
    try:
        loads = overload.loads()
    finally:
        overload.close()
    assert [(load.name, load.packed.rows) for load in loads] == [("1 row", 1), ("64 rows", BATCH_ROWS)]
    (asked,) = msgspec.json.decode(loads[1].lines.path.read_bytes().splitlines()[0])["inputs"]
    assert asked["shape"] == [BATCH_ROWS, 20]
    assert BODIES > BATCH_ROWS


def test_server_that_ended_is_started_again_and_counted(overload: Overload) -> None:
    try:
        assert overload.restart_if_ended() == 0
        overload.close()
        assert overload.restart_if_ended() == 1
        assert overload.restart_if_ended() == 0
    finally:
        overload.close()
