"""A project with one copied folder becomes a bento that serves by itself."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.serving import ROOT, serving
from tests.support.tiny.definition import LEAF
from tests.support.tiny.package import TinyPackage
from training.core.staging import BentoNotBuilt, build_bento, stage_nothing, stage_package

CODE = ("__init__.py", "api.py", "definition.py", "growing.py", "service.py", "soil.py")


def renamed(found: re.Match[str]) -> str:
    return found[0].replace("battle", "tiny")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkout whose only service is the tiny one, as a folder beside the core."""
    root = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("__pycache__", "model")
    shutil.copytree(ROOT / "bentos/core", root / "bentos/core", ignore=ignored)
    shutil.copy(ROOT / "bentos/__init__.py", root / "bentos")
    for name in ("pyproject.toml", "uv.lock"):
        # The tiny service installs what battle does.
        group = re.compile(r'^battle = \[|(?<=include-group = )"battle"', re.MULTILINE)
        (root / name).write_text(group.sub(renamed, (ROOT / name).read_text()))
    (root / "bentos/tiny").mkdir()
    for name in CODE:
        text = (ROOT / "tests/support/tiny" / name).read_text().replace("tests.support.tiny", "bentos.tiny")
        (root / "bentos/tiny" / name).write_text(text)
    description = (ROOT / "bentos/battle/bentofile.yaml").read_text()
    description = description.replace("Battle", "Tiny").replace("battle", "tiny")
    (root / "bentos/tiny/bentofile.yaml").write_text(description)
    (root / "secret.txt").write_text("must not be in the image")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENTOML_HOME", str(root / "home"))
        # What runs in there is a copy; it says nothing about the coverage of the code itself.
        for name in ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START"):
            patch.delenv(name, raising=False)
        yield root


def test_nothing_is_built_before_a_model_is_staged(project: Path) -> None:
    with pytest.raises(BentoNotBuilt, match=r"no verified model of tiny is staged; run `ekiben build tiny`"):
        build_bento("tiny", project)


@pytest.fixture(scope="module")
def bento(project: Path, tiny_package: TinyPackage) -> Path:
    stage_package("tiny", tiny_package.folder, tiny_package.pin, tiny_package.public_key, project)
    name, _, version = build_bento("tiny", project).partition(":")
    return project / "home/bentos" / name / version


def test_bento_holds_core_service_and_model_and_nothing_else(bento: Path) -> None:
    source = bento / "src"
    held = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}
    core = {str(path.relative_to(ROOT)) for path in (ROOT / "bentos/core").rglob("*.py")}
    model = ("pin.json", "public.pem", "manifest.json", "manifest.sig", "contract.json", "selftest.json")
    assert held == {
        "bentofile.yaml",
        "bentos/__init__.py",
        *core,
        *(f"bentos/tiny/{name}" for name in CODE),
        *(f"bentos/tiny/model/{name}" for name in (*model, "model.onnx", "model.ubj")),
    }


def test_bento_names_its_model(bento: Path, tiny_package: TinyPackage) -> None:
    described = yaml.safe_load((bento / "bento.yaml").read_text())
    assert described["labels"] == {
        "model": "tiny",
        "model_version": "7",
        "model_digest": tiny_package.pin.digest,
    }


def test_image_runs_our_server_as_an_unprivileged_user(bento: Path) -> None:
    lines = (bento / "env/docker/Dockerfile").read_text().splitlines()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"ARG PYTHON_IMAGE=python:{version}-slim" in lines
    assert {line.split()[1] for line in lines if line.startswith("FROM")} == {"${PYTHON_IMAGE}"}
    assert [line for line in lines if line.startswith(("ENTRYPOINT", "CMD"))] == [
        'ENTRYPOINT ["python", "-m", "bentos.core.serve"]',
        'CMD ["tiny"]',
    ]
    assert "USER 10001:10001" in lines
    assert not any("{{" in line or "{%" in line for line in lines)


def test_image_is_given_the_script_that_prunes_its_packages(bento: Path) -> None:
    script = bento / "env/docker/setup_script"
    assert script.read_bytes() == (ROOT / "bentos/core/prune-packages.sh").read_bytes()
    assert os.access(script, os.X_OK)


def test_image_installs_locked_packages_without_asking_for_more(bento: Path) -> None:
    requirements = (bento / "env/python/requirements.txt").read_text()
    assert "onnxruntime==" in requirements
    assert "django==" not in requirements
    assert "--no-deps" in (bento / "env/docker/Dockerfile").read_text()


def test_bento_that_is_meant_to_have_no_model_is_built_without(project: Path, bento: Path) -> None:
    stage_nothing("tiny", project)
    name, _, version = build_bento("tiny", project, project / "other-home").partition(":")
    built = project / "other-home/bentos" / name / version
    assert [path.name for path in (built / "src/bentos/tiny/model").iterdir()] == ["no-model.txt"]
    assert yaml.safe_load((built / "bento.yaml").read_text())["labels"] == {"model": "tiny"}
    assert "onnxruntime==" in (built / "env/python/requirements.txt").read_text()


def test_bento_serves_its_model_from_its_own_folder(bento: Path) -> None:
    with serving({"PYTHONPATH": str(bento / "src")}, service="tiny", folder=bento / "src") as process:
        assert process.ask("POST", "/api/v1/leaf", LEAF).json["model_version"] == "7"
        assert process.ask("GET", "/docs.json").status == 200
