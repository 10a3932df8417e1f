"""Small real services for the tests of supervision."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from training.core.process import Service

WEB = """
import http.server, os, signal, subprocess, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok")
http.server.HTTPServer.allow_reuse_address = True
print("listening", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""

WITH_GRANDCHILD = (
    """
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid, flush=True)
"""
    + WEB
)

DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WEB

BROKEN = "import sys; print('no model here', flush=True); sys.exit(3)"


def make_service(
    folder: Path,
    port: int,
    program: str = WEB,
    name: str = "web",
    grace_seconds: float = 10.0,
    arguments: tuple[str, ...] = (),
) -> Service:
    """Return a service that runs `program` with `port` and then `arguments` on its command line."""
    return Service(
        name=name,
        command=(sys.executable, "-c", program, str(port), *arguments),
        environment={},
        ready_url=f"http://127.0.0.1:{port}/readyz",
        log_path=folder / "logs" / f"{name}.log",
        start_seconds=20.0,
        grace_seconds=grace_seconds,
    )


def wait_until(condition: Callable[[], bool], timeout_seconds: float = 20.0) -> None:
    """Return once `condition` holds; fail if it does not come true in time."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < deadline, "the awaited condition did not come true"
        time.sleep(0.02)
