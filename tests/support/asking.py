"""Ask an ASGI application one question, without a server."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bentos.core.asgi import App, Message

JSON = {"content-type": "application/json"}


@dataclass
class Reply:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.content)


async def ask_in_loop(
    app: App,
    method: str,
    path: str,
    content: bytes | Sequence[bytes] = b"",
    headers: Mapping[str, str] | None = None,
    disconnects: bool = False,
) -> Reply:
    """Send one request; `content` may come in parts, after which the client may be gone."""
    parts = [content] if isinstance(content, bytes) else list(content)
    messages: list[Message] = [
        {"type": "http.request", "body": part, "more_body": disconnects or index < len(parts) - 1}
        for index, part in enumerate(parts)
    ]
    reply = Reply()

    async def receive() -> Message:
        if not messages and not disconnects:
            await asyncio.Event().wait()
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            reply.content += message.get("body", b"")

    path_only, _, query = path.partition("?")
    await app(
        {
            "type": "http",
            "method": method,
            "path": path_only,
            "raw_path": path_only.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
            "client": ("127.0.0.1", 5),
            "server": ("127.0.0.1", 80),
            "scheme": "http",
            "http_version": "1.1",
            "root_path": "",
            "asgi": {"version": "3.0"},
        },
        receive,
        send,
    )
    return reply


def ask(
    app: App,
    method: str,
    path: str,
    content: bytes | Sequence[bytes] = b"",
    headers: Mapping[str, str] | None = None,
    disconnects: bool = False,
) -> Reply:
    """`ask_in_loop`, in an event loop of its own."""
    return asyncio.run(ask_in_loop(app, method, path, content, headers, disconnects))


def post(app: App, path: str, document: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """Send a document as JSON."""
    return ask(app, "POST", path, json.dumps(document).encode(), {**JSON, **(headers or {})})
