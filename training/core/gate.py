"""Decides whether a challenger may take over. It asks for evidence, not for a larger number.

Challenger and champion answer the same frozen items. Of the difference between them a paired bootstrap gives
a lower bound (`training.core.improvement`); only if that bound lies where it should is the challenger better,
or no worse, and not just lucky with these items. Everything else is a limit that a model has to keep whoever
it is compared with.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bentos.core.errors import SettingsError
from training.core.cost import cost_ratio, median_cost_seconds
from training.core.improvement import are_about_the_same, improvement_check, score
from training.core.passes import SHARE
from training.core.pipeline import Check, Frozen, FrozenPasses, GatePolicy, Pipeline
from training.core.verdict import Verdict

Files = Mapping[str, bytes]

_CALIBRATION = "expected_calibration_error"


@dataclass(frozen=True, slots=True)
class Champion:
    """Who is to be beaten. `files` is None if it was made for another contract, so that today's code can't
    run it; then `recorded` holds the answers it gave when it was judged itself, if they were kept."""

    version: str
    files: Files | None
    recorded: Frozen | None = None


def judge(pipeline: Pipeline, challenger: Files, champion: Champion | None) -> tuple[Verdict, Frozen]:
    """Return the verdict on the challenger's files, and its answers on the frozen items."""
    frozen = pipeline.score_frozen(challenger)
    rival = _answers(pipeline, champion, frozen)
    scores = score(frozen)
    if isinstance(frozen, FrozenPasses):
        _require_floor(pipeline.gate)
    checks = (
        *_score_checks(pipeline.gate, scores),
        improvement_check(pipeline.gate, frozen, champion.version if champion else "", rival),
        _parity_check(pipeline, challenger),
        _cost_check(pipeline, challenger, champion),
        _size_check(pipeline.gate, challenger),
        *pipeline.behaviour(challenger),
    )
    verdict = Verdict(
        passed=all(check.passed for check in checks),
        compared_with=champion.version if champion else "",
        checks=checks,
        scores=scores,
        champion_scores=score(rival) if rival else {},
    )
    return verdict, frozen


def _answers(pipeline: Pipeline, champion: Champion | None, frozen: Frozen) -> Frozen | None:
    """Return the champion's answers on the very same items, or None."""
    if champion is None:
        return None
    answers = pipeline.score_frozen(champion.files) if champion.files is not None else champion.recorded
    return answers if answers is not None and are_about_the_same(answers, frozen) else None


def _require_floor(policy: GatePolicy) -> None:
    """Refuse a gate that a model which never passes could pass."""
    if policy.minimum_scores.get(SHARE, 0.0) <= 0.0:
        raise SettingsError(f"The gate's limits name no floor above 0 for {SHARE}.")


def _score_checks(policy: GatePolicy, scores: Mapping[str, float]) -> Iterator[Check]:
    calibration = {_CALIBRATION: policy.maximum_calibration_error} if _CALIBRATION in scores else {}
    ceilings = {**calibration, **policy.maximum_scores}
    unknown = {*policy.minimum_scores, *policy.maximum_scores} - {*scores}
    if unknown:
        raise SettingsError(f"The gate's limits name no score: {', '.join(sorted(unknown))}.")
    for name, limit in policy.minimum_scores.items():
        yield _limit_check(f"minimum_{name}", scores[name], limit, at_least=True)
    for name, limit in ceilings.items():
        yield _limit_check(f"maximum_{name}", scores[name], limit, at_least=False)


def _parity_check(pipeline: Pipeline, challenger: Files) -> Check:
    difference = pipeline.engine_parity(challenger)
    if difference is None:
        detail = "There is one engine only."
        return Check(name="engine_parity", passed=True, applicable=False, detail=detail)
    return _limit_check("engine_parity", difference, pipeline.gate.parity_tolerance, at_least=False)


def _size_check(policy: GatePolicy, challenger: Files) -> Check:
    size = sum(len(content) for content in challenger.values())
    return _limit_check("package_size_bytes", size, policy.maximum_size_bytes, at_least=False, form="d")


def _cost_check(pipeline: Pipeline, challenger: Files, champion: Champion | None) -> Check:
    name, call = "cost_ratio", pipeline.cost(challenger)
    if call is None:
        detail = "What an answer costs is not this process's CPU time."
        return Check(name=name, passed=True, applicable=False, detail=detail)
    rival = pipeline.cost(champion.files) if champion and champion.files is not None else None
    if champion is None or rival is None:
        seconds = median_cost_seconds(call)
        detail = f"One answer takes {seconds * 1e6:.1f} µs of CPU time; there is nothing to compare it with."
        return Check(name=name, passed=True, applicable=False, detail=detail)
    found = cost_ratio(call, rival)
    limit = pipeline.gate.maximum_cost_ratio
    return Check(
        name=name,
        passed=found.ratio <= limit,
        value=found.ratio,
        limit=limit,
        detail=(
            f"One answer takes {found.challenger_seconds * 1e6:.1f} µs of CPU time, champion "
            f"{champion.version}'s {found.champion_seconds * 1e6:.1f} µs: {found.ratio:.2f} times as much, "
            f"{limit:g} is allowed."
        ),
    )


def _limit_check(name: str, value: float, limit: float, *, at_least: bool, form: str = ".6g") -> Check:
    """A value that is not a number passes no limit."""
    keeps: Callable[[float, float], bool] = float.__ge__ if at_least else float.__le__
    bound = "least" if at_least else "most"
    verb = "wanted" if at_least else "allowed"
    return Check(
        name=name,
        passed=keeps(float(value), float(limit)),
        value=float(value),
        limit=float(limit),
        detail=f"{value:{form}}; at {bound} {limit:{form}} is {verb}.",
    )
