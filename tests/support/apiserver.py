"""A Kubernetes API server in miniature: lists with selectors and pages, optimistic locking, server-side apply
with the ownership of fields. It knows paths and objects, and nothing of Ekiben."""

import copy
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]
Path = tuple[str, ...]

_IDENTITY = {("apiVersion",), ("kind",), *(("metadata", name) for name in ("name", "namespace", "uid"))}
_IDENTITY |= {("metadata", "resourceVersion")}


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, causes: list[Object] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"kind": "Status", "message": message, "details": {"causes": causes or []}}


class Stored:
    """One object, and who owns which of its leaves."""

    def __init__(self, content: Object) -> None:
        self.content = content
        self.owners: dict[Path, set[str]] = {}

    def apply(self, body: Object, manager: str, force: bool) -> None:
        wanted = {path: value for path, value in leaves(body).items() if path not in _IDENTITY}
        present = leaves(self.content)
        conflicts = {
            path: self.owners.get(path, set()) - {manager}
            for path, value in wanted.items()
            if present.get(path) != value and self.owners.get(path, set()) - {manager}
        }
        if conflicts and not force:
            raise Refused(409, f"Apply failed with {len(conflicts)} conflicts", _causes(conflicts))
        own = [path for path, owners in self.owners.items() if manager in owners]
        for path in set(own) - wanted.keys():
            self.owners[path].discard(manager)
            if not self.owners[path]:
                remove(self.content, path)
        for path, value in wanted.items():
            owners = self.owners.setdefault(path, set())
            if path in conflicts:
                owners.clear()
            owners.add(manager)
            put(self.content, path, value)

    def update(self, content: Object, manager: str) -> None:
        before, after = leaves(self.content), leaves(content)
        for path in before.keys() - after.keys():
            self.owners.pop(path, None)
        for path, value in after.items():
            if before.get(path) != value:
                self.owners[path] = {manager}
        self.content = content


def leaves(content: Any, path: Path = ()) -> dict[Path, Any]:
    """Return every value that is no mapping, by its path."""
    if not isinstance(content, dict):
        return {path: content}
    return {deep: value for key, one in content.items() for deep, value in leaves(one, (*path, key)).items()}


def put(content: Object, path: Path, value: Any) -> None:
    for key in path[:-1]:
        content = content.setdefault(key, {})
    content[path[-1]] = value


def remove(content: Object, path: Path) -> None:
    for key in path[:-1]:
        content = content.get(key, {})
    content.pop(path[-1], None)


def _causes(conflicts: Mapping[Path, set[str]]) -> list[Object]:
    return [
        {
            "reason": "FieldManagerConflict",
            "message": f'conflict with "{sorted(owners)[0]}" using apps/v1',
            "field": "." + ".".join(path),
        }
        for path, owners in conflicts.items()
    ]


