"""The pages that show the HTTP interface to people: Swagger UI at `/docs`, ReDoc at `/redoc`.

Their bundles come from a package on the package index, and are served from here: the pages load nothing from
other hosts, and their Content-Security-Policy says so. That package is made for Django and can't be imported
without it, so its files are found without importing it.
"""

from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from string import Template

from bentos.core.content import ContentEndpoint, FileEndpoint
from bentos.core.endpoints import Endpoint
from bentos.core.headers import HTML, OWN_FILES_LOAD, STORED_FOR_A_DAY, ResponseHeads, security_headers
from bentos.core.metrics import Metrics
from bentos.core.workers import Workers

OPENAPI_PATH = "/openapi.json"
DOCS_PATH = "/docs"
REDOC_PATH = "/redoc"

_PACKAGE = "drf_spectacular_sidecar"

_PAGE = Template(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" type="image/png" href="/docs/favicon.png">
<link rel="stylesheet" href="$style">
</head>
<body>
$body
</body>
</html>
"""
)

_DOCS_STYLE_PATH = "/docs/swagger-ui.css"
_DOCS_BODY = """<div id="page"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>"""

_DOCS_START = b"""SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""

_REDOC_STYLE_PATH = "/redoc/page.css"
_REDOC_BODY = """<redoc spec-url="/openapi.json" disable-google-font="true"></redoc>
<script src="/redoc/redoc.standalone.js"></script>"""

_REDOC_STYLE = b"body { margin: 0; }\n"


@dataclass(frozen=True, slots=True)
class Bundle:
    """One file of the package: where it is served, where it lies, and what it is."""

    path: str
    file: str
    content_type: bytes


_SCRIPT = b"text/javascript; charset=utf-8"
_STYLE = b"text/css; charset=utf-8"

BUNDLES = (
    Bundle("/docs/swagger-ui-bundle.js", "swagger-ui-dist/swagger-ui-bundle.js", _SCRIPT),
    Bundle(_DOCS_STYLE_PATH, "swagger-ui-dist/swagger-ui.css", _STYLE),
    Bundle("/docs/favicon.png", "swagger-ui-dist/favicon-32x32.png", b"image/png"),
    Bundle("/redoc/redoc.standalone.js", "redoc/bundles/redoc.standalone.js", _SCRIPT),
)


class Pages:
    """Makes the endpoints of the pages, by path."""

    def __init__(self, title: str, metrics: Metrics, heads: ResponseHeads, workers: Workers) -> None:
        self._title = title
        self._metrics = metrics
        self._heads = heads
        self._workers = workers

    def endpoints(self) -> dict[str, Endpoint]:
        """Return what answers GET on each path."""
        page = security_headers(OWN_FILES_LOAD)
        kept = security_headers(cache=STORED_FOR_A_DAY)
        contents = (
            (DOCS_PATH, self._page(_DOCS_STYLE_PATH, _DOCS_BODY), HTML, page),
            (REDOC_PATH, self._page(_REDOC_STYLE_PATH, _REDOC_BODY), HTML, page),
            ("/docs/start.js", _DOCS_START, _SCRIPT, kept),
            (_REDOC_STYLE_PATH, _REDOC_STYLE, _STYLE, kept),
        )
        endpoints: dict[str, Endpoint] = {}
        for path, content, content_type, security in contents:
            series = self._metrics.series(path, "GET")
            endpoints[path] = ContentEndpoint(content, series, self._heads.make(content_type, security))
        for bundle in BUNDLES:
            endpoints[bundle.path] = FileEndpoint(
                partial(read_bundle, bundle.file),
                self._workers,
                self._metrics.series(bundle.path, "GET"),
                self._heads.make(bundle.content_type, kept),
            )
        return endpoints

    def _page(self, style: str, body: str) -> bytes:
        return _PAGE.substitute(title=self._title, style=style, body=body).encode()


def read_bundle(file: str) -> bytes:
    """Return the bytes of a file of the package, named from its static folder."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"{_PACKAGE} is not installed.")
    return (Path(spec.submodule_search_locations[0]) / "static" / _PACKAGE / file).read_bytes()
