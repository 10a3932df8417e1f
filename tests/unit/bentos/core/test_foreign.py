"""Another application's answers, as they leave this process."""

import pytest

from bentos.core.asgi import App, Receive, Scope, Send
from bentos.core.errors import FieldError, InvalidFields
from bentos.core.exchange import CURRENT
from bentos.core.gateway import Gateway
from bentos.core.headers import OWN_FILES_LOAD, security_headers
from tests.support.asking import Reply, ask
from tests.support.tiny.definition import DEFINITION


def answering(status: int, headers: dict[str, str], *parts: bytes) -> App:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        for index, part in enumerate(parts):
            await send({"type": "http.response.body", "body": part, "more_body": index < len(parts) - 1})

    return app


def reply_of(app: App, method: str = "GET", path: str = "/theirs") -> Reply:
    gateway = Gateway(DEFINITION)
    gateway.router.unknown = gateway.leave_to(app)
    return ask(gateway, method, path)


def test_answer_is_passed_on_with_our_headers_in_place_of_theirs() -> None:
    theirs = {
        "Content-Type": "text/plain",
        "Server": "theirs",
        "ETag": "1",
        "Cache-Control": "public",
        "X-Frame-Options": "ALLOW",
    }
    reply = reply_of(answering(201, theirs, b"one ", b"two"))
    assert (reply.status, reply.content) == (201, b"one two")
    assert (reply.headers["content-type"], reply.headers["etag"]) == ("text/plain", "1")
    assert "server" not in reply.headers
    for name, value in security_headers():
        assert reply.headers[name.decode()] == value.decode()
    assert reply.headers["x-request-id"]


def test_page_may_load_its_own_files() -> None:
    reply = reply_of(answering(200, {"content-type": "text/html; charset=ascii"}, b"<html>"))
    assert reply.headers["content-security-policy"] == OWN_FILES_LOAD.decode()


def test_head_is_answered_without_content() -> None:
    assert reply_of(answering(200, {"content-length": "3"}, b"abc"), "HEAD").content == b""


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "malformed-body"), (405, "method-not-allowed"), (422, "invalid-fields"), (503, "not-ready")],
)
def test_error_becomes_a_problem_document(status: int, kind: str) -> None:
    app = answering(
        status, {"content-type": "application/json", "Allow": "GET", "Retry-After": "9"}, b'{"secret":1}'
    )
    reply = reply_of(app)
    assert reply.status == reply.json["status"] == status
    assert reply.json["type"] == f"urn:ekiben:problem:{kind}"
    assert b"secret" not in reply.content
    assert reply.headers["content-type"] == "application/problem+json"
    assert (reply.headers["allow"], reply.headers["retry-after"]) == ("GET", "9")


def test_unknown_path_is_told_as_by_the_gateway_itself() -> None:
    assert reply_of(answering(404, {}, b"Not Found")).json["detail"] == "No resource has the path '/theirs'."


@pytest.mark.parametrize("begun", [True, False])
def test_crash_is_a_500_unless_the_answer_had_begun(begun: bool) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise LookupError("a secret")

    if begun:
        with pytest.raises(ConnectionAbortedError):
            reply_of(app)
        return
    reply = reply_of(app)
    assert (reply.status, reply.json["type"]) == (500, "urn:ekiben:problem:internal-failure")
    assert b"secret" not in reply.content


def test_crash_that_their_own_server_answers_is_answered_once() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"Internal Server Error"})
        raise LookupError("a secret")

    assert reply_of(app).json["type"] == "urn:ekiben:problem:internal-failure"


def test_error_that_a_method_of_ours_left_is_written_as_it_is() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        asked = CURRENT.get()
        if asked is not None:
            asked.failure = InvalidFields([FieldError("a", "why")])
        await answering(200, {}, b"whatever")(_scope, _receive, send)

    reply = reply_of(app)
    assert reply.status == 422
    assert reply.json["errors"] == [{"field": "a", "message": "why"}]


def test_answers_close_connections_while_stopping() -> None:
    gateway = Gateway(DEFINITION)
    gateway.router.unknown = gateway.leave_to(answering(200, {"connection": "keep-alive"}, b"x"))
    gateway.begin_stopping()
    assert ask(gateway, "GET", "/theirs").headers["connection"] == "close"
