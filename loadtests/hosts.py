"""Where load may go."""

import ipaddress
from urllib.parse import urlsplit

from loadtests.errors import HostRefused
from loadtests.settings import LoadSettings


def require_allowed(url: str, settings: LoadSettings) -> None:
    """Raise HostRefused unless load may go to `url`: this machine, a Service of the cluster, or a host that
    `EKIBEN_LOAD_ALLOW_HOST` names."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").lower()
    usable = parts.scheme in ("http", "https") and host and not parts.username and parts.path in ("", "/")
    meant = host in settings.allowed_hosts or _is_loopback(host) or _is_service(host, settings)
    if not usable or not meant:
        raise HostRefused(url, host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_service(host: str, settings: LoadSettings) -> bool:
    """Return whether a name can only mean a Service; a bare one does so inside a pod only."""
    if host.endswith((".svc", ".svc.cluster.local")):
        return True
    return bool(settings.kubernetes_service_host) and "." not in host and ":" not in host
