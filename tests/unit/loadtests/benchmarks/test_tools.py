"""Programs are found, or what to do about it is said."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.benchmarks import tools
from loadtests.benchmarks.errors import ToolMissing


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    for find in (tools.find_wrk, tools.find_oha, tools.find_uv):
        find.cache_clear()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for find in (tools.find_wrk, tools.find_oha, tools.find_uv):
        find.cache_clear()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("UV", raising=False)
    return tmp_path / "ekiben" / "bench"


def test_missing_program_is_named_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(ToolMissing, match=r"wrk is needed: sudo apt-get install"):
        tools.find_wrk()
    with pytest.raises(ToolMissing, match="cargo is needed"):
        tools.find_oha()
    with pytest.raises(ToolMissing, match="uv is needed"):
        tools.find_uv()


def test_uv_that_make_names_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV", "/opt/uv")
    assert tools.find_uv() == "/opt/uv"


def test_oha_is_built_once_into_the_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[list[str]] = []

    def build(command: list[str], **_settings: object) -> None:
        built.append(command)
        program = cache / f"oha-{tools.OHA_VERSION}" / "bin" / "oha"
        program.parent.mkdir(parents=True)
        program.touch()

    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(subprocess, "run", build)
    first = tools.find_oha()
    tools.find_oha.cache_clear()
    assert tools.find_oha() == first == str(cache / f"oha-{tools.OHA_VERSION}" / "bin" / "oha")
    assert [command[:2] for command in built] == [["/bin/cargo", "install"]]
    assert {tools.OHA_VERSION, "--locked"} <= set(built[0])
    assert "--no-default-features" not in built[0]
