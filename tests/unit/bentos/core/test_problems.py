"""Every row of the table of problems, as a caller meets it."""

from collections.abc import Callable

import pytest

from bentos.core.errors import (
    PROBLEMS,
    BodyTooLarge,
    DependencyUnavailable,
    InternalFailure,
    InvalidFields,
    MalformedBody,
    MethodNotAllowed,
    NotReady,
    Overloaded,
    RateLimited,
    RequestError,
    Unauthorized,
    UnknownResource,
    UnsupportedMediaType,
)
from bentos.core.gateway import Gateway
from bentos.core.problems import problem_of_status
from tests.support.asking import JSON, Reply, ask, post
from tests.support.tiny.definition import DEFINITION, FAULTY_HEIGHT

LEAF_PATH = "/api/v1/leaf"


class NobodyMayPass:
    """A guard that refuses everyone."""

    wants_key = True

    def __init__(self, refusal: RequestError) -> None:
        self._refusal = refusal

    def admit(self, _exchange: object) -> None:
        raise self._refusal


def refused_with(refusal: RequestError) -> Reply:
    return ask(Gateway(DEFINITION, NobodyMayPass(refusal)), "POST", LEAF_PATH)


PROVOKED: dict[type[RequestError], Callable[[Gateway], Reply]] = {
    MalformedBody: lambda gateway: ask(gateway, "POST", LEAF_PATH, b"{", JSON),
    Unauthorized: lambda gateway: refused_with(Unauthorized()),
    Overloaded: lambda gateway: refused_with(Overloaded()),
    RateLimited: lambda gateway: refused_with(RateLimited("100 per 1 second", 1)),
    UnknownResource: lambda gateway: ask(gateway, "POST", "/api/v1/leaf/1"),
    MethodNotAllowed: lambda gateway: ask(gateway, "PATCH", LEAF_PATH),
    BodyTooLarge: lambda gateway: ask(gateway, "POST", LEAF_PATH, b" " * 1025, JSON),
    UnsupportedMediaType: lambda gateway: ask(
        gateway, "POST", LEAF_PATH, b"<a/>", {"content-type": "text/xml"}
    ),
    InvalidFields: lambda gateway: post(gateway, LEAF_PATH, {"height": 1}),
    InternalFailure: lambda gateway: post(gateway, LEAF_PATH, {"height": FAULTY_HEIGHT, "width": 1}),
    NotReady: lambda gateway: ask(Gateway(DEFINITION), "GET", "/readyz"),
    DependencyUnavailable: lambda gateway: ask(gateway, "GET", "/api/v1/soil"),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_problem_is_written_as_a_problem_document(gateway: Gateway, problem: type[RequestError]) -> None:
    reply = PROVOKED[problem](gateway)
    document = reply.json
    assert reply.status == problem.status == document["status"]
    assert reply.headers["content-type"] == "application/problem+json"
    assert document["type"] == f"urn:ekiben:problem:{problem.slug}"
    assert document["title"] == problem.title
    assert document["instance"].startswith("/")
    assert set(document) <= {"type", "title", "status", "detail", "instance", "errors"}
    assert ("errors" in document) == (problem is InvalidFields)


def test_client_that_waits_for_leave_to_send_is_told_at_once_and_cut(gateway: Gateway) -> None:
    waiting = {**JSON, "content-length": "5000", "expect": "100-continue"}
    reply = ask(gateway, "POST", LEAF_PATH, [], waiting)
    assert (reply.status, reply.headers["connection"]) == (413, "close")


def test_slugs_are_unique_and_statuses_too_but_for_what_is_tried_again_later() -> None:
    assert len({problem.slug for problem in PROBLEMS}) == len(PROBLEMS)
    others = {DependencyUnavailable, RateLimited}
    statuses = [problem.status for problem in PROBLEMS if problem not in others]
    assert len(set(statuses)) == len(statuses)


def test_caller_is_told_when_a_dependency_may_be_back(gateway: Gateway) -> None:
    assert ask(gateway, "GET", "/api/v1/soil").headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("status", "kind", "title"),
    [
        (404, "urn:ekiben:problem:unknown-resource", "There is nothing here"),
        (503, "urn:ekiben:problem:not-ready", "This server is not taking requests"),
        (429, "urn:ekiben:problem:overloaded", "The server has more requests than it can answer in time"),
        (406, "about:blank", "Not Acceptable"),
        (599, "about:blank", "Error"),
    ],
)
def test_status_of_another_application_becomes_a_problem(status: int, kind: str, title: str) -> None:
    problem = problem_of_status(status, "/a")
    assert (problem.type, problem.title, problem.status, problem.instance) == (kind, title, status, "/a")
