"""Whether a challenger is better than the champion, or at least no worse, on the very same items.

Where there are probabilities, the lower bound of the gain in log loss has to lie above the wanted
improvement. Where items only pass or fail, a model that is right already can't show a gain: there the lower
bound of the gain in the pass share has to lie above what may be lost (a non-inferiority test, as Wellek 2010,
"Testing Statistical Hypotheses of Equivalence and Noninferiority", describes it).
"""

import numpy as np

from training.core.passes import failures_per_unit, pass_shares, same_items
from training.core.pipeline import Check, Frozen, FrozenPasses, FrozenScores, GatePolicy
from training.core.scores import log_loss_per_item, score_all
from training.core.statistics import FloatArray, Improvement, paired_improvement

MINIMUM_RESAMPLES = 2000
NAME = "improvement"


def score(frozen: Frozen) -> dict[str, float]:
    """Return all scores of one kind of frozen results, by name."""
    return score_all(frozen) if isinstance(frozen, FrozenScores) else pass_shares(frozen)


def are_about_the_same(one: Frozen, other: Frozen) -> bool:
    """Return whether two results are of one kind and about the very same items."""
    if isinstance(one, FrozenScores) and isinstance(other, FrozenScores):
        return np.array_equal(one.successes, other.successes) and np.array_equal(one.trials, other.trials)
    if isinstance(one, FrozenPasses) and isinstance(other, FrozenPasses):
        return same_items(one, other)
    return False


def improvement_check(policy: GatePolicy, challenger: Frozen, version: str, champion: Frozen | None) -> Check:
    """Compare two models' results; `champion` None with a `version` means that the two can't be compared at
    all."""
    if not version:
        return Check(name=NAME, passed=True, applicable=False, detail="There is no champion to compare with.")
    if isinstance(challenger, FrozenScores) and isinstance(champion, FrozenScores):
        return _better_scores(policy, challenger, version, champion)
    if isinstance(challenger, FrozenPasses) and isinstance(champion, FrozenPasses):
        return _no_worse_passes(policy, challenger, version, champion)
    return Check(name=NAME, passed=False, detail=f"Champion {version} has no answers on these frozen items.")


def _better_scores(
    policy: GatePolicy, challenger: FrozenScores, version: str, champion: FrozenScores
) -> Check:
    losses = log_loss_per_item(champion), log_loss_per_item(challenger)
    found = _improvement(policy, *losses, challenger.trials)
    return Check(
        name=NAME,
        passed=found.lower_bound > policy.minimum_improvement,
        value=found.lower_bound,
        limit=policy.minimum_improvement,
        detail=(
            f"Log loss is {abs(found.value):.5f} {'higher' if found.value < 0 else 'lower'} than champion "
            f"{version}'s on the same {found.items} items; with {found.confidence_level:.0%} confidence the "
            f"improvement is more than {found.lower_bound:.5f}, wanted is more than "
            f"{policy.minimum_improvement:g}."
        ),
    )


def _no_worse_passes(
    policy: GatePolicy, challenger: FrozenPasses, version: str, champion: FrozenPasses
) -> Check:
    (before, items), (after, _) = failures_per_unit(champion), failures_per_unit(challenger)
    found = _improvement(policy, before, after, items)
    return Check(
        name=NAME,
        passed=found.lower_bound >= -policy.tolerated_loss,
        value=found.lower_bound,
        limit=-policy.tolerated_loss,
        detail=(
            f"The pass share is {abs(found.value):.4f} {'lower' if found.value < 0 else 'higher'} than "
            f"champion {version}'s on the same {len(challenger.passed)} items; with "
            f"{found.confidence_level:.0%} confidence the difference is more than {found.lower_bound:.4f}, "
            f"at least {-policy.tolerated_loss:g} is wanted."
        ),
    )


def _improvement(
    policy: GatePolicy, champion: FloatArray, challenger: FloatArray, trials: FloatArray
) -> Improvement:
    return paired_improvement(
        champion,
        challenger,
        trials,
        confidence_level=policy.confidence_level,
        resamples=max(policy.resamples, MINIMUM_RESAMPLES),
        seed=policy.seed,
    )
