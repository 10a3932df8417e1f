"""A cluster in miniature, for what talks to one."""

from tests.support.cluster import server

__all__ = ["server"]
