"""One request from inside a pod: `python -c SOURCE '{"host": …}'` prints what came back as JSON.

`rows` makes a body of so many battles, so that a large one need not travel through kubectl.
"""

import http.client
import json
import sys
import time
from typing import Any


def ask(request: dict[str, Any]) -> dict[str, Any]:
    """Send it and return the answer. Raises OSError if there is none."""
    body = request.get("body")
    if "rows" in request:
        body = json.dumps({"battles": [{"pokemon_1_id": 25, "pokemon_2_id": 6}] * request["rows"]})
    if "padding_bytes" in request:
        body = " " * request["padding_bytes"]
    began = time.monotonic()
    connection = http.client.HTTPConnection(request["host"], request.get("port", 80), timeout=30)
    headers = {"Content-Type": "application/json"} if body else {}
    connection.request(
        request.get("method", "POST"), request["path"], body, {**headers, **request.get("headers", {})}
    )
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    return {
        "status": answer.status,
        "headers": {name.lower(): value for name, value in answer.getheaders()},
        "body": text,
        "seconds": time.monotonic() - began,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(ask(json.loads(sys.argv[1]))))
