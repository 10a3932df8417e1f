import pytest

from bentos.core.gateway import Gateway
from bentos.core.inference_protocol import metadata
from bentos.core.inference_protocol.metadata import describe_server
from tests.support.asking import ask


def test_model_names_its_tensors(speaking: Gateway) -> None:
    assert ask(speaking, "GET", "/v2/models/tiny").json == {
        "name": "tiny",
        "versions": ["7"],
        "platform": "tiny_ubj",
        "inputs": [
            {
                "name": "height",
                "datatype": "FP32",
                "shape": [-1],
                "parameters": {"description": "Centimetres."},
            },
            {"name": "width", "datatype": "FP32", "shape": [-1]},
            {"name": "name", "datatype": "BYTES", "shape": [-1], "parameters": {"optional": True}},
            {"name": "veins", "datatype": "INT16", "shape": [-1, 2, 2], "parameters": {"optional": True}},
        ],
        "outputs": [
            {"name": "probability", "datatype": "FP32", "shape": [-1]},
            {"name": "oak", "datatype": "BOOL", "shape": [-1]},
            {
                "name": "name",
                "datatype": "BYTES",
                "shape": [-1],
                "parameters": {"description": "As it came in."},
            },
            {"name": "veins", "datatype": "INT16", "shape": [-1, 2, 2]},
        ],
    }


def test_server_that_is_not_installed_as_a_package_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "SERVER_NAME", "no-such-package-as-this")
    assert describe_server().version == ""
