from pathlib import Path

import yaml
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from k8s.testcluster import controlplane
from k8s.testcluster.paths import Paths

PKI, BIN = Path("/pki"), Path("/bin")


def test_every_certificate_verifies_and_every_component_gets_its_kubeconfig(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    controlplane.write_credentials(paths)
    authority = x509.load_pem_x509_certificate((paths.certificates / "ca.crt").read_bytes())
    verifier = PolicyBuilder().store(Store([authority]))
    certificate = x509.load_pem_x509_certificate((paths.certificates / "api-server.crt").read_bytes())
    assert verifier.build_server_verifier(x509.DNSName("kubernetes.default")).verify(certificate, [])
    for component in ("controller-manager", "scheduler", "proxy", "kubelet"):
        assert yaml.safe_load(paths.kubeconfig_of(component).read_text())["kind"] == "Config"
    assert paths.kubeconfig.stat().st_mode & 0o777 == 0o600


def test_every_file_that_the_commands_name_is_written(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    controlplane.write_credentials(paths)
    own = paths.kubeconfig_of("controller-manager")
    words = [
        *controlplane.etcd_command(paths.state / "etcd", paths.certificates),
        *controlplane.api_server_command(paths.bin, paths.certificates),
        *controlplane.controller_manager_command(paths.bin, own, paths.certificates),
        *controlplane.scheduler_command(paths.bin, paths.kubeconfig_of("scheduler")),
    ]
    named = [word.partition("=")[2] for word in words if word.partition("=")[2].startswith(str(tmp_path))]
    files = [Path(name) for name in named if not name.endswith("/etcd")]
    assert len(files) > 15
    assert [path for path in files if not path.is_file()] == []


def test_servers_listen_on_addresses_of_their_own_only() -> None:
    commands = {
        "api": controlplane.api_server_command(BIN, PKI),
        "controllers": controlplane.controller_manager_command(BIN, PKI / "x", PKI),
        "scheduler": controlplane.scheduler_command(BIN, PKI / "x"),
    }
    bound = {
        name: [word for word in command if word.startswith("--bind-address")]
        for name, command in commands.items()
    }
    assert bound == {
        "api": ["--bind-address=10.77.0.1"],
        "controllers": ["--bind-address=127.0.0.1"],
        "scheduler": ["--bind-address=127.0.0.1"],
    }


def test_nobody_reaches_etcd_without_a_certificate() -> None:
    command = controlplane.etcd_command(Path("/data"), PKI)
    assert {"--client-cert-auth=true", "--peer-client-cert-auth=true"} <= set(command)
