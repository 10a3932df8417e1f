"""`ekiben models`: what is registered, what bears which alias, and why a gate refused."""

from typing import TYPE_CHECKING, Annotated

import typer

from training.cli.bench import open_bench
from training.cli.output import OutputOption, print_facts, print_json, print_table, say, working

if TYPE_CHECKING:
    from training.core.registry import ModelVersion, Registry
    from training.core.target import Target
    from training.core.verdict import Verdict

_SHOWN_SCORES = ("log_loss", "accuracy", "roc_auc")
"""Columns of a model that scores; one that passes or fails has those of its gate's verdicts."""


def models(
    model: Annotated[str | None, typer.Argument(help="One model's versions instead of all models.")] = None,
    version: Annotated[str | None, typer.Option("--version", "-v", help="One version in detail.")] = None,
    output: OutputOption = "table",
) -> None:
    """List models, the versions of one, or everything about one version.

    Scores are those on the frozen items; the gate's check named improvement decides which of two is better.
    """
    if version and not model:
        raise typer.BadParameter("--version needs the name of a model: ekiben models battle --version 3")
    with working():
        bench = open_bench()
        versions = _find(bench.registry, model, version)
        pinned = [] if version or output == "json" else _pin_rows(bench.target, model)
    if output == "json":
        print_json(versions[0] if version else versions)
    elif version:
        _print_version(versions[0])
    elif model:
        _print_versions(model, versions)
    else:
        _print_models(versions)
    if pinned:
        columns = ("deployment", "model", "pinned", "rollout", "available")
        print_table("Deployments", columns, pinned)


def check_rows(verdict: "Verdict") -> list[tuple[str, str, str]]:
    """Return (name, outcome, detail) of each check."""
    return [
        (
            check.name,
            ("passed" if check.passed else "refused") if check.applicable else "not applicable",
            check.detail,
        )
        for check in verdict.checks
    ]


def _pin_rows(target: "Target", model: str | None) -> list[tuple[str, ...]]:
    """Return what each Deployment pins, if pins are a cluster's."""
    from training.rollout.cluster_target import ClusterTarget

    if not isinstance(target, ClusterTarget):
        return []
    found = [one for one in target.deployments.read_all() if model in (None, one.model)]
    return [
        (
            one.label,
            one.model,
            one.pin.version if one.pin else "none",
            "held" if one.held else one.mode,
            f"{one.status.available_replicas} of {one.spec.replicas}",
        )
        for one in found
    ]


def _find(registry: "Registry", model: str | None, version: str | None) -> "list[ModelVersion]":
    if model and version:
        return [registry.version(model, version)]
    if model is None:
        return [found for name in registry.models() for found in registry.versions(name)]
    versions = registry.versions(model)
    if not versions:
        from training.core.pipeline import find_pipeline

        find_pipeline(model)
    return versions


def _print_models(versions: "list[ModelVersion]") -> None:
    rows = []
    for name in sorted({version.model for version in versions}):
        of_model = [version for version in versions if version.model == name]
        aliases = {alias: version.version for version in of_model for alias in version.aliases}
        newest = of_model[0]
        champion, challenger = aliases.get("champion", "none"), aliases.get("challenger", "none")
        rows.append((name, champion, challenger, newest.version, newest.gate, str(len(of_model))))
    if rows:
        columns = ("model", "champion", "challenger", "newest", "its gate", "versions")
        print_table("Models", columns, rows)
    else:
        say("No model is registered yet. Train one: ekiben train battle")


def _print_versions(model: str, versions: "list[ModelVersion]") -> None:
    if not versions:
        say(f"{model} has no versions yet. Train one: ekiben train {model}")
        return
    shown = _shown_scores(versions)
    columns = ("version", "alias", "created", "gate", *shown, "compared with", "why refused")
    print_table(model, columns, [_version_row(version, shown) for version in versions])


def _shown_scores(versions: "list[ModelVersion]") -> tuple[str, ...]:
    found = [name for version in versions if version.verdict for name in version.verdict.scores]
    return _SHOWN_SCORES if not found or "log_loss" in found else tuple(dict.fromkeys(found))


def _version_row(version: "ModelVersion", shown: tuple[str, ...]) -> tuple[str, ...]:
    verdict = version.verdict
    scores = verdict.scores if verdict else {}
    return (
        version.version,
        ", ".join(version.aliases),
        version.created_at.removesuffix("+00:00").replace("T", " "),
        "quarantined" if version.quarantined else version.gate,
        *(f"{scores[name]:.4f}" if name in scores else "" for name in shown),
        (verdict.compared_with if verdict else "") or "none",
        ", ".join(check.name for check in verdict.refusals) if verdict else "",
    )


def _print_version(version: "ModelVersion") -> None:
    print_facts(
        [
            ("model", version.model),
            ("version", version.version),
            ("aliases", ", ".join(version.aliases) or "none"),
            ("gate", version.gate),
            ("quarantined", "yes" if version.quarantined else "no"),
            ("forced because", version.forced_because or "not forced"),
            ("took over from", version.previous_champion or "none"),
            ("created", version.created_at),
            ("package", "removed" if version.removed else version.uri),
            ("digest", version.digest),
            ("git commit", version.git_commit),
            ("data", version.data_sha256),
            ("inputs", version.inputs_sha256),
        ]
    )
    if version.verdict:
        print_table("Gate", ("check", "outcome", "detail"), check_rows(version.verdict))
        print_table(
            "Scores on the frozen items", ("score", "this", "champion then"), _score_rows(version.verdict)
        )
    shown = {name: value for name, value in version.metrics.items() if not name.startswith("gate/")}
    print_table("Metrics", ("metric", "value"), [(name, f"{shown[name]:.6g}") for name in sorted(shown)])


def _score_rows(verdict: "Verdict") -> list[tuple[str, str, str]]:
    rival = verdict.champion_scores
    return [
        (name, f"{value:.5f}", f"{rival[name]:.5f}" if name in rival else "")
        for name, value in verdict.scores.items()
    ]
