from pathlib import Path

import pytest

from k8s.testcluster import bases
from k8s.testcluster.bases import BASES, RECIPES
from k8s.testcluster.paths import Paths

KNOWN = "-----BEGIN CERTIFICATE-----\nknown\n-----END CERTIFICATE-----"
EXTRA = "-----BEGIN CERTIFICATE-----\nextra\n-----END CERTIFICATE-----"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc/ssl/certs").mkdir(parents=True)
    (tmp_path / "usr/local/share/ca-certificates").mkdir(parents=True)
    (tmp_path / "etc/ssl/certs/ca-certificates.crt").write_text(f"{KNOWN}\n")
    return tmp_path


def test_every_stand_in_builds_on_one_that_is_made_before() -> None:
    made = []
    for base in BASES:
        if base.recipe:
            first = (RECIPES / base.recipe / "Dockerfile").read_text().split("FROM ")[1].split()[0]
            assert first in made
        made.append(base.name)


def test_stand_ins_are_kept_under_names_of_their_own(tmp_path: Path) -> None:
    assert len({base.tar(Paths(tmp_path)) for base in BASES}) == len(BASES)


def test_machine_that_trusts_nobody_else_changes_nothing(root: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.crt"
    bundle.write_text(KNOWN)
    assert list(bases.trust_as_we_do(root, bundle)) == []
    assert list(bases.trust_as_we_do(root, tmp_path / "none")) == []
    assert not list((root / "usr/local/share/ca-certificates").iterdir())


def test_authorities_of_this_machine_are_trusted_inside(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "bundle.crt"
    bundle.write_text(f"{KNOWN}\n{EXTRA}\n")
    program = tmp_path / "chroot"
    program.write_text(f'#!/bin/sh\necho "$2" > {tmp_path}/ran\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.delenv("PIP_CERT", raising=False)
    variables = list(bases.trust_as_we_do(root, bundle))
    assert "SSL_CERT_FILE" in variables
    assert "PIP_CERT" not in variables
    assert (root / "usr/local/share/ca-certificates/host-0.crt").read_text() == f"{EXTRA}\n"
    assert (tmp_path / "ran").read_text() == "update-ca-certificates\n"
