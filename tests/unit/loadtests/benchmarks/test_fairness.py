"""Probes are made while something else goes on, and the slowest one counts."""

import math

from loadtests.benchmarks.fairness import Prober, probe_seconds
from loadtests.benchmarks.servers import Server, free_ports


def test_probe_that_is_answered_has_a_time(server: Server) -> None:
    assert 0.0 < probe_seconds(server.port, "/livez") < 30.0


def test_probe_without_a_good_answer_takes_for_ever(server: Server) -> None:
    assert probe_seconds(server.port, "/nowhere") == math.inf
    (nobody,) = free_ports(1)
    assert probe_seconds(nobody, "/livez") == math.inf


def test_slowest_probe_is_kept(server: Server) -> None:
    with Prober(server.port) as prober:
        while prober.probes < 3:
            pass
    assert 0.0 < prober.slowest_seconds < 30.0
