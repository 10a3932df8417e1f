"""One request from inside a pod: `python -c SOURCE '{"host": …}'` prints status, headers and body as JSON.

`rows` makes a body of so many battles, so that a large one need not travel through kubectl.
"""

import http.client
import json
import sys
from typing import Any


def ask(request: dict[str, Any]) -> dict[str, Any]:
    """Send it and return the answer. Raises OSError if there is none."""
    body = request.get("body")
    if "rows" in request:
        body = json.dumps({"battles": [{"pokemon_1_id": 25, "pokemon_2_id": 6}] * request["rows"]})
    if "padding_bytes" in request:
        body = " " * request["padding_bytes"]
    connection = http.client.HTTPConnection(request["host"], request.get("port", 80), timeout=30)
    headers = {"Content-Type": "application/json"} if body else {}
    connection.request(
        request.get("method", "POST"), request["path"], body, {**headers, **request.get("headers", {})}
    )
    answer = connection.getresponse()
    return {
        "status": answer.status,
        "headers": {name.lower(): value for name, value in answer.getheaders()},
        "body": answer.read().decode("utf-8", "replace"),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(ask(json.loads(sys.argv[1]))))
