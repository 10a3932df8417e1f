"""A home after real trainings: nothing pickled in it, nothing lost by commands that meet, nothing needed to
predict."""

import json
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.support.homes import add_version, make_bench, train, train_champion
from tests.support.tiny_pipeline import TinyPipeline
from training.core.pins import read_pin
from training.core.registry import CHAMPION
from training.core.workbench import Workbench

ROOT = Path(__file__).parents[2]
PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".cloudpickle", ".dill")
COMMAND = """
import sys
from tests.support import tiny_pipeline
import pytest
patch = pytest.MonkeyPatch()
tiny_pipeline.install(patch, tiny_pipeline.TinyPipeline())
from training.cli.app import main
if "--wait" in sys.argv:
    sys.argv.remove("--wait")
    import mlflow, training.core.promotion
    print("ready", flush=True)
    sys.stdin.readline()
main()
"""


def looks_pickled(name: str, content: bytes) -> bool:
    """Tell a pickle by its name, or by its first two bytes (protocol 2 to 5) and its last; archives are
    opened."""
    if zipfile.is_zipfile(BytesIO(content)):
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return any(looks_pickled(entry, archive.read(entry)) for entry in archive.namelist())
    opened = content[:1] == b"\x80" and content[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
    return name.endswith(PICKLE_NAMES) or (opened and content.endswith(b"."))


def ekiben(home: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start a command in a process of its own, with the tiny model."""
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"EKIBEN_HOME": str(home), "PATH": "/usr/bin:/bin", "MLFLOW_DISABLE_TELEMETRY": "true"},
    )


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return make_bench(tmp_path)


def test_pickles_are_recognised() -> None:
    assert looks_pickled("model.bin", b"\x80\x04\x95\x00.")
    assert looks_pickled("python_model.pkl", b"")
    assert not looks_pickled("model.onnx", b"\x08\x04")


def test_nothing_in_registry_tracking_and_store_is_pickled(bench: Workbench) -> None:
    train_champion(bench, TinyPipeline(trees=4))
    train(bench, TinyPipeline(trees=40))
    files = [path for path in bench.settings.home.rglob("*") if path.is_file()]
    assert len(files) > 40
    assert [path.name for path in files if looks_pickled(path.name, path.read_bytes())] == []


def test_promotions_that_meet_leave_one_champion_one_pin_and_an_unbroken_line(bench: Workbench) -> None:
    for trees in (3, 4):
        add_version(bench, TinyPipeline(trees=trees), gate="refused")
    started = [
        ekiben(bench.settings.home, "promote", "tiny", "-v", version, "--force", "--reason", "x", "--wait")
        for version in ("1", "2")
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    failures = [said for process in started if (said := process.communicate()[1]) and process.returncode]
    assert failures == []
    champion = bench.registry.with_alias("tiny", CHAMPION)
    rollout = read_pin(bench.settings.home, "tiny")
    assert champion is not None
    assert rollout is not None
    assert rollout.version == champion.version
    line = [champion.version]
    while bench.registry.version("tiny", line[-1]).previous_champion:
        line.append(bench.registry.version("tiny", line[-1]).previous_champion)
    assert sorted(line) == ["1", "2"]


def test_predicting_needs_the_pin_and_the_package_and_no_registry(bench: Workbench) -> None:
    train_champion(bench, TinyPipeline())
    (bench.settings.home / "mlflow.db").unlink()
    (bench.settings.home / "keys" / "trainer.pem").unlink()
    process = ekiben(bench.settings.home, "predict", "tiny", '{"height": 1, "weight": 0, "speed": 0}')
    stdout, stderr = process.communicate()
    assert (process.returncode, stderr) == (0, "")
    assert json.loads(stdout)["model_version"] == "1"


def test_first_training_in_an_empty_home_prints_its_result_and_no_noise(tmp_path: Path) -> None:
    process = ekiben(tmp_path / "new home", "train", "tiny", "-o", "json")
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert json.loads(stdout)["version"]["gate"] == "passed"
    lines = [line for line in stderr.splitlines() if not line.lstrip().startswith("…")]
    assert len(lines) == 1, stderr
    assert lines[0].endswith("✓ tiny version 1: passed")
