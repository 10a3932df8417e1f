"""The ceiling: an ASGI application that reads the body and answers the same bytes. It computes nothing."""

from typing import Any

HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"19")]
CONTENT = b'{"probability":0.5}'


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer one request."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": CONTENT})
