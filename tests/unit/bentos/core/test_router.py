"""Which endpoint a path and a method lead to."""

import pytest

from bentos.core.exchange import Exchange
from bentos.core.headers import Head
from bentos.core.metrics import Metrics, Series
from bentos.core.readiness import Readiness
from bentos.core.router import Router, Template
from tests.support.exchanges import exchange


class Marked:
    """An endpoint that can be told from others."""

    public = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.series = Series(name, "GET")

    async def serve(self, exchange: Exchange) -> None:
        """Do nothing: here only the way to it matters."""


UNKNOWN = Marked("unknown")


@pytest.fixture
def router() -> Router:
    made = Router(Metrics(Readiness()), Head([]), UNKNOWN)
    for path in ("/a", "/a/{id}", "/a/{id}/b", "/a/special"):
        made.add("GET", path, Marked(path))
    return made


@pytest.mark.parametrize(
    ("path", "leads_to", "values"),
    [
        ("/a", "/a", {}),
        ("/a/1", "/a/{id}", {"id": "1"}),
        ("/a/special", "/a/special", {}),
        ("/a/1/b", "/a/{id}/b", {"id": "1"}),
        ("/a/ü %", "/a/{id}", {"id": "ü %"}),
        ("/a/", "unknown", {}),
        ("/a//b", "unknown", {}),
        ("/a/1/2/b", "unknown", {}),
        ("/a/1/b/", "unknown", {}),
        ("/A", "unknown", {}),
        ("", "unknown", {}),
        ("/", "unknown", {}),
        ("/a/b", "/a/{id}", {"id": "b"}),
    ],
)
def test_path_leads_to_one_endpoint(router: Router, path: str, leads_to: str, values: dict[str, str]) -> None:
    asked = exchange(path=path)
    endpoint = router.resolve(asked)
    assert isinstance(endpoint, Marked)
    assert (endpoint.name, asked.path_values) == (leads_to, values)


def test_methods_of_one_path_are_kept_apart(router: Router) -> None:
    router.add("POST", "/a", Marked("post"))
    assert set(router.exact["/a"]) == {"GET", "HEAD", "OPTIONS", "POST"}
    endpoint = router.resolve(exchange(path="/a", method="POST"))
    assert isinstance(endpoint, Marked)
    assert endpoint.name == "post"


@pytest.mark.parametrize("path", ["/a/{id}/{other}", "/a/x{id}", "/a/{}"])
def test_template_has_exactly_one_whole_segment_that_varies(path: str) -> None:
    with pytest.raises(ValueError, match="one variable segment"):
        Template(path)


def test_all_paths_are_known(router: Router) -> None:
    assert sorted(router.paths()) == ["/a", "/a/special", "/a/{id}", "/a/{id}/b"]


def test_exact_path_counts_as_the_route_of_its_endpoint(router: Router) -> None:
    router.add_exact("GET", "/a/b {c}", Marked("/a/{x}"))
    found = router.resolve(exchange(path="/a/b {c}"))
    assert found.series.route == "/a/{x}"
    assert router.exact["/a/b {c}"]["HEAD"].series.route == "/a/{x}"


def test_unknown_paths_can_be_refused_by_what_they_begin_with(router: Router) -> None:
    router.unknown_under["/a/"] = Marked("under a")
    asked = {"/a/1/c": "under a", "/a/1": "/a/{id}", "/a": "/a", "/b": "unknown"}
    assert {path: router.resolve(exchange(path=path)).series.route for path in asked} == asked
