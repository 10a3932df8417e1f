"""Folders and buckets behave alike, and fail with one sentence."""

import re
import socket
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from bentos.core.storage import Storage, write_whole


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as is asked for here: objects by path, and lists by prefix."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536
    objects: dict[str, bytes]

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        key = unquote(parts.path).removeprefix("/models").lstrip("/")
        if not parts.path.startswith("/models"):
            self._reply(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        elif self.command == "PUT":
            self.objects[key] = body
            self._reply(200, b"")
        elif self.command == "POST":
            self._delete(body.decode())
        elif "list-type" in parts.query:
            self._list(parse_qs(parts.query).get("prefix", [""])[0])
        elif key in self.objects:
            self._reply(200, self.objects[key])
        else:
            self._reply(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def _delete(self, body: str) -> None:
        keys = re.findall("<Key>(.+?)</Key>", body)
        for key in keys:
            self.objects.pop(key, None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self._reply(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())

    def _list(self, prefix: str) -> None:
        when = "<LastModified>2026-11-22T00:00:00.000Z</LastModified>"
        entries = "".join(
            f"<Contents><Key>{key}</Key>{when}<ETag>x</ETag><Size>{len(content)}</Size></Contents>"
            for key, content in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        self._reply(200, f"<ListBucketResult>{entries}</ListBucketResult>".encode())

    def _reply(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", "application/xml")
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", "Sun, 22 Nov 2026 00:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing."""


for _method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
    setattr(Bucket, f"do_{_method}", Bucket.answer)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """A bucket `models` behind the endpoint that the environment names."""
    objects: dict[str, bytes] = {}
    handler = type("Handler", (Bucket,), {"objects": objects})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    name_endpoint(monkeypatch, server.server_address[1])
    yield objects
    server.shutdown()
    thread.join()
    server.server_close()


def name_endpoint(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",  # pragma: allowlist secret
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=["folder", "file", "bucket", "memory"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "bucket":
        request.getfixturevalue("s3")
        return "s3://models/packages/one"
    return {
        "folder": str(tmp_path / "one"),
        "file": f"file://{tmp_path}/one",
        "memory": f"memory://{tmp_path}/one",
    }[request.param]


def test_what_is_written_is_listed_read_and_removed(address: str) -> None:
    storage = Storage(f"{address}/")
    assert storage.names() == []
    assert not storage.exists("a.json")
    storage.write("b.json", b"two")
    storage.write("a.json", b"one")
    storage.write("a.json", b"ONE")
    assert storage.exists("a.json")
    assert storage.names() == ["a.json", "b.json"]
    assert (storage.read("a.json"), storage.read("b.json")) == (b"ONE", b"two")
    storage.remove()
    storage.remove()
    assert storage.names() == []
    with pytest.raises(FileNotFoundError):
        storage.read("a.json")


def test_bucket_that_does_not_exist_is_not_a_missing_file(s3: dict[str, bytes]) -> None:
    with pytest.raises(OSError, match="there is no such bucket") as refusal:
        Storage("s3://nothing/x").read("a")
    assert not isinstance(refusal.value, FileNotFoundError)


def test_bucket_that_is_away_is_an_error_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        name_endpoint(monkeypatch, listener.getsockname()[1])
    with pytest.raises(OSError, match="after 2 retries") as refusal:
        Storage("s3://models/x").read("a")
    assert "\n" not in str(refusal.value)


def test_unknown_scheme_is_an_error() -> None:
    with pytest.raises(OSError, match="nonsense"):
        Storage("nonsense://x").read("a")


def test_interrupted_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    write_whole(path, b"old")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644

    def stop(_self: Path, _target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"new")
    assert [one.name for one in tmp_path.iterdir()] == ["a"]
    assert path.read_bytes() == b"old"
