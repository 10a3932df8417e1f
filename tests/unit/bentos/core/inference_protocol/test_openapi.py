"""The protocol's part of the document, and that it is as it says."""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from schemathesis import Case
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from bentos.core.errors import BodyTooLarge
from bentos.core.gateway import Gateway
from bentos.core.inference_protocol.openapi import example_of
from bentos.core.model import LoadedModel
from tests.support.asking import ask, post

Document = dict[str, Any]
PATHS = [
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
    *(
        f"/v2/models/tiny{version}{rest}"
        for version in ("", "/versions/7")
        for rest in ("", "/ready", "/infer")
    ),
]
ASKED = [
    *((GenerationMode.POSITIVE, path) for path in PATHS),
    *((GenerationMode.NEGATIVE, path) for path in PATHS if path.endswith("/infer")),
]


@pytest.fixture
def document(speaking: Gateway) -> Document:
    found: Document = ask(speaking, "GET", "/openapi.json").json
    return found


def test_document_is_valid_and_lists_every_endpoint(document: Document) -> None:
    schemathesis.openapi.from_dict(document).validate()
    assert [path for path in document["paths"] if path.startswith("/v2")] == PATHS
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)


def test_only_health_needs_no_key(document: Document) -> None:
    free = {
        path for path in PATHS for operation in document["paths"][path].values() if "security" in operation
    }
    assert free == {"/v2/health/live", "/v2/health/ready"}


def test_tensors_are_explained(document: Document) -> None:
    description = document["paths"]["/v2/models/tiny/infer"]["post"]["description"]
    assert (
        "- `height` FP32 [-1]: Centimetres.\n- `width` FP32 [-1]\n- `name` BYTES [-1] (optional)"
        in description
    )
    assert description.startswith("1 to 1000 rows.")


def test_example_is_answered(speaking: Gateway, speaking_model: LoadedModel, document: Document) -> None:
    assert speaking_model.tensors is not None
    media = document["paths"]["/v2/models/tiny/infer"]["post"]["requestBody"]["content"]["application/json"]
    assert json.loads(json.dumps(example_of(speaking_model.tensors))) == media["example"]
    assert post(speaking, "/v2/models/tiny/infer", media["example"]).status == 200


@pytest.mark.parametrize(("mode", "path"), ASKED)
def test_interface_is_as_documented(speaking: Gateway, mode: GenerationMode, path: str) -> None:
    """Schemathesis makes requests from the document, good and bad ones, and holds the answers to it."""
    infers = path.endswith("/infer")
    operation = schemathesis.openapi.from_asgi("/openapi.json", speaking)[path]["POST" if infers else "GET"]

    @given(operation.as_strategy(generation_mode=mode))
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    def ask_and_compare(case: Case[Any]) -> None:
        response = case.call()
        assume(response.status_code != BodyTooLarge.status)
        # A schema can't say that there are as many data as the shape says.
        case.validate_response(response, excluded_checks=[positive_data_acceptance] if infers else [])

    ask_and_compare()
