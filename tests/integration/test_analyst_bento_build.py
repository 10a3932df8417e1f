"""The analyst's folder becomes a bento that serves by itself, and brings its tables along."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bentos.core.package import Pin
from bentos.core.settings import DatabaseSettings
from tests.support.databases import make_sqlite_settings
from tests.support.serving import ROOT, ServerProcess, bentoml_serving, serving
from tests.support.tiny_analyst import VERSION, fill, make_analyst_package
from training.core.pins import Rollout
from training.core.staging import build_bento, stage_package

FOLDERS = ("core", "migrations", "analyst")


@pytest.fixture(scope="module")
def pin(tmp_path_factory: pytest.TempPathFactory) -> Rollout:
    return make_analyst_package(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def bento(pin: Rollout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The bento, built in a copy of the project in which a model can be staged."""
    root = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("__pycache__", "model")
    for folder in FOLDERS:
        shutil.copytree(ROOT / "bentos" / folder, root / "bentos" / folder, ignore=ignored)
    for name in ("bentos/__init__.py", "pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, root / name)
    (root / "secret.txt").write_text("must not be in the image")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENTOML_HOME", str(root / "home"))
        # What runs in there is a copy; it says nothing about the coverage of the code itself.
        for name in ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START"):
            patch.delenv(name, raising=False)
        package = Pin(uri=pin.uri, version=pin.version, digest=pin.digest)
        stage_package("analyst", Path(pin.uri), package, Path(pin.public_key), root)
        name, _, version = build_bento("analyst", root).partition(":")
        yield root / "home/bentos" / name / version


def test_bento_holds_core_tables_service_and_model_and_nothing_else(bento: Path) -> None:
    held = {path.relative_to(bento / "src") for path in (bento / "src").rglob("*") if path.is_file()}
    outside = {path for path in held if path.parts[:2] not in {("bentos", folder) for folder in FOLDERS}}
    assert outside == {Path("bentofile.yaml"), Path("bentos/__init__.py")}
    for folder in FOLDERS:
        code = {path.relative_to(ROOT) for path in (ROOT / "bentos" / folder).rglob("*.py")}
        assert code <= held
    assert {Path("bentos/analyst/model") / name for name in ("pin.json", "public.pem", "prompt.json")} <= held
    assert not [path for path in held if path.name in ("secret.txt", ".gitignore", "requirements.txt")]


def test_bento_names_its_model_and_what_it_installs(bento: Path, pin: Rollout) -> None:
    described = yaml.safe_load((bento / "bento.yaml").read_text())
    assert described["labels"] == {"model": "analyst", "model_version": VERSION, "model_digest": pin.digest}
    requirements = (bento / "env/python/requirements.txt").read_text()
    assert all(f"\n{name}==" in requirements for name in ("sqlalchemy", "openai", "feedparser"))
    assert not any(f"\n{name}==" in requirements for name in ("xgboost-cpu", "mlflow", "pytest"))


def in_bento(bento: Path, database: DatabaseSettings) -> dict[str, str]:
    return {
        "PYTHONPATH": str(bento / "src"),
        "EKIBEN_DATABASE_URL": database.url.get_secret_value(),
        "EKIBEN_ANALYST_PROVIDERS": "",
    }


@pytest.fixture(scope="module")
def database(bento: Path, tmp_path_factory: pytest.TempPathFactory) -> DatabaseSettings:
    """A database whose tables the bento made itself."""
    settings = make_sqlite_settings(tmp_path_factory.mktemp("database") / "ekiben.db")
    subprocess.run(
        [sys.executable, "-m", "bentos.core.migrate"],
        cwd=bento / "src",
        env={**os.environ, **in_bento(bento, settings)},
        check=True,
        capture_output=True,
    )
    asyncio.run(fill(settings))
    return settings


def assert_answers(process: ServerProcess) -> None:
    answer = process.ask("GET", "/price-analysis?limit=48").json
    assert (answer["source"], answer["window"], answer["symbol"]) == ("fallback", 48, "BTC")
    assert process.ask("GET", "/openapi.json").json["info"]["version"] == VERSION


def test_bento_serves_its_model_from_its_own_folder(bento: Path, database: DatabaseSettings) -> None:
    with serving(in_bento(bento, database), service="analyst", folder=bento / "src") as process:
        assert_answers(process)
        assert process.ask("GET", "/docs.json").status == 200


def test_bento_is_served_by_bentoml_too(bento: Path, database: DatabaseSettings) -> None:
    environment = in_bento(bento, database)
    with bentoml_serving(str(bento), "analyst", environment, bento.parents[2], bento) as process:
        assert_answers(process)
