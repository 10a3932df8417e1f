"""Write problem documents (RFC 9457), the one shape of every error."""

from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from bentos.core.asgi import Header
from bentos.core.errors import PROBLEMS, Problem, RequestError
from bentos.core.exchange import Exchange
from bentos.core.headers import PROBLEM_JSON, ResponseHeads

_BY_STATUS = {problem.status: problem for problem in reversed(PROBLEMS)}
"""The first problem of each status code is the general one."""


class ProblemWriter:
    """Turns errors into answers."""

    def __init__(self, heads: ResponseHeads) -> None:
        self._head = heads.make(PROBLEM_JSON)

    async def write(self, exchange: Exchange, error: RequestError) -> None:
        """Answer with the problem that the error is."""
        content = encode_problem(error.problem(exchange.scope["path"]))
        await exchange.reply(error.status, self._head, content, headers_of(error, exchange))

    async def write_status(self, exchange: Exchange, status: int, extra: Sequence[Header] = ()) -> None:
        """Answer with what a status code of another application says; of its answer only `extra` is kept."""
        content = encode_problem(problem_of_status(status, exchange.scope["path"]))
        await exchange.reply(status, self._head, content, extra)


def headers_of(error: RequestError, exchange: Exchange) -> Sequence[Header]:
    """Return the headers that an answer with this error has beside the usual ones."""
    if b"expect" in exchange.headers:
        # The client may never send the body that it asked leave to send: nothing can follow on this
        # connection.
        return (*error.headers, (b"connection", b"close"))
    return error.headers


def encode_problem(problem: Problem) -> bytes:
    """Return the JSON of a problem document."""
    return msgspec.json.encode(problem)


def problem_of_status(status: int, path: str) -> Problem:
    """Return the problem that is known under this status code, or one that says no more than the code."""
    known = _BY_STATUS.get(status)
    if known is not None:
        return Problem(
            type=f"urn:ekiben:problem:{known.slug}", title=known.title, status=status, instance=path
        )
    return plain_problem(status, path)


def plain_problem(status: int, path: str, detail: str = "") -> Problem:
    """Return a problem of the type that HTTP itself has for this status code."""
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    return Problem(type="about:blank", title=title, status=status, detail=detail, instance=path)
