"""Champions forward and back: who may be promoted, what is recorded, and that a refusal changes nothing."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bentos.core.errors import ContractMismatch, FileAltered, PackageError
from bentos.core.package import load_package, read_public_key
from tests.support.homes import add_champion, add_version, make_bench
from tests.support.tiny_pipeline import TinyPipeline
from training.core.errors import (
    NoChampion,
    NotGated,
    NothingToRollBack,
    RegistryBusy,
    VerdictOutdated,
    VersionNotFound,
    VersionQuarantined,
)
from training.core.pins import read_pin, write_pin
from training.core.promotion import promote, rollback
from training.core.registry import CHALLENGER, CHAMPION, Tag
from training.core.target import HomeTarget, Purpose, StillHeld
from training.core.workbench import Workbench

POOR, FAIR, GOOD = TinyPipeline(trees=3), TinyPipeline(trees=9), TinyPipeline(trees=40)


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return make_bench(tmp_path)


def champion(bench: Workbench) -> str:
    """Return the champion's version, and make sure that alias and pin agree."""
    version = bench.registry.aliases("tiny").get(CHAMPION, "")
    rollout = read_pin(bench.settings.home, "tiny")
    assert (rollout.version if rollout else "") == version
    return version


def test_challenger_is_promoted_and_pinned(bench: Workbench) -> None:
    version = add_version(bench, GOOD)
    done = promote(bench, GOOD)
    assert (done.version, done.previous, done.changed) == ("1", "", True)
    assert bench.registry.aliases("tiny") == {CHAMPION: "1"}
    rollout = read_pin(bench.settings.home, "tiny")
    assert rollout is not None
    assert (rollout.digest, rollout.uri) == (version.digest, version.uri)
    load_package(rollout.pin, read_public_key(Path(rollout.public_key)))


def test_next_champion_remembers_the_one_before(bench: Workbench) -> None:
    add_champion(bench, POOR)
    add_version(bench, GOOD, compared_with="1")
    assert promote(bench, GOOD).previous == "1"
    assert bench.registry.version("tiny", "2").previous_champion == "1"
    assert champion(bench) == "2"


def test_promoting_the_champion_again_only_writes_its_pin(bench: Workbench) -> None:
    add_champion(bench, POOR)
    add_champion(bench, GOOD)
    (bench.settings.home / "pins" / "tiny.json").unlink()
    done = promote(bench, GOOD, "2")
    assert (done.version, done.previous, done.changed) == ("2", "1", False)
    assert bench.registry.version("tiny", "2").previous_champion == "1"
    assert champion(bench) == "2"


def test_nothing_can_be_promoted_before_a_training(bench: Workbench) -> None:
    with pytest.raises(NoChampion, match="no challenger"):
        promote(bench, GOOD)
    with pytest.raises(VersionNotFound):
        promote(bench, GOOD, "1")


def test_refused_version_is_not_promoted_and_the_reason_is_said(bench: Workbench) -> None:
    add_champion(bench, GOOD)
    add_version(bench, POOR, gate="refused")
    with pytest.raises(NotGated, match="improvement: Log loss"):
        promote(bench, POOR, "2")
    assert champion(bench) == "1"


def test_version_that_was_never_judged_is_not_promoted(bench: Workbench) -> None:
    add_version(bench, GOOD, gate="pending")
    with pytest.raises(NotGated, match="never judged"):
        promote(bench, GOOD, "1")


def test_forced_promotion_outranks_the_gate_and_is_recorded(bench: Workbench) -> None:
    add_champion(bench, GOOD)
    add_version(bench, POOR, gate="refused")
    promote(bench, POOR, "2", force_reason="the newer one crashes")
    assert champion(bench) == "2"
    assert bench.registry.version("tiny", "2").forced_because == "the newer one crashes"


def test_verdict_against_another_champion_is_outdated(bench: Workbench) -> None:
    add_version(bench, FAIR)
    add_champion(bench, GOOD)
    with pytest.raises(VerdictOutdated, match=r"judged against no champion, but version 2 is champion"):
        promote(bench, FAIR, "1")
    assert champion(bench) == "2"


@pytest.mark.parametrize("name", ["model.onnx", "manifest.json", "manifest.sig"])
def test_altered_package_is_not_promoted_even_by_force(bench: Workbench, name: str) -> None:
    version = add_version(bench, GOOD)
    Path(version.uri, name).write_bytes(b"{}")
    with pytest.raises(PackageError, match=name.replace("manifest.sig", "manifest.json")):
        promote(bench, GOOD, "1", force_reason="please")
    assert champion(bench) == ""


