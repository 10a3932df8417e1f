"""A real Prometheus on loopback that scrapes named targets, with rules."""

import http
import http.client
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from tests.support.monitoring_tools import find

SCRAPE_SECONDS = 1
SETTLE_SECONDS = 60.0
LISTENING = re.compile(r'msg="Listening on" address=127\.0\.0\.1:(\d+)')


class Prometheus:
    """Answers queries."""

    def __init__(self, port: int) -> None:
        self._port = port

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the vector of an expression at this moment."""
        found: list[dict[str, Any]] = self._ask("/api/v1/query?" + urlencode({"query": expression}))["result"]
        return found

    def unhealthy(self) -> list[str]:
        """Return why rules could not be evaluated; those that were not yet are among them."""
        rules = [rule for group in self._ask("/api/v1/rules")["groups"] for rule in group["rules"]]
        return [f"{rule['name']}: {rule.get('lastError', '')}" for rule in rules if rule["health"] != "ok"]

    def wait_until(self, settled: Callable[["Prometheus"], bool]) -> None:
        """Wait until something is true of it. Raises AssertionError if that takes too long."""
        until = time.monotonic() + SETTLE_SECONDS
        while not settled(self):
            assert time.monotonic() < until
            time.sleep(0.2)

    def _ask(self, path: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SETTLE_SECONDS)
        try:
            connection.request("GET", path)
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        assert answer["status"] == "success", answer
        return answer["data"]


@contextmanager
def watching(
    targets: Mapping[int, Mapping[str, str]], groups: Sequence[Mapping[str, Any]], folder: Path
) -> Iterator[Prometheus]:
    """Run a Prometheus that scrapes ports of this machine, each with the labels that discovery gives."""
    static = [{"targets": [f"127.0.0.1:{port}"], "labels": dict(labels)} for port, labels in targets.items()]
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": list(groups)}))
    configuration = {
        "global": {"scrape_interval": f"{SCRAPE_SECONDS}s", "evaluation_interval": f"{SCRAPE_SECONDS}s"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [{"job_name": "static", "static_configs": static}],
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(configuration))
    command = [
        str(find("prometheus")),
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--web.listen-address=127.0.0.1:0",
    ]
    log = folder / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(command, stderr=output, stdin=subprocess.DEVNULL) as process,
    ):
        try:
            port = _find_port(log)
            _await_ready(port)
            yield Prometheus(port)
        finally:
            process.terminate()


def _await_ready(port: int) -> None:
    """Wait until it answers queries: it listens before it has read its storage, and says 503 until then."""
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SETTLE_SECONDS)
        connection.request("GET", "/-/ready")
        status = connection.getresponse().status
        connection.close()
        if status == http.HTTPStatus.OK:
            return
        assert time.monotonic() < until, status
        time.sleep(0.05)


def _find_port(log: Path) -> int:
    until = time.monotonic() + SETTLE_SECONDS
    while (found := LISTENING.search(log.read_text())) is None:
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.02)
    return int(found[1])
