"""Load goes only where it was meant."""

import pytest

from loadtests.errors import HostRefused
from loadtests.hosts import require_allowed
from loadtests.settings import read_settings

POD = {"kubernetes_service_host": "10.96.0.1"}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:3000",
        "http://localhost:3000/",
        "http://[::1]:3000",
        "http://battle.games.svc",
        "https://battle.games.svc.cluster.local:443",
    ],
)
def test_this_machine_and_services_may_get_load(url: str) -> None:
    require_allowed(url, read_settings())


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "http://10.0.0.7:3000",
        "http://battle",
        "http://localhost.example.org",
        "http://127.0.0.1.example.org",
        "http://svc",
        "ftp://127.0.0.1",
        "http://user:word@127.0.0.1",  # pragma: allowlist secret
        "http://127.0.0.1/elsewhere",
        "127.0.0.1:3000",
        "http://",
    ],
)
def test_other_hosts_are_refused(url: str) -> None:
    with pytest.raises(HostRefused, match="No load is sent to"):
        require_allowed(url, read_settings())


def test_a_host_that_is_named_may_get_load() -> None:
    settings = read_settings(allow_host="other.example.org, Battle.example.org")
    require_allowed("https://battle.example.org", settings)
    with pytest.raises(HostRefused, match=r"EKIBEN_LOAD_ALLOW_HOST=example\.org"):
        require_allowed("https://example.org", settings)


def test_a_bare_name_is_a_service_inside_a_pod_only() -> None:
    require_allowed("http://battle", read_settings(**POD))
    for url in ("http://example.org", "http://battle.games", "http://[fd00::1]"):
        with pytest.raises(HostRefused):
            require_allowed(url, read_settings(**POD))
