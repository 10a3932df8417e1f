"""The tiny model, for tests with real processes."""

from tests.support.tiny.fixtures import tiny_model, tiny_package

__all__ = ["tiny_model", "tiny_package"]
