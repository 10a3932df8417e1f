"""A provider of language models that only notes who asks: `python -u -c SOURCE` in a pod.

Each request's `traceparent` goes to its log; the answer is always 503.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 3200


class Witness(BaseHTTPRequestHandler):
    """Notes one request."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Write the trace that the request is part of, and refuse it."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        sys.stdout.write(
            json.dumps({"path": self.path, "traceparent": self.headers.get("traceparent")}) + "\n"
        )
        sys.stdout.flush()
        self.send_response(503)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Leave the log to what is noted above."""


if __name__ == "__main__":
    ThreadingHTTPServer(("", PORT), Witness).serve_forever()
