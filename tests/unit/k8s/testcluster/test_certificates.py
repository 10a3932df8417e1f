import datetime
import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from k8s.testcluster.certificates import Authority, write_key_pair


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_server_certificate_verifies_for_its_name_and_its_address(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "test")
    authority.issue("api", "api", hosts=("10.77.0.1", "kubernetes.default.svc"))
    certificate = _certificate(tmp_path / "api.crt")
    verifier = PolicyBuilder().store(Store([authority.certificate]))
    for subject in (
        x509.IPAddress(ipaddress.ip_address("10.77.0.1")),
        x509.DNSName("kubernetes.default.svc"),
    ):
        assert verifier.build_server_verifier(subject).verify(certificate, [])


def test_certificate_of_another_authority_is_refused(tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger", "test")
    Authority(tmp_path / "own", "test").issue("api", "api", hosts=("localhost",))
    verifier = PolicyBuilder().store(Store([stranger.certificate]))
    with pytest.raises(VerificationError):
        verifier.build_server_verifier(x509.DNSName("localhost")).verify(
            _certificate(tmp_path / "own" / "api.crt"), []
        )


def test_user_and_groups_are_what_kubernetes_reads(tmp_path: Path) -> None:
    Authority(tmp_path, "test").issue("node", "system:node:a", ("system:nodes",))
    subject = _certificate(tmp_path / "node.crt").subject.rfc4514_string()
    assert subject == "CN=system:node:a,O=system:nodes"


def test_key_belongs_to_its_certificate_and_is_private(tmp_path: Path) -> None:
    Authority(tmp_path, "test").issue("node", "node")
    key = serialization.load_pem_private_key((tmp_path / "node.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.public_key() == _certificate(tmp_path / "node.crt").public_key()
    assert (tmp_path / "node.key").stat().st_mode & 0o777 == 0o600


def test_certificate_is_valid_now_even_if_the_other_clock_is_a_little_behind(tmp_path: Path) -> None:
    Authority(tmp_path, "test").issue("node", "node")
    certificate = _certificate(tmp_path / "node.crt")
    now = datetime.datetime.now(datetime.UTC)
    assert certificate.not_valid_before_utc < now - datetime.timedelta(minutes=1)
    assert certificate.not_valid_after_utc > now + datetime.timedelta(days=300)


def test_public_half_belongs_to_the_private_one(tmp_path: Path) -> None:
    write_key_pair(tmp_path / "a.key", tmp_path / "a.pub")
    private = serialization.load_pem_private_key((tmp_path / "a.key").read_bytes(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert serialization.load_pem_public_key((tmp_path / "a.pub").read_bytes()) == private.public_key()
