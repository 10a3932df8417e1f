"""Serves the counters of MLflow's server processes, which they leave in files, to Prometheus."""

import os
import signal
import threading

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector


def main() -> None:
    """Answer on METRICS_PORT until a signal comes."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # reads PROMETHEUS_MULTIPROC_DIR
    server, _ = start_http_server(int(os.environ["METRICS_PORT"]), os.environ["METRICS_HOST"], registry)
    stopped.wait()
    server.shutdown()


if __name__ == "__main__":
    main()
