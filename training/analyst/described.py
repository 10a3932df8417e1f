"""An evaluation as MLflow keeps it: what decided it, its figures with their intervals, and every text."""

import msgspec

from training.analyst.data import data_hash
from training.analyst.evaluation import Report, summarise
from training.core.evaluation import Evaluation
from training.core.passes import share_interval
from training.core.pipeline import FrozenPasses


def describe(report: Report, provider: str) -> Evaluation:
    """Return the evaluation of a report; intervals are 95 % bootstrap intervals over windows."""
    return Evaluation(
        name=f"prompts {report.prompt_version} through {provider}",
        parameters={
            "prompts": report.prompt_version,
            "provider": provider,
            "model": report.model,
            "windows": len({one.window for one in report.asked}),
            "data_sha256": data_hash(),
        },
        metrics=summarise(report) | _intervals(report.passes()),
        report=msgspec.to_builtins(report),
    )


def _intervals(passes: FrozenPasses) -> dict[str, float]:
    languages = sorted(set(passes.group.tolist()))
    views = {"first_try": passes} | {
        f"first_try_{language}": _of_group(passes, language) for language in languages
    }
    intervals = {name: share_interval(view) for name, view in views.items()}
    return {
        f"{name}_{end}": value
        for name, interval in intervals.items()
        for end, value in (("low", interval.low), ("high", interval.high))
    }


def _of_group(passes: FrozenPasses, group: str) -> FrozenPasses:
    rows = passes.group == group
    return FrozenPasses(passes.passed[rows], passes.unit[rows], passes.group[rows])
