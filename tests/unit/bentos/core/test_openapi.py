"""The document that describes the HTTP interface, and that the interface is as it says."""

import json
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from schemathesis import Case
from schemathesis.generation import GenerationMode

from bentos.core.errors import PROBLEMS, BodyTooLarge, DependencyUnavailable, NotReady
from bentos.core.gateway import Gateway
from bentos.core.model import LoadedModel
from bentos.core.openapi import describe_service
from bentos.core.routing import ServiceDefinition
from tests.support.asking import ask, post
from tests.support.tiny.definition import DEFINITION, FAULTY_HEIGHT, FORBIDDEN_HEIGHT

Document = dict[str, Any]


@pytest.fixture
def document(gateway: Gateway) -> Document:
    found: Document = ask(gateway, "GET", "/openapi.json").json
    return found


WITH_INPUT = (
    ("POST", "/api/v1/leaf"),
    ("POST", "/api/v1/leaves"),
    ("GET", "/api/v1/trees"),
    ("GET", "/api/v1/trees/{id}"),
    ("GET", "/api/v1/trees/{id}/neighbours"),
)
ASKED = [
    *(
        (GenerationMode.POSITIVE, *operation)
        for operation in (*WITH_INPUT, ("GET", "/api/v1/greeting"), ("GET", "/readyz"), ("GET", "/metrics"))
    ),
    *((GenerationMode.NEGATIVE, *operation) for operation in WITH_INPUT),
]


@pytest.mark.parametrize(("mode", "method", "path"), ASKED)
def test_interface_is_as_documented(gateway: Gateway, mode: GenerationMode, method: str, path: str) -> None:
    """Schemathesis makes requests from the document, good and bad ones, and holds the answers to it."""
    operation = schemathesis.openapi.from_asgi("/openapi.json", gateway)[path][method]

    @given(operation.as_strategy(generation_mode=mode))
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def ask_and_compare(case: Case[Any]) -> None:
        height = case.body.get("height") if isinstance(case.body, dict) else None
        assume(height not in (FAULTY_HEIGHT, FORBIDDEN_HEIGHT))
        response = case.call()
        # Schemathesis knows no body that is refused for its length before anyone reads it.
        assume(response.status_code != BodyTooLarge.status)
        case.validate_response(response)

    ask_and_compare()


def test_document_is_valid_openapi(document: Document) -> None:
    assert document["openapi"] == "3.1.0"
    schemathesis.openapi.from_dict(document).validate()


def test_every_route_and_every_probe_is_described(document: Document, tiny_model: LoadedModel) -> None:
    described = {(method, path) for path, item in document["paths"].items() for method in item}
    declared = {(route.method.lower(), route.path) for route in tiny_model.routes}
    probes = {("get", path) for path in ("/livez", "/readyz", "/metrics", "/openapi.json")}
    assert described == declared | probes


def test_operations_have_unique_names_and_summaries(document: Document) -> None:
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] for operation in operations)


def test_every_problem_is_described_with_an_example(document: Document) -> None:
    for problem in PROBLEMS:
        response = document["components"]["responses"][problem.slug]
        example = response["content"]["application/problem+json"]["example"]
        assert (example["status"], example["title"]) == (problem.status, problem.title)


def test_responses_are_those_that_a_route_can_give(document: Document) -> None:
    def statuses(path: str, method: str) -> set[str]:
        return set(document["paths"][path][method]["responses"])

    assert statuses("/api/v1/leaf", "post") == {"200", "400", "401", "413", "415", "422", "429", "500", "503"}
    assert statuses("/api/v1/trees/{id}", "get") == {"200", "401", "404", "422", "429", "500", "503"}
    assert statuses("/api/v1/trees", "get") == {"200", "401", "404", "422", "429", "500", "503"}
    assert statuses("/api/v1/rings", "get") == {"200", "401", "404", "422", "429", "500", "503"}
    assert statuses("/api/v1/greeting", "get") == {"200", "401", "422", "429", "500", "503"}
    assert statuses("/livez", "get") == {"200"}
    assert statuses("/readyz", "get") == {"200", "503"}


def test_examples_of_bodies_are_accepted(document: Document, gateway: Gateway) -> None:
    for path, item in document["paths"].items():
        if "post" in item:
            example = item["post"]["requestBody"]["content"]["application/json"]["example"]
            assert post(gateway, path, example).status == 200


def test_key_is_demanded_where_a_guard_demands_it(tiny_model: LoadedModel) -> None:
    def security(needs_key: bool) -> Any:
        return json.loads(describe_service(DEFINITION, tiny_model.routes, "1", needs_key))["security"]

    assert security(needs_key=True) == [{"ApiKey": []}]
    assert security(needs_key=False) == [{"ApiKey": []}, {}]


def test_model_is_named_as_the_version(document: Document) -> None:
    assert document["info"]["version"] == "7"
    assert document["info"]["title"] == "Tiny"


def test_headers_that_matter_are_described(document: Document) -> None:
    assert document["paths"]["/api/v1/greeting"]["get"]["parameters"] == [
        {"name": "Accept-Language", "in": "header", "required": False, "schema": {"type": "string"}}
    ]


def test_events_of_a_stream_are_described_by_their_names(document: Document) -> None:
    response = document["paths"]["/api/v1/rings"]["get"]["responses"]["200"]
    assert response["description"] == "Server-sent events: `ring`, `error`. The schema is that of each."
    described = [one["properties"] for one in response["content"]["text/event-stream"]["schema"]["oneOf"]]
    assert {one["event"]["const"]: one["data"]["contentSchema"] for one in described} == {
        "ring": {"$ref": "#/components/schemas/Ring"},
        "error": {"$ref": "#/components/schemas/Problem"},
    }
    assert set(document["components"]["schemas"]["Ring"]["properties"]) == {"number", "language"}


def test_service_that_opens_something_may_miss_it(tiny_model: LoadedModel) -> None:
    def unavailable(definition: ServiceDefinition) -> Any:
        found = json.loads(describe_service(definition, tiny_model.routes, "1"))
        return found["paths"]["/api/v1/leaf"]["post"]["responses"]["503"]

    not_ready = "#/components/responses/not-ready"
    assert unavailable(replace(DEFINITION, open=None)) == {"$ref": not_ready}
    assert unavailable(DEFINITION) == {
        "$ref": not_ready,
        "description": f"{NotReady.title}, or: {DependencyUnavailable.title}.",
    }
