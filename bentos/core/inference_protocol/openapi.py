"""The protocol's part of the OpenAPI document."""

from typing import Any

import msgspec

from bentos.core.inference_protocol.datatypes import datatype_of
from bentos.core.inference_protocol.endpoints import LIVE_PATH, MODEL_ROUTES, OCTETS, READY_PATH, ROOT
from bentos.core.inference_protocol.messages import (
    InferenceRequest,
    InferenceResponse,
    ModelMetadata,
    ModelReady,
    ProtocolError,
    ServerLive,
    ServerMetadata,
    ServerReady,
)
from bentos.core.inference_protocol.tensor_model import TensorModel

TAG = {"name": "inference protocol", "description": "The Open Inference Protocol, version 2."}
SCHEMAS = "#/components/schemas/{name}"

_ERROR = "protocol-error"
_JSON_LENGTH = "Inference-Header-Content-Length"
_JSON_LENGTH_MEANING = "Bytes of JSON that the body begins with; tensors follow."

_REFUSALS = {
    "400": "The body is not what it says.",
    "401": "A valid X-API-Key header is needed.",
    "413": "The body is too large.",
    "415": "The body is neither JSON nor JSON with bytes behind it.",
    "422": "The tensors are not the ones that the model takes.",
    "429": "The server has more requests than it can answer, or this key has sent as many as it may.",
    "500": "The server failed to answer.",
    "503": "This server is not taking requests.",
}
_READING = ("401", "429", "500", "503")

Json = dict[str, Any]


def describe_protocol(name: str, version: str, model: TensorModel) -> tuple[dict[str, Json], Json]:
    """Return the paths of the protocol and the named schemas that they refer to."""
    types = (
        *(InferenceRequest, InferenceResponse, ModelMetadata, ModelReady, ProtocolError),
        *(ServerLive, ServerMetadata, ServerReady),
    )
    _, components = msgspec.json.schema_components(types, ref_template=SCHEMAS)
    paths = {
        ROOT: _get("Say what this server is", "server_metadata", ServerMetadata),
        LIVE_PATH: _get("Say whether the server is alive", "server_live", ServerLive, ()),
        READY_PATH: _get("Say whether to send requests here", "server_ready", ServerReady, ("503",)),
    }
    for path in LIVE_PATH, READY_PATH:
        paths[path]["get"]["security"] = []
    for route, suffix in zip(MODEL_ROUTES, ("", "_version"), strict=True):
        path = route.format(model=name, version=version)
        paths[path] = _get("Say what the model takes and gives", f"model{suffix}_metadata", ModelMetadata)
        paths[f"{path}/ready"] = _get("Say whether the model is ready", f"model{suffix}_ready", ModelReady)
        paths[f"{path}/infer"] = {"post": _infer(f"model{suffix}_infer", model)}
    return paths, dict(components)


def describe_errors() -> Json:
    """Return the response that stands for every error of the protocol."""
    return {_ERROR: _response("What is wrong, in one sentence.", ProtocolError)}


def _get(
    summary: str, identifier: str, answer: type[msgspec.Struct], refusals: tuple[str, ...] = _READING
) -> dict[str, Json]:
    responses = {"200": _response("The answer.", answer), **_refusals(refusals)}
    return {
        "get": {"tags": [TAG["name"]], "operationId": identifier, "summary": summary, "responses": responses}
    }


def _infer(identifier: str, model: TensorModel) -> Json:
    header = {"name": _JSON_LENGTH, "in": "header", "required": False, "description": _JSON_LENGTH_MEANING}
    answer = _response("The outputs.", InferenceResponse)
    answer["headers"][_JSON_LENGTH] = {"description": _JSON_LENGTH_MEANING, "schema": {"type": "integer"}}
    answer["content"][OCTETS.decode()] = {}
    return {
        "tags": [TAG["name"]],
        "operationId": identifier,
        "summary": "Compute the outputs for named tensors",
        "description": _explain(model),
        "parameters": [{**header, "schema": {"type": "integer", "minimum": 0}}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": _reference(InferenceRequest), "example": example_of(model)},
                OCTETS.decode(): {},
            },
        },
        "responses": {"200": answer, **_refusals(tuple(_REFUSALS))},
    }


def example_of(model: TensorModel) -> Json:
    """Return a request with one row."""
    datatypes = {field.name: (datatype_of(field).name, field.shape) for field in model.inputs}
    return {
        "inputs": [
            {
                "name": name,
                "shape": [1, *datatypes[name][1][1:]],
                "datatype": datatypes[name][0],
                "data": data,
            }
            for name, data in model.example.items()
        ]
    }


def _explain(model: TensorModel) -> str:
    lines = [
        f"- `{field.name}` {datatype_of(field).name} {list(field.shape)}"
        f"{' (optional)' if field.optional else ''}{': ' if field.description else ''}{field.description}"
        for field in (*model.inputs, *model.outputs)
    ]
    inputs, outputs = lines[: len(model.inputs)], lines[len(model.inputs) :]
    return "\n".join([f"1 to {model.most_rows} rows. Inputs:\n", *inputs, "\nOutputs:\n", *outputs])


def _refusals(codes: tuple[str, ...]) -> Json:
    reference = f"#/components/responses/{_ERROR}"
    return {code: {"$ref": reference, "description": _REFUSALS[code]} for code in codes}


def _response(description: str, answer: type[msgspec.Struct]) -> Json:
    request_id = {"description": "Names this request in the logs.", "schema": {"type": "string"}}
    return {
        "description": description,
        "headers": {"X-Request-ID": request_id},
        "content": {"application/json": {"schema": _reference(answer)}},
    }


def _reference(kind: type[msgspec.Struct]) -> Json:
    return {"$ref": SCHEMAS.format(name=kind.__name__)}
