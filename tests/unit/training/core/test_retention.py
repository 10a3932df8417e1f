"""What nobody can need any more goes, from registry, store and tracking; everything else stays."""

from pathlib import Path

import pytest

from bentos.core.errors import PackageNotFound
from tests.support.homes import add_champion, add_version, make_bench, train, train_champion
from tests.support.tiny_pipeline import TinyPipeline
from training.core.promotion import promote, rollback
from training.core.registry import CHAMPION
from training.core.retention import prune
from training.core.workbench import Workbench

PIPELINE = TinyPipeline()


def note(text: str) -> TinyPipeline:
    return TinyPipeline(note=text)


def kept(bench: Workbench) -> list[str]:
    return [version.version for version in bench.registry.versions("tiny")]


def tightened(bench: Workbench, versions: int, rollbacks: int = 3) -> Workbench:
    """Return a bench on the same home that keeps less; the first trains without removing anything."""
    limits = {"retention_versions": versions, "retention_rollbacks": rollbacks}
    return make_bench(bench.settings.home, **limits)


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return make_bench(tmp_path)


def test_newest_versions_and_the_champion_stay(bench: Workbench) -> None:
    add_champion(bench, note("a"))
    for text in "bcd":
        add_version(bench, note(text), gate="refused")
    assert prune(tightened(bench, versions=2), "tiny") == ["2"]
    assert kept(bench) == ["4", "3", "1"]


def test_removed_version_is_gone_from_the_store_and_from_tracking(bench: Workbench) -> None:
    first = train(bench, note("a"))
    train_champion(bench, note("b"))
    prune(tightened(bench, versions=1), "tiny")
    assert kept(bench) == ["2"]
    assert not Path(first.uri).exists()
    tracked = bench.settings.home / "artifacts" / "tiny" / "models" / first.model_uri.removeprefix("models:/")
    assert not list(tracked.rglob("*.onnx"))
    assert bench.tracking._client.get_run(first.run_id).data.metrics["train/log_loss"] == 0.5


def test_former_champions_stay_as_many_as_rollbacks_are_promised(bench: Workbench) -> None:
    for text in "abcd":
        add_champion(bench, note(text))
    add_version(bench, note("e"), gate="refused")
    assert prune(tightened(bench, versions=1, rollbacks=2), "tiny") == ["1"]
    assert rollback(bench, PIPELINE).version == "3"
    assert rollback(bench, PIPELINE).version == "2"


def test_challenger_stays(bench: Workbench) -> None:
    add_champion(bench, note("a"))
    add_version(bench, note("b"))
    for text in "cd":
        add_version(bench, note(text), gate="refused")
    assert prune(tightened(bench, versions=1), "tiny") == ["3"]
    assert kept(bench) == ["4", "2", "1"]


def test_quarantined_version_loses_its_package_and_keeps_its_record(bench: Workbench) -> None:
    add_champion(bench, note("a"))
    bad = add_champion(bench, note("b"))
    rollback(bench, PIPELINE)
    add_version(bench, note("c"))
    strict = tightened(bench, versions=1)
    assert prune(strict, "tiny") == ["2"]
    assert prune(strict, "tiny") == []
    version = bench.registry.version("tiny", "2")
    assert version.quarantined
    assert version.removed
    with pytest.raises(PackageNotFound):
        bench.load(bad)
    assert bench.registry.find_by_inputs("tiny", note("b").inputs().digest()) is not None


def test_pinned_version_stays_whatever_the_registry_says(bench: Workbench) -> None:
    first = add_champion(bench, note("a"))
    add_version(bench, note("b"))
    bench.registry.set_alias("tiny", CHAMPION, "2")
    assert prune(tightened(bench, versions=1), "tiny") == []
    bench.load(first)


def test_interrupted_removal_is_finished_by_the_next(bench: Workbench) -> None:
    first = add_version(bench, note("a"))
    add_champion(bench, note("b"))
    bench.packages.remove(first.uri)
    bench.tracking.remove_model(first.model_uri)
    assert prune(tightened(bench, versions=1), "tiny") == ["1"]
    assert kept(bench) == ["2"]


def test_training_prunes_by_itself(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, retention_versions=1)
    train(bench, note("a"))
    promote(bench, PIPELINE)
    train(bench, note("b"))
    train(bench, note("c"))
    assert kept(bench) == ["3", "1"]
