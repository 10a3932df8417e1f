"""What a build reports, and what it writes on the image."""

import json
from pathlib import Path

import pytest

from k8s.images import build
from k8s.images.build import Built, build_image, label_arguments, write_report
from k8s.images.catalogue import IMAGES
from k8s.images.engine import Engine
from tests.support.fake_docker import FakeDocker
from training.core.git import GitState

BUILT = Built("mlflow", "x/mlflow:1", "abc", 500.0, 200.0, 1.0, 2.0)


def test_image_is_measured_against_its_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "OUTPUT", tmp_path)
    docker = FakeDocker(tmp_path / "bin")
    sizes = {"image inspect --format {{.Size}} x/mlflow:1": (0, "586000000")}
    docker.answers = {**sizes, "image inspect": (0, "282000000")}
    docker.answer()
    built = build_image(Engine(str(docker.client)), IMAGES["mlflow"], "x/mlflow:1", "1", "none")
    assert (built.megabytes, built.megabytes_over_base) == (586.0, 304.0)
    assert "x/mlflow:1: 304 MB over its base (586 MB in all)" in str(built)
    assert "VERSION=1" in docker.arguments("build")
    assert json.loads((tmp_path / "report.json").read_text())["mlflow"]["megabytes_over_base"] == 304.0


def test_report_keeps_other_images_and_replaces_this_one(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text('{"battle": {"megabytes": 1}, "mlflow": {"megabytes": 2}}')
    write_report(path, BUILT)
    report = json.loads(path.read_text())
    assert report["battle"] == {"megabytes": 1}
    assert report["mlflow"]["megabytes"] == 500.0


def test_labels_name_the_commit_and_whether_files_differ_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert label_arguments(GitState("abc", dirty=True), "1.2.0") == {
        "VERSION": "1.2.0",
        "REVISION": "abc-dirty",
        "CREATED": "2026-01-01T00:00:00Z",
    }


def test_time_of_creation_is_now_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    created = label_arguments(GitState("", dirty=False), "dev")["CREATED"]
    assert created > "2026-01-01T00:00:00Z"
    assert len(created) == len("2026-01-01T00:00:00Z")
