"""A build context holds exactly what its Dockerfile copies."""

import re
import stat
import sys
from pathlib import Path

import pytest

from bentos.core.model import NO_MODEL_NAME
from k8s.images import context
from k8s.images.catalogue import IMAGES
from k8s.images.context import ContextNotStaged, stage_context
from training.battle import simulator


def staged(name: str, tmp_path: Path) -> Path:
    folder, dockerfile = stage_context(IMAGES[name], tmp_path / name, "none")
    assert dockerfile == folder / "Dockerfile"
    return folder


def copied(dockerfile: Path) -> set[str]:
    """Return the first part of every path that is copied out of the context."""
    found = re.findall(r"^COPY (?!--from)(?:--\S+ )*(\S+)", dockerfile.read_text(), flags=re.MULTILINE)
    return {path.partition("/")[0] for path in found}


@pytest.mark.parametrize("name", ["training", "mlflow", "loadtests", "llm"])
def test_context_holds_what_is_copied_and_nothing_else(name: str, tmp_path: Path) -> None:
    folder = staged(name, tmp_path)
    assert {path.name for path in folder.iterdir()} == copied(folder / "Dockerfile") | {"Dockerfile"}


def test_training_gets_code_and_data_but_no_byte_code_and_no_staged_model(tmp_path: Path) -> None:
    source = staged("training", tmp_path) / "src"
    held = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}
    assert {"training/cli/app.py", "bentos/core/serve.py", "training/battle/data/battles.parquet"} <= held
    assert [path for path in held if "__pycache__" in path or path.endswith("pin.json")] == []


def test_training_can_tell_its_version(tmp_path: Path) -> None:
    source = staged("training", tmp_path) / "src"
    (metadata,) = source.glob("ekiben-*.dist-info/METADATA")
    version = metadata.parent.name.removeprefix("ekiben-").removesuffix(".dist-info")
    assert f"Version: {version}" in metadata.read_text().splitlines()


def test_simulator_lies_where_training_looks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = staged("training", tmp_path) / "simulator"
    (named,) = folder.iterdir()
    (named / "node_modules").mkdir()
    monkeypatch.setenv("EKIBEN_SIMULATOR_FOLDER", str(folder))
    simulator.install.cache_clear()
    assert simulator.install() == named / "node_modules"
    simulator.install.cache_clear()
    assert (named / "package-lock.json").read_bytes() == (
        simulator.PROGRAM / "package-lock.json"
    ).read_bytes()


def test_old_files_do_not_stay_in_a_context(tmp_path: Path) -> None:
    folder = staged("mlflow", tmp_path)
    (folder / "left-over").write_text("x")
    assert not (staged("mlflow", tmp_path) / "left-over").exists()


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Record which bento is built, and whether without a model; BentoML itself is left out."""
    found: list[tuple[str, bool]] = []

    def build(name: str, root: Path, home: Path) -> str:
        found.append((name, (root / f"bentos/{name}/model/{NO_MODEL_NAME}").exists()))
        return f"{name}:abc"

    monkeypatch.setattr(context, "build_bento", build)
    return found


@pytest.mark.parametrize("model", ["none", "auto"])
def test_service_without_a_champion_gets_an_image_without_a_model(
    built: list[tuple[str, bool]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setenv("EKIBEN_HOME", str(tmp_path / "home"))
    folder, dockerfile = stage_context(IMAGES["battle"], tmp_path / "battle", model, tmp_path)
    assert built == [("battle", True)]
    assert folder == tmp_path / "battle/bentos/battle/abc"
    assert dockerfile == folder / "env/docker/Dockerfile"


def test_champion_that_was_asked_for_and_is_not_there_is_told(
    built: list[tuple[str, bool]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EKIBEN_HOME", str(tmp_path / "home"))
    with pytest.raises(ContextNotStaged, match="The image battle can't be built: there is no champion yet"):
        stage_context(IMAGES["battle"], tmp_path / "battle", "champion", tmp_path)
    assert built == []


def pretend(path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a script stand in for `python -m training.cli build`."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(path))


@pytest.mark.parametrize("model", ["champion", "auto"])
def test_champion_is_built_into_the_image(
    built: list[tuple[str, bool]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    pretend(tmp_path / "python", 'echo "{\\"bento\\": \\"battle:$(basename $BENTOML_HOME)\\"}"', monkeypatch)
    folder, _ = stage_context(IMAGES["battle"], tmp_path / "home-of-bentos", model, tmp_path)
    assert folder == tmp_path / "home-of-bentos/bentos/battle/home-of-bentos"
    assert built == []


def test_champion_that_can_not_be_built_in_is_never_left_out_silently(
    built: list[tuple[str, bool]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path / "python", "echo 'model.onnx was altered' >&2; exit 6", monkeypatch)
    with pytest.raises(ContextNotStaged, match=r"model\.onnx was altered"):
        stage_context(IMAGES["battle"], tmp_path / "battle", "auto", tmp_path)
    assert built == []


def test_price_history_that_can_not_be_fetched_ends_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("PIP_NO_INDEX", "UV_OFFLINE"):
        monkeypatch.setenv(variable, "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(ContextNotStaged, match="analyst"):
        stage_context(IMAGES["analyst"], tmp_path / "context", "none", root=tmp_path)
    assert not list((tmp_path / "bentos/analyst/archives").glob("*.whl"))
