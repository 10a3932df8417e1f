"""Somebody who asks now and then, over one connection, while others overload the server.

A load generator at its limit delays its own requests, and can't tell that from a slow server; this caller's
times are those of the server.
"""

import http.client
import statistics
import time
from contextlib import suppress

from loadtests.benchmarks.sampler import Sampler
from loadtests.benchmarks.servers import HOST, Question, Server

PAUSE_SECONDS = 0.02
TIMEOUT_SECONDS = 30.0


class Bystander:
    """Asks the same question 50 times a second at most, while it is entered; keeps the times of answers
    with 200."""

    def __init__(self, server: Server, question: Question) -> None:
        self.seconds: list[float] = []
        self.refused = 0
        self._question = question
        self._headers = question.headers(server.key)
        self._connection = http.client.HTTPConnection(HOST, server.port, timeout=TIMEOUT_SECONDS)
        self._asking = Sampler(self.ask, PAUSE_SECONDS)

    def __enter__(self) -> "Bystander":
        self._asking.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._asking.__exit__()
        self._connection.close()

    def ask(self) -> None:
        """Ask once and keep the time, if the answer is 200. A connection that broke is made anew."""
        began = time.perf_counter()
        try:
            asked = self._question
            self._connection.request(asked.method, asked.path, asked.content, self._headers)
            response = self._connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            self.refused += 1
            with suppress(OSError):
                self._connection.close()
            return
        if response.status == http.HTTPStatus.OK:
            self.seconds.append(time.perf_counter() - began)
        else:
            self.refused += 1

    def p99_seconds(self) -> float | None:
        """Return the 99th percentile of the times, None if there are fewer than two."""
        if len(self.seconds) < 2:
            return None
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[98]
