"""`python -m k8s.images`."""

from pathlib import Path

import pytest

from k8s.images import __main__ as command
from k8s.images import build, listing
from tests.support.fake_docker import FakeDocker


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    for name in ("REGISTRY", "TAG", "PUSH_IMAGE", "REGISTRY_USER", "REGISTRY_TOKEN", "PYTHON_IMAGE"):
        monkeypatch.delenv(name, raising=False)
    found = FakeDocker(tmp_path / "bin")
    found.answer(image_inspect=(0, "1000000"))
    monkeypatch.setenv("PATH", str(found.folder), prepend=":")
    monkeypatch.setattr(build, "OUTPUT", tmp_path / "images")
    monkeypatch.setattr(command, "SBOM", tmp_path / "sbom")
    monkeypatch.setattr(listing, "SBOM", tmp_path / "sbom")
    return found


def test_image_is_built_and_its_size_printed(docker: FakeDocker, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["build", "mlflow", "--registry", "r.example/x", "--tag", "7"]) == 0
    assert capsys.readouterr().out.startswith("r.example/x/mlflow:7: 0 MB over its base (1 MB in all)")
    assert not any(call["arguments"] == ["push", "r.example/x/mlflow:7"] for call in docker.calls)


@pytest.mark.parametrize("wish", ["option", "variable"])
def test_built_image_is_pushed_when_asked_for(
    docker: FakeDocker, monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    if wish == "variable":
        monkeypatch.setenv("PUSH_IMAGE", "true")
    more = ["--push"] if wish == "option" else []
    assert command.main(["build", "mlflow", "--reference", "r.example/y:8", *more]) == 0
    assert docker.arguments("push") == ["push", "r.example/y:8"]
    assert "VERSION=8" in docker.arguments("build")


def test_push_logs_in_first_and_prints_the_digest(
    docker: FakeDocker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REGISTRY_USER", "ann")
    monkeypatch.setenv("REGISTRY_TOKEN", "s3cret")
    docker.answer(image_inspect=(0, '["r.example/x/mlflow@sha256:9"]'))
    assert command.main(["push", "mlflow", "--registry", "r.example/x"]) == 0
    assert docker.arguments("login")[-1] == "r.example"
    assert capsys.readouterr().out == "r.example/x/mlflow@sha256:9\n"


def test_wrong_image_is_refused_before_anything_is_done(
    docker: FakeDocker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["build", "battel"]) == 5
    assert "There is no image battel" in capsys.readouterr().err
    assert docker.calls == []


def test_one_name_is_never_given_to_several_images(
    docker: FakeDocker, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["build", "--reference", "x/y:1"]) == 5
    assert "exactly one IMAGE" in capsys.readouterr().err
    assert docker.calls == []


def test_refusal_of_docker_is_the_exit_code(docker: FakeDocker, capsys: pytest.CaptureFixture[str]) -> None:
    docker.answer(build=(1, "no space left on device"))
    assert command.main(["build", "mlflow"]) == 5
    assert "no space left on device" in capsys.readouterr().err


def test_signature_needs_a_pushed_image(
    docker: FakeDocker, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "sbom").mkdir()
    (tmp_path / "sbom/mlflow.cdx.json").write_text("{}")
    docker.answer(image_inspect=(0, "null"))
    assert command.main(["sign", "mlflow"]) == 5
    assert "was never pushed" in capsys.readouterr().err
