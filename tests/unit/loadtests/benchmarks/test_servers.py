"""A server is started, asked, measured and stopped."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from loadtests.benchmarks.bodies import OCTETS
from loadtests.benchmarks.errors import ServerUnusable
from loadtests.benchmarks.forms import Contender
from loadtests.benchmarks.machine import ROOT
from loadtests.benchmarks.measures import Site
from loadtests.benchmarks.servers import NO_BODY, Launch, Question, Server, free_ports, start

CHILD = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_started_server_answers_with_its_key(server: Server, contender: Contender) -> None:
    question = contender.single.question(contender.single.draw(1, 5))
    assert server.ask(question).status == 200
    server_without_key = Question(question.path, question.content)
    assert "X-API-Key" in server_without_key.headers(server.key)
    assert "X-API-Key" not in server_without_key.headers("")


def test_start_memory_time_and_files_are_measured(server: Server) -> None:
    assert 0.1 < server.start_seconds < 90.0
    assert 50.0 < server.resident_megabytes() < 1_000.0
    assert server.processor_seconds() > 0.1
    assert server.open_files() > 3
    assert not server.has_ended


def test_length_of_json_is_told_only_where_bytes_follow() -> None:
    assert Question("/", b"", OCTETS, 7).headers("")["Inference-Header-Content-Length"] == "7"
    assert list(Question("/", b"").headers("")) == ["Content-Type"]


def test_question_without_a_body_is_asked_with_get(server: Server) -> None:
    question = Question("/v2/models/synthetic", b"", NO_BODY)
    assert question.method == "GET"
    assert question.headers("") == {}
    assert b'"synthetic"' in server.ask(question).content
    assert Question("/", b"{}").method == "POST"


def test_server_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path, site: Site) -> None:
    launch = Launch("broken", (sys.executable, "-c", "print('no model'); exit(3)"), tmp_path)
    with pytest.raises(ServerUnusable, match=r"(?s)ended with 3.*no model"):
        start(launch, Question("/", b"{}"), site.server_core, tmp_path / "log")


def test_stopped_server_takes_its_children_with_it(tmp_path: Path, site: Site) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    program = "import subprocess, sys; subprocess.run([sys.executable, 'child.py', '{port}'])"
    launch = Launch("nested", (sys.executable, "-c", program), tmp_path)
    with start(launch, Question("/", b"{}"), site.server_core, tmp_path / "log"):
        assert _runs(str(tmp_path))
    for _ in range(1_000):
        if not _runs(str(tmp_path)):
            return
        time.sleep(0.01)
    pytest.fail("the child goes on")


def test_benchmark_that_is_terminated_takes_its_servers_with_it(tmp_path: Path, site: Site) -> None:
    (tmp_path / "child.py").write_text(CHILD)
    program = f"""
import sys, time
from pathlib import Path
from loadtests.benchmarks.servers import Launch, Question, end_politely, start
end_politely()
launch = Launch("child", (sys.executable, "child.py", "{{port}}"), Path({str(tmp_path)!r}))
with start(launch, Question("/", b"{{}}"), {site.server_core}, Path({str(tmp_path / "log")!r})):
    print("ready", flush=True)
    time.sleep(60)
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert _runs(str(tmp_path))
        process.terminate()
    assert not _runs(str(tmp_path))


def _runs(folder: str) -> bool:
    """Return whether a process works in this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            found.append(str((process / "cwd").readlink()) == folder)
        except OSError:
            continue
    return any(found)


def test_free_ports_are_different_ones() -> None:
    assert len(set(free_ports(3))) == 3
