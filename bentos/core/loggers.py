"""structlog, without rich.

It asks for rich at its import, to draw tracebacks in a terminal, which no line of ours is written to. That
would cost every start a sixth of its time, wherever rich happens to be installed.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["get_logger", "structlog"]


@contextmanager
def _do_without(name: str) -> Iterator[None]:
    """Let no module of this name be imported, unless one is there already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


with _do_without("rich"):
    import structlog

get_logger = structlog.get_logger
