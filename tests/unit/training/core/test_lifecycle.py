"""From inputs to a judged version: new or nothing new, passed or refused, and what a crash leaves to
finish."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from bentos.core.errors import ContractMismatch, FileAltered, SettingsError
from bentos.core.package import require_contract
from tests.support.homes import add_champion, add_version, make_bench, quiet, train, train_champion
from tests.support.tiny_pipeline import TinyPipeline, contract
from training.core import gate, lifecycle
from training.core.errors import AlreadyChampion, DataFixed, RegistryBusy, VersionQuarantined
from training.core.pins import read_pin
from training.core.pipeline import Candidate, GatePolicy, Progress, TrainingInputs
from training.core.promotion import rollback
from training.core.registry import CHALLENGER, CHAMPION, Tag
from training.core.workbench import Workbench

POOR, GOOD = TinyPipeline(trees=4), TinyPipeline(trees=40)


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return make_bench(tmp_path)


def test_first_version_that_passes_becomes_challenger(bench: Workbench) -> None:
    done = lifecycle.train(bench, GOOD, quiet)
    assert done.new
    assert not done.promoted
    assert (done.version.version, done.version.gate, done.version.aliases) == ("1", "passed", (CHALLENGER,))
    assert done.version.verdict is not None
    assert done.version.verdict.compared_with == ""
    require_contract(bench.load(done.version), GOOD.contract)
    assert read_pin(bench.settings.home, "tiny") is None


def test_version_says_what_it_was_made_from(bench: Workbench) -> None:
    version = train(bench, GOOD)
    assert version.inputs_sha256 == GOOD.inputs().digest()
    assert version.data_sha256 == GOOD.inputs().data_sha256
    assert version.git_commit
    assert version.metrics["train/log_loss"] == 0.5
    assert version.metrics["gate/minimum_accuracy"] > 0.6


def test_same_inputs_are_nothing_new(bench: Workbench) -> None:
    train(bench, GOOD)
    again = lifecycle.train(bench, GOOD, quiet)
    assert not again.new
    assert again.version.version == "1"
    assert len(bench.registry.versions("tiny")) == 1


def test_refused_version_gets_no_alias_and_says_why(bench: Workbench) -> None:
    train_champion(bench, GOOD)
    refused = train(bench, POOR)
    assert (refused.gate, refused.aliases) == ("refused", ())
    assert refused.verdict is not None
    assert refused.verdict.compared_with == "1"
    assert "Log loss" in refused.verdict.reasons()


def test_better_version_becomes_challenger_and_waits(bench: Workbench) -> None:
    train_champion(bench, POOR)
    better = train(bench, GOOD)
    assert better.aliases == (CHALLENGER,)
    assert bench.registry.aliases("tiny")[CHAMPION] == "1"


def test_automatic_policy_promotes_what_passed_and_only_that(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, promotion="auto")
    assert lifecycle.train(bench, POOR, quiet).promoted
    assert lifecycle.train(bench, GOOD, quiet).promoted
    assert not lifecycle.train(bench, TinyPipeline(trees=3), quiet).promoted
    assert bench.registry.aliases("tiny") == {CHAMPION: "2"}
    pin = read_pin(bench.settings.home, "tiny")
    assert pin is not None
    assert pin.version == "2"


def test_version_that_was_never_judged_is_judged_by_the_next_training(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(gate, "judge", die)
        with pytest.raises(KeyboardInterrupt):
            lifecycle.train(bench, GOOD, quiet)
    assert bench.registry.version("tiny", "1").gate == "pending"
    finished = lifecycle.train(bench, GOOD, quiet)
    assert (finished.version.version, finished.version.gate) == ("1", "passed")


def test_quarantined_version_is_not_made_again(bench: Workbench) -> None:
    train_champion(bench, POOR)
    train_champion(bench, GOOD)
    rollback(bench, GOOD)
    again = lifecycle.train(bench, GOOD, quiet)
    assert not again.new
    assert again.version.quarantined
    with pytest.raises(VersionQuarantined):
        lifecycle.judge_version(bench, GOOD, "2", quiet)


def test_second_training_of_a_model_is_refused_while_the_first_runs(bench: Workbench) -> None:
    with bench.training("tiny"), pytest.raises(RegistryBusy):
        lifecycle.train(bench, GOOD, quiet)


def test_judging_again_compares_with_todays_champion(bench: Workbench) -> None:
    middling = TinyPipeline(trees=8)
    train(bench, middling)
    train_champion(bench, GOOD)
    verdict = lifecycle.judge_version(bench, middling, "1", quiet)
    assert not verdict.passed
    assert verdict.compared_with == "2"
    assert bench.registry.version("tiny", "1").aliases == ()


def test_champion_is_not_judged_against_itself(bench: Workbench) -> None:
    train_champion(bench, GOOD)
    with pytest.raises(AlreadyChampion):
        lifecycle.judge_version(bench, GOOD, "1", quiet)


def test_champion_of_an_older_contract_is_compared_by_its_recorded_answers(bench: Workbench) -> None:
    train_champion(bench, POOR)
    newer = TinyPipeline(trees=40, feature_version="2")
    version = train(bench, newer)
    assert version.gate == "passed"
    assert version.verdict is not None
    improvement = next(check for check in version.verdict.checks if check.name == "improvement")
    assert improvement.applicable


def test_altered_package_is_not_judged(bench: Workbench) -> None:
    version = train(bench, GOOD)
    Path(version.uri, "model.onnx").write_bytes(b"other")
    with pytest.raises(FileAltered, match=r"model\.onnx"):
        lifecycle.judge_version(bench, GOOD, "1", quiet)


def test_unusable_key_is_found_before_an_hour_of_training(bench: Workbench) -> None:
    bench.settings.private_key.parent.mkdir(parents=True)
    bench.settings.private_key.write_text("no key")
    said: list[str] = []
    with pytest.raises(SettingsError, match="No private key"):
        lifecycle.train(bench, GOOD, said.append)
    assert said == []


@dataclass(frozen=True)
class ForgetfulPipeline(TinyPipeline):
    """Puts another contract into the package than it declares."""

    def train(self, progress: Progress) -> Candidate:
        candidate = super().train(progress)
        candidate.files["contract.json"] = contract("other").encode()
        return candidate


def test_package_with_another_contract_than_declared_is_not_registered(bench: Workbench) -> None:
    with pytest.raises(ContractMismatch):
        lifecycle.train(bench, ForgetfulPipeline(), quiet)
    assert bench.registry.versions("tiny") == []


def test_limits_are_part_of_the_verdict(bench: Workbench) -> None:
    strict = TinyPipeline(gate=GatePolicy(minimum_scores={"accuracy": 0.99}, maximum_calibration_error=1.0))
    version = train(bench, strict)
    assert version.gate == "refused"
    assert version.verdict is not None
    assert [check.name for check in version.verdict.refusals] == ["minimum_accuracy"]
    tags = bench.tracking._client.get_model_version("tiny", "1").tags
    assert tags[Tag.REASONS].startswith("minimum_accuracy")


def test_challenger_that_was_judged_against_another_champion_goes_on_waiting(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, promotion="auto")
    add_champion(bench, TinyPipeline(trees=4))
    add_version(bench, TinyPipeline(trees=40), compared_with="7")
    said = lifecycle.settle_challenger(bench, TinyPipeline(trees=40))
    assert said.startswith("version 2 waits for `ekiben promote tiny`: tiny version 2 was judged against")
    assert bench.registry.aliases("tiny") == {"champion": "1", "challenger": "2"}


@dataclass(frozen=True)
class GrowingPipeline(TinyPipeline):
    """A pipeline that counts what was added to its data."""

    slices: list[int] = field(default_factory=list)

    def has_gathered(self) -> bool:
        return bool(self.slices)

    def gather(self, items: int, progress: Progress) -> None:
        self.slices.append(items)

    def inputs(self) -> TrainingInputs:
        return msgspec.structs.replace(super().inputs(), data_sha256=f"sha256:{self.slices}")


def test_each_training_adds_to_the_data_and_makes_a_version(bench: Workbench) -> None:
    pipeline = GrowingPipeline(trees=4)
    for number in (1, 2):
        done = lifecycle.train(bench, pipeline, quiet, new_items=5)
        assert (done.new, done.version.version, len(pipeline.slices)) == (True, str(number), number)
    assert not lifecycle.train(bench, pipeline, quiet).new, "nothing is added unless asked for"


def test_data_of_an_interrupted_training_are_taken_up_first(bench: Workbench) -> None:
    pipeline = GrowingPipeline(trees=4)
    pipeline.gather(5, quiet)
    assert lifecycle.train(bench, pipeline, quiet, new_items=5).new
    assert pipeline.slices == [5]


def test_fixed_data_can_not_be_added_to(bench: Workbench) -> None:
    with pytest.raises(DataFixed, match="tiny are fixed"):
        lifecycle.train(bench, POOR, quiet, new_items=5)
