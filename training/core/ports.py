"""Whether a TCP port can be listened on, and which process holds it."""

import socket

import psutil

from training.core.errors import PortTaken


def require_free_port(host: str, port: int, purpose: str, variable: str) -> None:
    """Raise PortTaken, naming the holder and `variable`, the setting to change, unless `port` is free."""
    if not is_free(host, port):
        raise PortTaken(port, purpose, variable, find_holder(port))


def is_free(host: str, port: int) -> bool:
    """Return whether a server could listen on `host`:`port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections of an earlier server that still close do not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def find_holder(port: int) -> str | None:
    """Return `name (pid N)` of the process listening on `port`, or None where the system does not tell."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.pid
            if listens and connection.laddr and connection.laddr.port == port:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        return None
    return None
