"""Which kubeconfig reaches a context."""

import stat
from pathlib import Path

import pytest

from k8s.reaching import reaching


def test_test_cluster_brings_its_own_kubeconfig_and_tools() -> None:
    with reaching("ekiben-testcluster") as environment:
        assert environment["KUBECONFIG"].endswith("state/kubeconfig")
        assert environment["PATH"].partition(":")[0].endswith("testcluster/bin")


def test_kubeconfig_given_as_text_lies_in_a_private_file_and_is_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBECONFIG_CONTENT", "clusters: []")
    with reaching("c") as environment:
        path = Path(environment["KUBECONFIG"])
        assert path.read_text() == "clusters: []"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "KUBECONFIG_CONTENT" not in environment
    assert not path.exists()
