"""Steady load from a pod, for as long as a scenario wants it."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.e2e.support.cluster import Cluster

SOURCE = Path(__file__).with_name("caller.py")
START_SECONDS = 30.0
REST_SECONDS = 200.0
STEADY_SECONDS = 3
"""Load before the first phase that a scenario names: what its figures are compared with."""

Result = dict[str, Any]


class Load:
    """A caller under way in a pod."""

    def __init__(self, cluster: Cluster, pod: str, orders: dict[str, Any]) -> None:
        self.result: dict[str, Result] = {}
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._process = cluster.start(
            *("kubectl", "exec", "--stdin", pod, "--", "python", "-c", SOURCE.read_text(), json.dumps(orders))
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def order(self, line: str) -> None:
        """Send one line to the caller."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def phase(self, name: str) -> None:
        """Count what is sent from now on under this name."""
        self.order(f"phase {name}")

    def wait_seconds(self, seconds: int) -> None:
        """Return when the caller has been at it for so long. Raises AssertionError if it ends before."""
        while True:
            line = self._lines.get(timeout=START_SECONDS)
            assert line is not None, f"the caller ended with {self._process.wait()}"
            if line.get("seconds", 0) >= seconds and all(answered for answered, _ in line["seen"].values()):
                return

    def finish(self) -> None:
        """Let the caller complete what it was asked for, and take its result."""
        self.order("stop")
        while (line := self._lines.get(timeout=REST_SECONDS)) is not None:
            self.result = line.get("result", self.result)
        assert self.result, f"the caller ended with {self._process.wait()} and no result"

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.terminate()
        self._process.wait(timeout=10)
        self._reader.join(timeout=10)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()


@contextmanager
def load(cluster: Cluster, pod: str, **orders: Any) -> Iterator[Load]:
    """Keep up load while the block runs; its figures are in `result` afterwards."""
    caller = Load(cluster, pod, orders)
    try:
        caller.wait_seconds(STEADY_SECONDS)
        yield caller
        caller.finish()
    finally:
        caller.close()


def added_p95_ms(result: Result, phase: str) -> float:
    """Return how much slower the slowest of twenty answers was in `phase` than in the steady one."""
    phases = result["phases"]
    return round(float(phases[phase]["p95_ms"]) - float(phases["steady"]["p95_ms"]), 2)


def failing_seconds(result: Result) -> int:
    """Return the length in seconds of the stretch from the first failed request to the last one."""
    bad = [one["second"] for one in result["seconds"] if one["failed"]]
    return bad[-1] - bad[0] + 1 if bad else 0
