"""The OpenAPI 3.1 document of a service, made from its routes and from the table of problems."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from bentos.core.errors import (
    PROBLEMS,
    BodyTooLarge,
    DependencyUnavailable,
    FieldError,
    InternalFailure,
    InvalidFields,
    MalformedBody,
    MethodNotAllowed,
    NotReady,
    Overloaded,
    Problem,
    RateLimited,
    RequestError,
    Unauthorized,
    UnknownResource,
    UnsupportedMediaType,
)
from bentos.core.health import LIVE_PATH, READY_PATH
from bentos.core.inference_protocol.openapi import TAG, describe_errors, describe_protocol
from bentos.core.inference_protocol.tensor_model import TensorModel
from bentos.core.metrics_endpoint import METRICS_PATH
from bentos.core.pages import OPENAPI_PATH
from bentos.core.routing import Route, ServiceDefinition
from bentos.core.streaming import ERROR_EVENT

_SCHEMAS = "#/components/schemas/{name}"
_OPERATIONS = "operations"

_ABOUT = """

Every answer names its request in `X-Request-ID`; a caller's own one is kept if it is 1 to 128 of
`A-Z a-z 0-9 . _ -`. A caller's `traceparent` is continued. Every error is a problem document (RFC 9457),
whatever went wrong. What takes GET takes HEAD too, and every path OPTIONS; any other method is a 405 whose
`Allow` names those that the path takes."""

_HEADERS: dict[type[RequestError], dict[str, str]] = {
    Unauthorized: {"WWW-Authenticate": "How to authenticate."},
    MethodNotAllowed: {"Allow": "What the path takes."},
    UnsupportedMediaType: {"Accept": "What the body may be."},
    **{
        problem: {"Retry-After": "Seconds after which to try again."}
        for problem in (Overloaded, RateLimited, NotReady, DependencyUnavailable)
    },
}


def describe_service(
    definition: ServiceDefinition,
    routes: Sequence[Route],
    version: str,
    needs_key: bool = True,
    tensors: TensorModel | None = None,
) -> bytes:
    """Return the document as JSON. `version` is the model's; without `needs_key` the API key is optional."""
    schemas, components = _schemas(routes)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": definition.title,
            "version": version,
            "description": definition.description + _ABOUT,
        },
        "servers": [{"url": "/", "description": "The server that this document comes from."}],
        "security": [{"ApiKey": []}] if needs_key else [{"ApiKey": []}, {}],
        "tags": [
            {"name": definition.name, "description": "What the model answers."},
            {"name": _OPERATIONS, "description": "For probes, Prometheus and tools; they need no key."},
        ],
        "paths": _paths(definition, routes, schemas),
        "components": {
            "schemas": components,
            "responses": {problem.slug: _problem_response(problem) for problem in PROBLEMS},
            "securitySchemes": {"ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
        },
    }
    if tensors is not None:
        paths, named = describe_protocol(definition.name, version, tensors)
        document["tags"].append(TAG)
        document["paths"] |= paths
        document["components"]["schemas"] |= named
        document["components"]["responses"] |= describe_errors()
    return msgspec.json.encode(document)


