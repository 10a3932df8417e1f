import base64
from pathlib import Path

import yaml

from k8s.testcluster import kubeconfig
from k8s.testcluster.certificates import Authority


def test_file_holds_all_it_needs_and_is_private(tmp_path: Path) -> None:
    Authority(tmp_path, "test").issue("admin", "admin")
    kubeconfig.write(tmp_path / "deep" / "kubeconfig", tmp_path, "admin")
    written = yaml.safe_load((tmp_path / "deep" / "kubeconfig").read_text())
    assert written["current-context"] == "ekiben-testcluster"
    key = base64.b64decode(written["users"][0]["user"]["client-key-data"])
    assert key == (tmp_path / "admin.key").read_bytes()
    assert (tmp_path / "deep" / "kubeconfig").stat().st_mode & 0o777 == 0o600
