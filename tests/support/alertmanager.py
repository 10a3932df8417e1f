"""A real Alertmanager on loopback, to see which alerts it holds back."""

import http.client
import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.monitoring_tools import find

START_SECONDS = 60.0
SETTLE_SECONDS = 30.0
LAST: Sequence[Mapping[str, str]] = (
    {"alertname": "EkibenErrorBudgetBurnFast", "namespace": "last", "service": "last"},
    {"alertname": "EkibenErrorBudgetBurnSlow", "namespace": "last", "service": "last"},
)
"""Two alerts of which the first inhibits the second; handed over after those that a test asks about."""

LISTENING = re.compile(r'msg="Listening on" address=127\.0\.0\.1:(\d+)')


class Alertmanager:
    """Takes alerts and tells what became of them."""

    def __init__(self, port: int) -> None:
        self._port = port

    def suppressed(self, alerts: Sequence[Mapping[str, str]]) -> set[str]:
        """Hand over alerts, given by their labels, as Prometheus does; return the names of those that are
        inhibited. Raises AssertionError if it takes too long."""
        self._post([*alerts, *LAST])
        until = time.monotonic() + SETTLE_SECONDS
        # Alerts are taken up one after the other: once the last one is inhibited, those before it are known.
        while not (found := self._inhibited()) >= {LAST[1]["alertname"]}:
            assert time.monotonic() < until, found
            time.sleep(0.05)
        return found - {LAST[1]["alertname"]}

    def _post(self, alerts: Sequence[Mapping[str, str]]) -> None:
        status, _ = self._ask("POST", [{"labels": dict(labels)} for labels in alerts])
        assert status == 200, status

    def _inhibited(self) -> set[str]:
        return {alert["labels"]["alertname"] for alert in self._alerts() if alert["status"]["inhibitedBy"]}

    def _alerts(self) -> list[dict[str, Any]]:
        return list(self._ask("GET", None)[1])

    def _ask(self, method: str, document: Any) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=SETTLE_SECONDS)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request(method, "/api/v2/alerts", json.dumps(document), headers)
            response = connection.getresponse()
            content = response.read()
            return response.status, json.loads(content) if content else None
        finally:
            connection.close()


@contextmanager
def running(configuration: Path, folder: Path) -> Iterator[Alertmanager]:
    """Run Alertmanager with a configuration; it keeps its state in `folder`."""
    command = [
        str(find("prometheus-alertmanager")),
        f"--config.file={configuration}",
        f"--storage.path={folder}",
        "--web.listen-address=127.0.0.1:0",
        "--cluster.listen-address=",
    ]
    log = folder / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(command, stderr=output, stdin=subprocess.DEVNULL) as process,
    ):
        try:
            yield Alertmanager(_find_port(log))
        finally:
            process.terminate()


def _find_port(log: Path) -> int:
    until = time.monotonic() + START_SECONDS
    while (found := LISTENING.search(log.read_text())) is None:
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.02)
    return int(found[1])