def test_package_of_another_contract_is_not_promoted(bench: Workbench) -> None:
    add_version(bench, GOOD)
    with pytest.raises(ContractMismatch):
        promote(bench, TinyPipeline(feature_version="2"))
    assert champion(bench) == ""


def test_rollback_brings_the_previous_champion_back_and_quarantines_the_bad_one(bench: Workbench) -> None:
    add_champion(bench, POOR)
    add_champion(bench, GOOD)
    done = rollback(bench, GOOD)
    assert (done.version, done.previous) == ("1", "2")
    assert champion(bench) == "1"
    assert bench.registry.version("tiny", "2").quarantined


def test_quarantined_version_is_never_promoted_again(bench: Workbench) -> None:
    add_champion(bench, POOR)
    add_champion(bench, GOOD)
    rollback(bench, GOOD)
    for reason in ("", "it was fine"):
        with pytest.raises(VersionQuarantined):
            promote(bench, GOOD, "2", force_reason=reason)
    assert champion(bench) == "1"


def test_two_rollbacks_go_back_two_champions_and_the_third_is_refused(bench: Workbench) -> None:
    for pipeline in (POOR, FAIR, GOOD):
        add_champion(bench, pipeline)
    assert rollback(bench, GOOD).version == "2"
    assert rollback(bench, GOOD).version == "1"
    with pytest.raises(NothingToRollBack, match="version 1"):
        rollback(bench, GOOD)
    assert champion(bench) == "1"
    assert [version.quarantined for version in bench.registry.versions("tiny")] == [True, True, False]


def test_rollback_passes_over_a_quarantined_predecessor(bench: Workbench) -> None:
    for pipeline in (POOR, FAIR, GOOD):
        add_champion(bench, pipeline)
    bench.registry.tag("tiny", "2", {Tag.QUARANTINED: "by hand"})
    assert rollback(bench, GOOD).version == "1"


def test_champion_that_came_back_can_still_be_rolled_back_but_not_into_a_circle(bench: Workbench) -> None:
    add_champion(bench, POOR)
    add_champion(bench, GOOD)
    promote(bench, POOR, "1", force_reason="a comparison")
    assert rollback(bench, GOOD).version == "2"
    with pytest.raises(NothingToRollBack):
        rollback(bench, GOOD)
    assert champion(bench) == "2"


def test_rollback_without_a_champion_is_refused(bench: Workbench) -> None:
    with pytest.raises(NoChampion, match="no champion"):
        rollback(bench, GOOD)


def test_rollback_to_an_altered_package_changes_nothing(bench: Workbench) -> None:
    first = add_champion(bench, POOR)
    add_champion(bench, GOOD)
    Path(first.uri, "model.ubj").write_bytes(b"other")
    with pytest.raises(FileAltered):
        rollback(bench, GOOD)
    assert champion(bench) == "2"
    assert not bench.registry.version("tiny", "2").quarantined


def test_interrupted_rollback_is_finished_and_not_repeated(bench: Workbench) -> None:
    for pipeline in (POOR, FAIR, GOOD):
        add_champion(bench, pipeline)
    pinned = read_pin(bench.settings.home, "tiny")
    assert pinned is not None
    rollback(bench, GOOD)
    write_pin(bench.settings.home, "tiny", pinned)
    assert rollback(bench, GOOD).version == "2"
    assert champion(bench) == "2"


def test_challenger_that_was_rolled_back_loses_its_alias(bench: Workbench) -> None:
    add_champion(bench, POOR)
    add_champion(bench, GOOD)
    bench.registry.set_alias("tiny", CHALLENGER, "2")
    rollback(bench, GOOD)
    assert bench.registry.aliases("tiny") == {CHAMPION: "1"}


def test_promotion_waits_for_no_one_longer_than_told(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, lock_timeout_seconds=0)
    add_version(bench, GOOD)
    with bench.moving_aliases("tiny"), pytest.raises(RegistryBusy):
        promote(bench, GOOD)
    promote(bench, GOOD)


class LostLock(HomeTarget):
    """A lock that is lost between its acquisition and the first write."""

    @contextmanager
    def lock(self, model: str, purpose: Purpose, timeout_seconds: float) -> Iterator[StillHeld]:
        def lost() -> None:
            raise RegistryBusy("lock", 0)

        yield lost


def test_lost_lock_changes_nothing(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    add_champion(bench, POOR)
    add_champion(bench, GOOD)
    add_version(bench, TinyPipeline(note="third"), compared_with="2")
    robbed = dataclasses.replace(bench, target=LostLock(tmp_path))
    before = bench.registry.versions("tiny")
    with pytest.raises(RegistryBusy):
        promote(robbed, GOOD)
    with pytest.raises(RegistryBusy):
        rollback(robbed, GOOD)
    assert bench.registry.versions("tiny") == before
