"""Everybody signs in with a certificate of their own, at the throw-away cluster and nowhere else."""

from pathlib import Path
from typing import Any

import yaml
from kubernetes import config
from kubernetes.client.configuration import Configuration

from k8s.scale.controlplane import kubeconfig


def test_kubeconfig_knows_one_cluster_and_one_user(tmp_path: Path) -> None:
    for name in ("ca.crt", "reader.crt", "reader.key"):
        (tmp_path / name).write_text("content")
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(kubeconfig("https://127.0.0.1:1234", tmp_path, "reader")))
    load: Any = config
    configuration = Configuration()
    load.load_kube_config(str(file), context="reader", client_configuration=configuration)
    assert configuration.host == "https://127.0.0.1:1234"
    assert configuration.cert_file == str(tmp_path / "reader.crt")
    assert configuration.ssl_ca_cert == str(tmp_path / "ca.crt")
