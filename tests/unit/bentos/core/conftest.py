"""The tiny model, for all tests of the core."""

from tests.support.tiny.fixtures import gateway, tiny_model, tiny_package

__all__ = ["gateway", "tiny_model", "tiny_package"]