class ApiServer:
    """The objects, and everything that was asked. `broken` is answered in place of all else."""

    def __init__(self) -> None:
        self.objects: dict[str, Stored] = {}
        self.requests: list[str] = []
        self.broken: int | None = None
        self.forbidden: set[str] = set()
        self.port = 0
        self._version = 0
        self._lock = threading.RLock()

    def add(self, path: str, content: Object, manager: str = "helm") -> Object:
        """Make an object as someone else would."""
        with self._lock:
            collection, _, name = path.rpartition("/")
            namespace = collection.partition("/namespaces/")[2].partition("/")[0]
            self._version += 1
            metadata = {"name": name, "namespace": namespace, "uid": f"uid-{self._version}", "generation": 1}
            content = copy.deepcopy(content)
            content["metadata"] = {**content.get("metadata", {}), **metadata}
            content["metadata"]["resourceVersion"] = str(self._version)
            stored = Stored({})
            stored.update(content, manager)
            self.objects[path] = stored
            return content

    def edit(self, path: str, change: Callable[[Object], None], manager: str) -> None:
        """Change an object as someone else would, by an update."""
        with self._lock:
            content = copy.deepcopy(self.objects[path].content)
            change(content)
            self._store(path, content, manager)

    def get(self, path: str) -> Object:
        """Return an object as it is now."""
        with self._lock:
            return copy.deepcopy(self.objects[path].content)

    def locked(self) -> threading.RLock:
        """Keep the server from answering while objects are looked at or taken away."""
        return self._lock

    def asked(self, method: str) -> list[str]:
        """Return the paths that were asked for with a method."""
        return [line.split(" ")[1] for line in self.requests if line.startswith(f"{method} ")]

    def answer(self, method: str, url: str, body: Object, content_type: str) -> tuple[int, Object]:
        """Answer one request."""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self._lock:
            self.requests.append(f"{method} {parts.path}")
            try:
                return self._answer(method, parts.path, query, body, content_type)
            except Refused as refused:
                return refused.status, refused.body

    def _answer(
        self, method: str, path: str, query: Mapping[str, str], body: Object, content_type: str
    ) -> tuple[int, Object]:
        if self.broken:
            raise Refused(self.broken, "the server is out of order")
        if any(part in path for part in self.forbidden):
            raise Refused(403, f"{path} is forbidden")
        if method == "POST":
            return 201, self._create(path, body)
        if method == "GET" and path not in self.objects and _is_collection(path):
            return 200, self._list(path, query)
        if path not in self.objects:
            raise Refused(404, f"{path} not found")
        if method == "PUT":
            return 200, self._replace(path, body)
        if method == "PATCH":
            return 200, self._patch(path, query, body, content_type)
        return 200, self.objects[path].content

    def _create(self, collection: str, body: Object) -> Object:
        path = f"{collection}/{body['metadata']['name']}"
        if path in self.objects:
            raise Refused(409, f"{path} already exists")
        return self.add(path, body, "creator")

    def _list(self, collection: str, query: Mapping[str, str]) -> Object:
        found = [
            stored.content
            for path, stored in sorted(self.objects.items())
            if _lies_in(path, collection) and _selected(stored.content, query.get("labelSelector", ""))
        ]
        start, limit = int(query.get("continue", "0")), int(query.get("limit", "500"))
        end = start + limit
        more = {"continue": str(end)} if end < len(found) else {}
        return {"kind": "List", "metadata": more, "items": found[start:end]}

    def _replace(self, path: str, body: Object) -> Object:
        stored = self.objects[path]
        self._require_version(stored, body)
        body["metadata"] = {**stored.content["metadata"], **body["metadata"]}
        return self._store(path, body, "replacer")

    def _patch(self, path: str, query: Mapping[str, str], body: Object, content_type: str) -> Object:
        stored = self.objects[path]
        if content_type.startswith("application/apply-patch"):
            self._require_version(stored, body)
            after = copy.deepcopy(stored)
            after.apply(body, query["fieldManager"], query.get("force") == "true")
            stored.owners = after.owners
            return self._settle(path, stored.content, after.content)
        content = copy.deepcopy(stored.content)
        for deep, value in leaves(body).items():
            put(content, deep, value)
        return self._store(path, content, "merger")

    def _require_version(self, stored: Stored, body: Object) -> None:
        for name in ("uid", "resourceVersion"):
            wanted = body["metadata"].get(name)
            if wanted and wanted != stored.content["metadata"][name]:
                raise Refused(409, f"Precondition failed: {name}")

    def _store(self, path: str, content: Object, manager: str) -> Object:
        before = self.objects[path].content
        self.objects[path].update(content, manager)
        return self._settle(path, before, content)

    def _settle(self, path: str, before: Object, after: Object) -> Object:
        """Count versions and generations as the real one does: nothing changed, nothing counted."""
        if after != before:
            self._version += 1
            after["metadata"]["generation"] += after.get("spec") != before.get("spec")
            after["metadata"]["resourceVersion"] = str(self._version)
        self.objects[path].content = after
        return after


def _is_collection(path: str) -> bool:
    return path.rpartition("/")[2] in {"deployments", "replicasets", "cronjobs", "jobs", "leases", "events"}


def _lies_in(path: str, collection: str) -> bool:
    parent = path.rpartition("/")[0]
    group, _, kind = collection.rpartition("/")
    everywhere = "/namespaces/" not in collection
    return parent == collection or (
        everywhere and parent.startswith(f"{group}/namespaces/") and parent.endswith(f"/{kind}")
    )


def _selected(content: Object, selector: str) -> bool:
    labels = content["metadata"].get("labels", {})
    wanted = [one.partition("=") for one in selector.split(",") if one]
    return all(labels.get(name) == value if equals else name in labels for name, equals, value in wanted)


@contextmanager
def running_apiserver() -> Iterator[ApiServer]:
    """An API server on a free port of loopback."""
    server = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            status, answer = server.answer(
                self.command, self.path, body, self.headers.get("Content-Type", "")
            )
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Requests are kept in `requests`."""

    for method in ("GET", "POST", "PUT", "PATCH"):
        setattr(Handler, f"do_{method}", Handler._answer)
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
