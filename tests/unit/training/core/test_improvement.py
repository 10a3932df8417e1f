"""Passes may not get worse by more than is tolerated; results of two kinds are never compared."""

import numpy as np
import pytest

from tests.support.passing_pipeline import passes
from tests.support.tiny_pipeline import TinyPipeline
from training.core.improvement import are_about_the_same, improvement_check, score
from training.core.pipeline import FrozenPasses, GatePolicy

POLICY = GatePolicy(minimum_scores={"pass_share": 0.5}, tolerated_loss=0.05)


def test_equal_passes_are_no_worse() -> None:
    found = improvement_check(GatePolicy(), passes(90, 90), "1", passes(90, 90))
    assert found.passed
    assert found.value == 0.0


def test_fewer_passes_are_refused_and_more_are_not() -> None:
    worse = improvement_check(POLICY, passes(70, 70), "1", passes(90, 90))
    assert not worse.passed
    assert "0.2000 lower than champion 1's on the same 200 items" in worse.detail
    assert improvement_check(POLICY, passes(90, 90), "1", passes(70, 70)).passed


def test_loss_is_refused_just_below_what_is_tolerated() -> None:
    bound = improvement_check(POLICY, passes(88, 88), "1", passes(90, 90)).value
    assert bound is not None
    assert bound < 0
    for tolerated, passed in ((-bound, True), (-bound - 1e-9, False)):
        policy = GatePolicy(tolerated_loss=tolerated)
        assert improvement_check(policy, passes(88, 88), "1", passes(90, 90)).passed is passed


def _drawn(seed: int, share: float) -> FrozenPasses:
    generator = np.random.default_rng(seed)
    template = passes(0, 0, units=60)
    return FrozenPasses(generator.random(120) < share, template.unit, template.group)


def test_challenger_that_is_truly_worse_by_what_is_tolerated_seldom_passes() -> None:
    policy = GatePolicy(tolerated_loss=0.1)
    verdicts = [
        improvement_check(policy, _drawn(seed, 0.8), "1", _drawn(1000 + seed, 0.9)).passed
        for seed in range(60)
    ]
    assert sum(verdicts) <= 9  # the bound is wrong once in twenty: 3 are expected, 9 come once in a thousand


def test_results_of_two_kinds_are_never_the_same_items() -> None:
    scores = TinyPipeline(trees=4).score_frozen(TinyPipeline(trees=4).files())
    assert not are_about_the_same(scores, passes(9, 9))
    assert not improvement_check(POLICY, passes(9, 9), "1", scores).passed
    assert set(score(passes(9, 9))) == {"pass_share", "pass_share_en", "pass_share_fr"}
    assert "log_loss" in score(scores)


@pytest.mark.parametrize("version", ["", "1"])
def test_without_answers_only_the_first_model_passes(version: str) -> None:
    found = improvement_check(POLICY, passes(90, 90), version, None)
    assert found.passed is (version == "")
