from pathlib import Path

import pytest

from k8s.testcluster import packages
from k8s.testcluster.errors import MachineUnsuitable


def test_only_packages_whose_program_or_file_is_missing_are_named(tmp_path: Path) -> None:
    needed = {
        "sh": "dash",
        "no-such-program": "b",
        f"{tmp_path}/none": "a",
        str(tmp_path): "there",
        "no-other": "b",
    }
    assert packages.missing(needed) == ["a", "b"]


def test_nothing_is_done_when_all_is_there() -> None:
    packages.install({"sh": "dash"})


def test_machine_without_apt_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineUnsuitable, match=r"etcd-server missing. .*apt-get install etcd-server"):
        packages.install({"etcd": "etcd-server"})


def test_program_is_found_or_named() -> None:
    assert packages.find("sh").name == "sh"
    with pytest.raises(MachineUnsuitable, match="no-such-program"):
        packages.find("no-such-program")
