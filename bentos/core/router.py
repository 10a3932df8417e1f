"""Find the endpoint for a path and a method."""

from functools import partial

from bentos.core.endpoints import Endpoint, HeadEndpoint, OptionsEndpoint, RefusingEndpoint, refuse_method
from bentos.core.exchange import Exchange
from bentos.core.headers import Head
from bentos.core.metrics import OTHER_METHOD, Metrics


class Methods(dict[str, Endpoint]):
    """The endpoints of one path by method; any other method leads to one that refuses it."""

    def __init__(self, path: str, metrics: Metrics, empty_head: Head) -> None:
        super().__init__()
        self._path = path
        self._metrics = metrics
        self._empty_head = empty_head
        self._refusal: Endpoint

    def __missing__(self, method: str) -> Endpoint:
        return self._refusal

    def add(self, method: str, endpoint: Endpoint) -> None:
        """Add an endpoint; GET brings HEAD with it, and every path takes OPTIONS."""
        self[method] = endpoint
        if method == "GET":
            self["HEAD"] = HeadEndpoint(endpoint, self._metrics.series(self._path, "HEAD"))
        allowed = sorted({*self, "OPTIONS"})
        self["OPTIONS"] = OptionsEndpoint(
            ", ".join(allowed), self._metrics.series(self._path, "OPTIONS"), endpoint.public, self._empty_head
        )
        self._refusal = RefusingEndpoint(
            partial(refuse_method, allowed=allowed),
            self._metrics.series(self._path, OTHER_METHOD),
            endpoint.public,
        )


class Template:
    """A path with one variable segment, such as `/things/{id}/parts`."""

    def __init__(self, path: str) -> None:
        self._prefix, _, rest = path.partition("{")
        self._name, _, self._suffix = rest.partition("}")
        if "{" in self._suffix or not self._prefix.endswith("/") or not self._name:
            raise ValueError(f"{path!r} is not a path with one variable segment.")

    def match(self, path: str) -> dict[str, str] | None:
        """Return the variable segment of `path` by its name, or None if the path is another one."""
        if not (path.startswith(self._prefix) and path.endswith(self._suffix)):
            return None
        segment = path[len(self._prefix) : len(path) - len(self._suffix)]
        return {self._name: segment} if segment and "/" not in segment else None


class Router:
    """Paths as they are written first, then the templates in the order of their declaration."""

    def __init__(self, metrics: Metrics, empty_head: Head, unknown: Endpoint) -> None:
        self.exact: dict[str, Methods] = {}
        self.unknown = unknown
        self.unknown_under: dict[str, Endpoint] = {}
        """What serves the paths that begin so and that nobody declared."""
        self._templates: dict[str, tuple[Template, Methods]] = {}
        self._metrics = metrics
        self._empty_head = empty_head

    def add_exact(self, method: str, path: str, endpoint: Endpoint) -> None:
        """Put an endpoint behind exactly this path, whose requests count as those of the endpoint's route."""
        route = endpoint.series.route
        self.exact.setdefault(path, self._make_methods(route)).add(method, endpoint)

    def add(self, method: str, path: str, endpoint: Endpoint) -> None:
        """Put an endpoint behind a path."""
        if "{" in path:
            _, methods = self._templates.setdefault(path, (Template(path), self._make_methods(path)))
        else:
            methods = self.exact.setdefault(path, self._make_methods(path))
        methods.add(method, endpoint)

    def resolve(self, exchange: Exchange) -> Endpoint:
        """Return what serves this exchange, be it an endpoint that refuses it."""
        path: str = exchange.scope["path"]
        method: str = exchange.scope["method"]
        if path in self.exact:
            return self.exact[path][method]
        for template, methods in self._templates.values():
            values = template.match(path)
            if values is not None:
                exchange.path_values = values
                return methods[method]
        return next(
            (endpoint for start, endpoint in self.unknown_under.items() if path.startswith(start)),
            self.unknown,
        )

    def paths(self) -> list[str]:
        """Return every path and template that was added."""
        return [*self.exact, *self._templates]

    def _make_methods(self, path: str) -> Methods:
        return Methods(path, self._metrics, self._empty_head)
