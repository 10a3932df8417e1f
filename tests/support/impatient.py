"""`python -m tests.support.impatient SERVICE`: the server, with less patience for slow clients."""

import sys

from bentos.core import connections, serve, server

SECONDS = 0.5

if __name__ == "__main__":
    connections.HEAD_SECONDS = connections.BODY_SECONDS = connections.WRITE_SECONDS = SECONDS
    server.TICKS_BETWEEN_SWEEPS = 1
    sys.exit(serve.main())
