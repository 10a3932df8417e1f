"""Make exchanges for tests of what works on them."""

from collections.abc import Mapping, Sequence
from typing import Any

from bentos.core.asgi import Message
from bentos.core.exchange import Exchange


class Sent(list[Message]):
    """What was sent on an exchange."""

    async def send(self, message: Message) -> None:
        self.append(message)

    @property
    def content(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self)


def exchange(
    messages: Sequence[Message] = (),
    headers: Mapping[str, str] | None = None,
    sent: Sent | None = None,
    **scope: Any,
) -> Exchange:
    """Return an exchange that receives `messages`, then the client's leaving."""
    waiting = list(messages)

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    encoded = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    whole = {"type": "http", "method": "GET", "path": "/", "headers": encoded, **scope}
    return Exchange(whole, receive, (Sent() if sent is None else sent).send)


def part(content: bytes, more: bool = False) -> Message:
    """Return one part of a body."""
    return {"type": "http.request", "body": content, "more_body": more}
