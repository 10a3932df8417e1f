"""How soon a server is itself again once load has ended."""

import http.client
import math
import time

from loadtests.benchmarks.servers import Question, Server

CALM_SECONDS = 1.0
"""It has recovered when it answered well for this long without a break."""
CALM_ANSWER_SECONDS = 0.05
"""An answer within this time is a good one."""
LONGEST_SECONDS = 60.0
PAUSE_SECONDS = 0.01


def recovery_seconds(server: Server, question: Question, longest_seconds: float = LONGEST_SECONDS) -> float:
    """Return how long after now the time began in which every answer was 200 and quick; infinity if it never
    did."""
    began = time.monotonic()
    calm_since: float | None = None
    while (now := time.monotonic()) - began < longest_seconds:
        if not answers_well(server, question):
            calm_since = None
        elif calm_since is None:
            calm_since = now
        elif now - calm_since >= CALM_SECONDS:
            return calm_since - began
        time.sleep(PAUSE_SECONDS)
    return math.inf


def answers_well(server: Server, question: Question) -> bool:
    """Return whether one question is answered with 200, and soon."""
    began = time.monotonic()
    try:
        status = server.ask(question).status
    except (OSError, http.client.HTTPException):
        return False
    return status == http.HTTPStatus.OK and time.monotonic() - began <= CALM_ANSWER_SECONDS
