"""Server and load do not share a core."""

import os

import pytest

from loadtests.benchmarks import cores
from loadtests.benchmarks.errors import ToolMissing


@pytest.mark.parametrize("allowed", [{0, 1}, {3, 5, 9}])
def test_server_and_load_have_different_cores(monkeypatch: pytest.MonkeyPatch, allowed: set[int]) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: allowed)
    server, client = cores.divide_cores()
    assert server != client
    assert {server, client} <= allowed


def test_single_core_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0})
    with pytest.raises(ToolMissing, match="second core"):
        cores.divide_cores()
