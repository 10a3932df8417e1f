"""Whole requests to the gateway in front of battle: every one is answered, and none with 500."""

import asyncio
import json
from typing import Any

from bentos.battle.definition import DEFINITION, routes
from bentos.battle.tensors import tensors
from bentos.core.asgi import Message, Scope
from bentos.core.auth import KeyRing
from bentos.core.gateway import Gateway
from bentos.core.manifest import sha256_digest
from bentos.core.model import LoadedModel
from tests.fuzz.target import Check, Target
from tests.support.tiny_battle import tiny_predictor, unsigned_package

KEY = b"a key of the fuzzer's"
STATUSES = {200, 204, 400, 401, 404, 405, 413, 415, 422}


def _make() -> Check:
    predictor = tiny_predictor()
    package = unsigned_package({}, "7", DEFINITION.contract.digest())
    gateway = Gateway(DEFINITION, KeyRing([bytes.fromhex(sha256_digest(KEY).removeprefix("sha256:"))]))
    gateway.open(LoadedModel(package, predictor, tuple(routes(predictor)), tensors(predictor)))
    loop = asyncio.new_event_loop()

    def check(data: bytes) -> str:
        return loop.run_until_complete(_ask(gateway, data))

    return check


async def _ask(gateway: Gateway, data: bytes) -> str:
    """Ask what is written as a request in HTTP/1.1: a line, headers, an empty line, a body."""
    head, _, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await gateway(_scope(first, lines, len(body)), receive, send)
    return _judge(sent)


def _scope(first: bytes, lines: list[bytes], body_bytes: int) -> Scope:
    """Return what a server makes of it. The length is the server's own: one that lies ends in its parser."""
    method, _, target = first.partition(b" ")
    path, _, query = target.partition(b"?")
    named = [line.partition(b":") for line in lines]
    headers = [(name.strip().lower(), value.strip()) for name, _, value in named if name.strip()]
    headers = [pair for pair in headers if pair[0] not in (b"content-length", b"transfer-encoding")]
    return {
        "type": "http",
        "method": method.decode("latin-1").upper(),
        "path": "/" + path.decode("latin-1").lstrip("/"),
        "raw_path": path,
        "query_string": query,
        "headers": [*headers, (b"content-length", b"%d" % body_bytes), (b"x-api-key", KEY)],
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }


def _judge(sent: list[Message]) -> str:
    start, *bodies = sent
    status: int = start["status"]
    headers: dict[bytes, bytes] = dict(start["headers"])
    content = b"".join(one.get("body", b"") for one in bodies)
    assert status in STATUSES, f"{status}: {content[:200]!r}"
    assert not any(b"\n" in value or b"\r" in value for value in headers.values())
    if status >= 400 and content:
        document: Any = json.loads(content)
        assert ("error" in document) or (document["status"] == status)
        assert b"Traceback" not in content
    return str(status)


_JSON = b"\ncontent-type: application/json\n\n"
_IDS = [
    {"name": f"pokemon_{side}_id", "shape": [1], "datatype": "INT64", "data": [number]}
    for side, number in ((1, 25), (2, 6))
]
_INFER = json.dumps({"inputs": _IDS}).encode()
_MOVES = json.dumps(
    {
        "inputs": [
            {
                "name": "pokemon_1_id",
                "shape": [1],
                "datatype": "INT64",
                "parameters": {"binary_data_size": 8},
            },
            {"name": "pokemon_1_moves", "shape": [1, 4], "datatype": "INT64", "data": [197, 0, 0, 0]},
            _IDS[1],
        ],
        "outputs": [{"name": "winner", "parameters": {"binary_data": True}}],
    }
).encode()
_TRACE = b"traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TARGETS = (
    Target(
        name="gateway",
        make=_make,
        seeds=(
            b"POST /api/v1/predict/battle"
            + _JSON
            + b'{"pokemon_1_id":25,"pokemon_2_id":6,"pokemon_1_moves":["dig"]}',
            b"POST /api/v1/predict/battles"
            + _JSON
            + b'{"battles":[{"pokemon_1_id": 25, "pokemon_2_id": 6}]}',
            b"POST /v2/models/battle/infer" + _JSON + _INFER,
            b"POST /v2/models/battle/versions/7/infer\ninference-header-content-length: %d\n\n" % len(_MOVES)
            + _MOVES
            + b"\x19\0\0\0\0\0\0\0",
            b"GET /api/v1/pokemon/25?\naccept-language: fr\n" + _TRACE,
            b"GET /api/v1/moves\nx-request-id: a",
            b"HEAD /metrics\naccept: application/openmetrics-text",
            b"OPTIONS /v2/models/battle/infer\norigin: https://example.com",
            b"GET /v2/models/battle/ready",
        ),
        words=(
            *(b"\n\n", b"\n", b"content-encoding: gzip", b"expect: 100-continue", b"authorization: Bearer x"),
            *(
                b"x-api-key: x",
                b"/api/v1/pokemon/",
                b"/counters?limit=3",
                b"PUT ",
                b"DELETE ",
                b"?",
                b"%2e%2e",
            ),
            *(b"application/octet-stream", b"inference-header-content-length: 10", b"/openapi.json"),
        ),
    ),
)
