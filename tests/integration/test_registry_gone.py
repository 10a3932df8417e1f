"""MLflow is stopped and deleted: what was promoted is still served, from its pin and its package alone."""

import shutil
from pathlib import Path

import msgspec
import pytest

from bentos.battle.api import BattleAnswer, BattleRequest
from bentos.battle.predictor import BattlePredictor
from tests.support.homes import make_bench, quiet
from tests.support.serving import serving
from tests.support.tiny_battle import tiny_candidate, tiny_sets
from training.battle import pipeline as battle
from training.core import lifecycle, promotion
from training.core.pins import Rollout, read_pin
from training.core.pipeline import Candidate, Progress

NEEDED = {"packages", "pins", "keys"}
REQUEST = BattleRequest(pokemon_1_id=25, pokemon_2_id=6, pokemon_1_moves=["thunder", "dig"])


class TinyBattle(battle.BattlePipeline):
    """Battle's own pipeline, but a small model."""

    def train(self, progress: Progress) -> Candidate:
        return tiny_candidate()


@pytest.fixture
def promoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rollout:
    """The pin of a version that was registered, judged and promoted, in a home whose registry is gone."""
    monkeypatch.setattr(battle, "load_sets", tiny_sets)
    bench, pipeline = make_bench(tmp_path), TinyBattle()
    version = lifecycle.train(bench, pipeline, quiet).version
    promotion.promote(bench, pipeline, version.version, force_reason="a test needs it")
    rollout = read_pin(tmp_path, "battle")
    assert rollout is not None
    assert (rollout.version, rollout.digest) == (version.version, version.digest)
    delete_registry(tmp_path)
    return rollout


def delete_registry(home: Path) -> None:
    """Leave packages, pins and the public key; delete everything else, and fail if MLflow left nothing."""
    assert any(path.is_file() for path in (home / "artifacts").rglob("*"))
    (home / "mlflow.db").unlink()
    (home / "keys" / "trainer.pem").unlink()
    for path in home.iterdir():
        if path.name not in NEEDED:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert {path.name for path in home.iterdir()} == NEEDED


def test_promoted_version_is_served_without_registry(promoted: Rollout) -> None:
    expected = BattlePredictor(tiny_candidate().files, promoted.version).predict(REQUEST)
    unreachable = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    with serving({**promoted.environment(), **unreachable}, "battle") as process:
        assert process.ask("GET", "/readyz").status == 200
        reply = process.ask("POST", "/api/v1/predict/battle", msgspec.json.encode(REQUEST))
        assert reply.status == 200
        assert msgspec.json.decode(reply.content, type=BattleAnswer) == expected
        assert f'digest="{promoted.digest}"' in process.ask("GET", "/metrics").content.decode()
