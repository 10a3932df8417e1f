"""The gate: better passes; worse, equal and better by luck do not; every limit is kept from both sides."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import pytest

from bentos.core.errors import SettingsError
from tests.support.passing_pipeline import PassingPipeline
from tests.support.tiny_pipeline import TinyPipeline
from training.core.gate import Champion, judge
from training.core.improvement import improvement_check
from training.core.pipeline import Check, FrozenScores, GatePolicy
from training.core.scores import log_loss_per_item
from training.core.verdict import Verdict

POOR, GOOD = TinyPipeline(trees=4), TinyPipeline(trees=40)


@dataclass(frozen=True)
class DifferingPipeline(TinyPipeline):
    """Says how much its engines differ."""

    difference: float = 0.0

    def engine_parity(self, files: Mapping[str, bytes]) -> float:
        return self.difference


def verdict_on(
    challenger: TinyPipeline, champion: TinyPipeline | None, policy: GatePolicy | None = None
) -> Verdict:
    judged = replace(challenger, gate=policy) if policy else challenger
    rival = Champion("1", champion.files()) if champion else None
    return judge(judged, challenger.files(), rival)[0]


def check(verdict: Verdict, name: str) -> Check:
    return next(check for check in verdict.checks if check.name == name)


def answers(shift: float = 0.0, noise: float = 0.0, seed: int = 3, sample: int = 0) -> FrozenScores:
    """Return answers on 500 items that are off by `shift` and by random `noise`, both in log-odds.

    `sample` decides which items and outcomes those are, `seed` the noise.
    """
    generator = np.random.default_rng(sample)
    odds = generator.normal(0.0, 2.0, 500)
    successes = generator.binomial(12, 1 / (1 + np.exp(-odds))).astype(np.float64)
    off = shift + noise * np.random.default_rng(seed).normal(size=500)
    return FrozenScores(1 / (1 + np.exp(-(odds + off))), successes, np.full(500, 12.0))


def test_better_challenger_passes() -> None:
    verdict = verdict_on(GOOD, champion=POOR)
    assert verdict.passed
    assert check(verdict, "improvement").value == pytest.approx(0.1, abs=0.05)
    assert verdict.compared_with == "1"
    assert verdict.scores["log_loss"] < verdict.champion_scores["log_loss"]


def test_worse_challenger_is_refused() -> None:
    verdict = verdict_on(POOR, champion=GOOD)
    assert not verdict.passed
    assert [refusal.name for refusal in verdict.refusals] == ["improvement"]


def test_equal_challenger_is_refused() -> None:
    found = check(verdict_on(GOOD, champion=GOOD), "improvement")
    assert not found.passed
    assert found.value == 0.0


def test_challenger_that_is_better_only_by_noise_is_refused() -> None:
    larger = []
    for sample in range(20):
        champion, challenger = (
            answers(noise=0.1, seed=sample + start, sample=sample) for start in (100, 200)
        )
        if log_loss_per_item(challenger).sum() < log_loss_per_item(champion).sum():
            larger.append(improvement_check(GatePolicy(), challenger, "1", champion))
    assert len(larger) >= 5, "some must look better, or this shows nothing"
    assert sum(found.passed for found in larger) <= 1  # the bound is wrong once in twenty


def test_same_comparison_gives_the_same_bound_twice() -> None:
    pair = (answers(noise=0.05), answers(noise=0.2))
    first, second = (improvement_check(GatePolicy(), pair[0], "1", pair[1]) for _ in range(2))
    assert first == second
    assert first.passed


def test_improvement_must_exceed_the_minimum() -> None:
    challenger, champion = answers(), answers(shift=0.5)
    bound = improvement_check(GatePolicy(), challenger, "1", champion).value
    assert bound is not None
    for minimum, passed in ((bound - 1e-9, True), (bound, False)):
        policy = GatePolicy(minimum_improvement=minimum)
        assert improvement_check(policy, challenger, "1", champion).passed is passed


def test_first_model_is_judged_by_its_limits_alone() -> None:
    verdict = verdict_on(GOOD, champion=None)
    assert verdict.passed
    assert verdict.compared_with == ""
    assert not check(verdict, "improvement").applicable
    assert not check(verdict, "cost_ratio").applicable
    assert verdict.champion_scores == {}


@pytest.mark.parametrize(
    ("limits", "refused"),
    [
        ({"minimum_scores": {"accuracy": 0.99}}, "minimum_accuracy"),
        ({"minimum_scores": {"roc_auc": 0.999}}, "minimum_roc_auc"),
        ({"maximum_scores": {"brier": 0.01}}, "maximum_brier"),
        ({"maximum_calibration_error": 0.0001}, "maximum_expected_calibration_error"),
        ({"maximum_size_bytes": 1000}, "package_size_bytes"),
        ({"parity_tolerance": -1.0}, "engine_parity"),
        ({"maximum_cost_ratio": 0.01}, "cost_ratio"),
    ],
)
def test_broken_limit_refuses_by_its_name(limits: dict[str, object], refused: str) -> None:
    policy = msgspec.structs.replace(GOOD.gate, **limits)
    verdict = verdict_on(GOOD, champion=POOR, policy=policy)
    assert [refusal.name for refusal in verdict.refusals] == [refused]
    assert refused in verdict.reasons()


def test_engines_that_differ_are_refused_just_above_the_tolerance() -> None:
    for difference, passed in ((1e-6, True), (1.1e-6, False), (float("nan"), False)):
        verdict, _ = judge(DifferingPipeline(difference=difference), GOOD.files(), None)
        assert check(verdict, "engine_parity").passed is passed


def test_failed_behaviour_check_refuses() -> None:
    verdict = verdict_on(replace(GOOD, unsymmetrical=True), champion=POOR)
    assert [refusal.name for refusal in verdict.refusals] == ["symmetry"]


def test_cost_is_measured_against_the_champion() -> None:
    found = check(verdict_on(GOOD, champion=POOR), "cost_ratio")
    assert found.applicable
    assert found.value is not None
    assert 0.3 < found.value < 5


def test_limit_on_a_score_that_does_not_exist_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="acuracy"):
        verdict_on(GOOD, None, GatePolicy(minimum_scores={"acuracy": 0.5}))


def test_champion_of_another_contract_is_compared_by_its_recorded_answers() -> None:
    recorded = POOR.score_frozen(POOR.files())
    verdict, _ = judge(GOOD, GOOD.files(), Champion("1", None, recorded))
    assert verdict.passed
    assert check(verdict, "improvement").applicable
    assert not check(verdict, "cost_ratio").applicable


@pytest.mark.parametrize("items", [None, 599])
def test_champion_that_cannot_be_compared_refuses(items: int | None) -> None:
    answers = POOR.score_frozen(POOR.files())
    recorded = items and FrozenScores(
        answers.probability[:items], answers.successes[:items], answers.trials[:items]
    )
    verdict, _ = judge(GOOD, GOOD.files(), Champion("1", None, recorded or None))
    assert [refusal.name for refusal in verdict.refusals] == ["improvement"]
    assert "no answers on these frozen items" in verdict.reasons()


def judge_passes(challenger: PassingPipeline, champion: PassingPipeline | None = None) -> Verdict:
    rival = Champion("1", champion.files()) if champion else None
    return judge(challenger, challenger.files(), rival)[0]


def test_passes_above_the_floor_are_judged_without_engines_and_cost() -> None:
    verdict = judge_passes(PassingPipeline(en=95, fr=90), PassingPipeline(en=90, fr=90))
    assert verdict.passed
    assert verdict.scores["pass_share"] == pytest.approx(0.925)
    assert verdict.champion_scores["pass_share"] == pytest.approx(0.9)
    assert [one.name for one in verdict.checks] == [
        "minimum_pass_share",
        "improvement",
        "engine_parity",
        "cost_ratio",
        "package_size_bytes",
    ]
    assert not check(verdict, "engine_parity").applicable
    assert not check(verdict, "cost_ratio").applicable


@pytest.mark.parametrize(("en", "fr"), [(0, 0), (85, 70)])
def test_passes_below_the_floor_are_refused(en: int, fr: int) -> None:
    assert [one.name for one in judge_passes(PassingPipeline(en=en, fr=fr)).refusals] == [
        "minimum_pass_share"
    ]


def test_floor_of_one_group_is_kept_by_itself() -> None:
    policy = GatePolicy(minimum_scores={"pass_share": 0.5, "pass_share_fr": 0.8})
    verdict = judge_passes(PassingPipeline(en=100, fr=79, gate=policy))
    assert [one.name for one in verdict.refusals] == ["minimum_pass_share_fr"]


@pytest.mark.parametrize("limits", [{}, {"pass_share": 0.0}, {"pass_share_en": 0.9}])
def test_gate_of_passes_without_a_floor_is_a_wrong_setting(limits: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match="no floor above 0"):
        judge_passes(PassingPipeline(gate=GatePolicy(minimum_scores=limits)))


def test_fewer_passes_than_the_champion_are_refused() -> None:
    verdict = judge_passes(PassingPipeline(en=85, fr=85), PassingPipeline(en=98, fr=98))
    assert [one.name for one in verdict.refusals] == ["improvement"]
