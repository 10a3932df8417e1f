"""Declarations that make no sense are refused where they are made."""

from typing import Any

import pytest

from bentos.core.routing import Route
from tests.support.tiny.api import Leaf


@pytest.mark.parametrize("more", [{"header_parameters": {"accept": "accept"}}, {"streams": True}])
def test_route_with_a_body_takes_no_headers_and_does_not_stream(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="/leaf takes a body"):
        Route(method="POST", path="/leaf", handler=print, body=Leaf, answer=Leaf, summary="", **more)


@pytest.mark.parametrize("more", [{"body": Leaf, "offload": True}, {}])
def test_only_quick_routes_with_a_body_handle_requests_together(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="/leaf is no quick route with a body"):
        Route(method="POST", path="/leaf", handler=print, together=list, answer=Leaf, summary="", **more)


@pytest.mark.parametrize("more", [{"body": Leaf}, {"streams": True}])
def test_only_routes_that_read_and_answer_at_once_have_answers_ready(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="/leaf takes a body or streams"):
        Route(method="GET", path="/leaf", handler=print, ready=print, answer=Leaf, summary="", **more)
