"""The pages for people, whole and from here alone."""

import re

import pytest

from bentos.core import pages
from bentos.core.gateway import Gateway
from bentos.core.pages import BUNDLES, read_bundle
from tests.support.asking import ask
from tests.support.tiny.definition import DEFINITION

REFERENCE = re.compile(r'(?:src|href|spec-url)="([^"]+)"')


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_page_refers_only_to_what_is_served_beside_it(gateway: Gateway, path: str) -> None:
    page = ask(gateway, "GET", path)
    assert page.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Tiny</title>" in page.content.decode()
    references = REFERENCE.findall(page.content.decode())
    assert len(references) >= 3
    for reference in references:
        assert ask(gateway, "GET", reference).status == 200


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_policy_of_pages_names_no_other_host_and_no_inline_script(gateway: Gateway, path: str) -> None:
    policy = ask(gateway, "GET", path).headers["content-security-policy"]
    assert "http" not in policy
    assert "*" not in policy
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("bundle", BUNDLES)
def test_bundles_are_served_with_their_type_and_may_be_kept(gateway: Gateway, bundle: pages.Bundle) -> None:
    for _ in range(2):
        reply = ask(gateway, "GET", bundle.path)
        assert reply.content == read_bundle(bundle.file)
        assert reply.headers["content-type"] == bundle.content_type.decode()
        assert reply.headers["cache-control"] == "public, max-age=86400"
        assert reply.headers["x-content-type-options"] == "nosniff"


def test_pages_are_there_before_the_model_is() -> None:
    assert ask(Gateway(DEFINITION), "GET", "/docs").status == 200


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "find_spec", lambda _name: None)
    with pytest.raises(FileNotFoundError, match="drf_spectacular_sidecar is not installed"):
        read_bundle("redoc/bundles/redoc.standalone.js")
