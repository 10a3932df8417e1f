"""Whether large batches hold up single answers and probes."""

import http.client
import subprocess
import time
from contextlib import closing

from msgspec import Struct

from loadtests.benchmarks.bodies import BodyFile
from loadtests.benchmarks.closed_loop import read_report, wrk_command
from loadtests.benchmarks.open_loop import Open, open_loop
from loadtests.benchmarks.plan import FAIRNESS_CLIENTS, FAIRNESS_CONNECTIONS, FAIRNESS_RATE
from loadtests.benchmarks.sampler import Sampler
from loadtests.benchmarks.servers import HOST, Server

LIVE_PATH = "/livez"
PROBE_PAUSE_SECONDS = 0.02
PROBE_TIMEOUT_SECONDS = 30.0
BEFORE_SECONDS = 1
"""How long batches run before single ones are measured."""


class Fairness(Struct, frozen=True, kw_only=True):
    """Single answers at a fixed rate while batches run without a pause; `live_seconds` is the slowest probe,
    infinite if one was not answered."""

    singles: Open
    live_seconds: float
    probes: int
    batches_per_second: float
    batch_rows: int
    batches_wrong: int


class Prober(Sampler):
    """Asks `/livez` again and again, each time on a connection of its own, as the kubelet does."""

    def __init__(self, port: int) -> None:
        super().__init__(self._probe, PROBE_PAUSE_SECONDS)
        self.slowest_seconds = 0.0
        self.probes = 0
        self._port = port

    def _probe(self) -> None:
        self.slowest_seconds = max(self.slowest_seconds, probe_seconds(self._port, LIVE_PATH))
        self.probes += 1


def probe_seconds(port: int, path: str) -> float:
    """Return how long a GET took to be answered with 200; infinity if it was not."""
    began = time.perf_counter()
    try:
        with closing(http.client.HTTPConnection(HOST, port, timeout=PROBE_TIMEOUT_SECONDS)) as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
    except (OSError, http.client.HTTPException):
        return float("inf")
    return time.perf_counter() - began if response.status == http.HTTPStatus.OK else float("inf")


def measure_fairness(
    server: Server, singles: tuple[str, BodyFile], batches: tuple[str, BodyFile], seconds: int, core: int
) -> Fairness:
    """Ask single questions (address and bodies) beside batches for so long. Raises ReportUnreadable."""
    url, bodies = batches
    command = wrk_command(url, bodies, FAIRNESS_CLIENTS, seconds + 2 * BEFORE_SECONDS, core, server.key)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as load:
        time.sleep(BEFORE_SECONDS)
        with Prober(server.port) as prober:
            measured = open_loop(*singles, FAIRNESS_RATE, seconds, FAIRNESS_CONNECTIONS, core, server.key)
        report, _ = load.communicate()
    behind = read_report(report, FAIRNESS_CLIENTS)
    return Fairness(
        singles=measured,
        live_seconds=prober.slowest_seconds,
        probes=prober.probes,
        batches_per_second=behind.per_second,
        batch_rows=bodies.rows,
        batches_wrong=behind.wrong,
    )