def _schemas(routes: Sequence[Route]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Return the schema of each body and answer by its type, and the named schemas that they refer to."""
    types = [Problem, *(kind for route in routes for kind in _types_of(route) if kind is not None)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_SCHEMAS)
    return dict(zip(types, schemas, strict=True)), dict(components)


def _types_of(route: Route) -> tuple[Any, ...]:
    return tuple(route.answer.values()) if route.streams else (route.body, route.answer)


def _paths(
    definition: ServiceDefinition, routes: Iterable[Route], schemas: dict[Any, Any]
) -> dict[str, dict[str, Any]]:
    more = () if definition.open is None else (DependencyUnavailable,)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        operation = _operation(definition.name, route, schemas, [*_problems_of(route), *more])
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {**paths, **_operating_paths()}


def _operation(
    tag: str, route: Route, schemas: dict[Any, Any], problems: Iterable[type[RequestError]]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "tags": [tag],
        "operationId": _operation_id(route),
        "summary": route.summary,
        "responses": {"200": _answer(route, schemas), **_problem_references(problems)},
    }
    if route.description:
        operation["description"] = route.description
    if route.body is not None:
        media = {"schema": schemas[route.body]}
        if route.example is not None:
            media["example"] = route.example
        operation["requestBody"] = {"required": True, "content": {"application/json": media}}
    parameters = [*_parameters(route, "path"), *_parameters(route, "query"), *_header_parameters(route)]
    if parameters:
        operation["parameters"] = parameters
    return operation


def _parameters(route: Route, place: str) -> list[dict[str, Any]]:
    kinds = route.path_parameters if place == "path" else route.query_parameters
    parameters = []
    for name, kind in kinds.items():
        parameter = {
            "name": name,
            "in": place,
            "required": place == "path",
            "schema": msgspec.json.schema(kind),
        }
        if isinstance(route.example, dict) and name in route.example:
            parameter["example"] = route.example[name]
        parameters.append(parameter)
    return parameters


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name.title(), "in": "header", "required": False, "schema": {"type": "string"}}
        for name in route.header_parameters
    ]


def _answer(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    if not route.streams:
        return _response("The answer.", "application/json", schemas[route.answer])
    events = {name: schemas[kind] for name, kind in {**route.answer, ERROR_EVENT: Problem}.items()}
    named = ", ".join(f"`{name}`" for name in events)
    # OpenAPI 3.1 has no word for the items of a stream, and tools read its schema as that of each.
    one_of = {"oneOf": [_event(name, schema) for name, schema in events.items()]}
    return _response(f"Server-sent events: {named}. The schema is that of each.", "text/event-stream", one_of)


def _event(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
    return {
        "type": "object",
        "title": name,
        "required": ["event", "data"],
        "properties": {"event": {"const": name}, "data": data},
    }


def _problems_of(route: Route) -> list[type[RequestError]]:
    problems: list[type[RequestError]] = [Unauthorized, Overloaded, RateLimited, InternalFailure, NotReady]
    if route.body is not None:
        problems += [MalformedBody, BodyTooLarge, UnsupportedMediaType]
    elif route.path_parameters or route.query_parameters:
        problems.append(UnknownResource)
    return [*problems, InvalidFields]


def _problem_references(problems: Iterable[type[RequestError]]) -> dict[str, Any]:
    by_status: dict[int, list[type[RequestError]]] = {}
    for problem in sorted(problems, key=lambda problem: problem.status):
        by_status.setdefault(problem.status, []).append(problem)
    return {str(status): _problem_reference(same) for status, same in by_status.items()}


def _problem_reference(problems: Sequence[type[RequestError]]) -> dict[str, Any]:
    """Return the response for one status code; the documents of all its problems have the same shape."""
    reference = {"$ref": f"#/components/responses/{problems[0].slug}"}
    if len(problems) > 1:
        reference["description"] = ", or: ".join(problem.title for problem in problems) + "."
    return reference


def _problem_response(problem: type[RequestError]) -> dict[str, Any]:
    example = Problem(
        type=f"urn:ekiben:problem:{problem.slug}",
        title=problem.title,
        status=problem.status,
        instance="/a/path",
        errors=(FieldError("a_field", "What is wrong with it."),) if problem is InvalidFields else (),
    )
    media_type = "application/problem+json"
    response = _response(f"{problem.title}.", media_type, {"$ref": _SCHEMAS.format(name="Problem")})
    response["content"][media_type]["example"] = msgspec.to_builtins(example)
    for name, description in _HEADERS.get(problem, {}).items():
        response["headers"][name] = {"description": description, "schema": {"type": "string"}}
    return response


def _response(description: str, media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    request_id = {"description": "Names this request in the logs.", "schema": {"type": "string"}}
    return {
        "description": description,
        "headers": {"X-Request-ID": request_id},
        "content": {media_type: {"schema": schema}},
    }


def _operating_paths() -> dict[str, dict[str, Any]]:
    status = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
    text = {"type": "string"}
    anything = {"type": "object"}
    not_ready: tuple[type[RequestError], ...] = (NotReady,)
    return {
        LIVE_PATH: _operating("Say whether the process is alive", "application/json", status),
        READY_PATH: _operating("Say whether to send requests here", "application/json", status, not_ready),
        METRICS_PATH: _operating("Give Prometheus its samples", "text/plain", text),
        OPENAPI_PATH: _operating("Give this document", "application/json", anything),
    }


def _operating(
    summary: str, media_type: str, schema: dict[str, Any], problems: Sequence[type[RequestError]] = ()
) -> dict[str, Any]:
    responses = {"200": _response("The answer.", media_type, schema), **_problem_references(problems)}
    identifier = summary.lower().replace(" ", "_")
    return {
        "get": {
            "tags": [_OPERATIONS],
            "operationId": identifier,
            "summary": summary,
            "security": [],
            "responses": responses,
        }
    }


def _operation_id(route: Route) -> str:
    words = route.path.removeprefix("/api/v1").replace("{", "").replace("}", "").replace("-", "_").split("/")
    return "_".join([route.method.lower(), *filter(None, words)])
