"""Moves the champion forward and back. Alias, tags and pin change under one lock, in an order that a crash
can't spoil: each step may be repeated, and the pin, which decides what is served, comes last."""

from datetime import UTC, datetime

import msgspec

from bentos.core.package import require_contract
from training.core.errors import (
    NoChampion,
    NotGated,
    NothingToRollBack,
    VerdictOutdated,
    VersionNotFound,
    VersionQuarantined,
)
from training.core.pins import Rollout
from training.core.pipeline import Pipeline
from training.core.registry import CHALLENGER, CHAMPION, ModelVersion, Tag
from training.core.workbench import Workbench


class Promotion(msgspec.Struct, frozen=True):
    """Which version is champion now and which was; `changed` is false if the pin was only written again."""

    model: str
    version: str
    previous: str
    changed: bool


def promote(
    bench: Workbench, pipeline: Pipeline, version: str | None = None, force_reason: str = ""
) -> Promotion:
    """Make a version (None: the challenger) champion, and pin it.

    A `force_reason` outranks the gate and is recorded; nothing outranks a quarantine or a package that does
    not verify. Raises NoChampion, VersionNotFound, PromotionRefused, PackageError or RegistryUnavailable;
    then nothing has changed.
    """
    model = pipeline.name
    with bench.moving_aliases(model) as still_held:
        chosen = bench.registry.version(model, version) if version else _challenger(bench, model)
        champion = bench.registry.with_alias(model, CHAMPION)
        if champion and champion.version == chosen.version:
            bench.load(champion)
            _pin(bench, pipeline, champion)
            return Promotion(model, chosen.version, chosen.previous_champion, changed=False)
        _require_promotable(chosen, champion, force_reason)
        require_contract(bench.load(chosen), pipeline.contract)
        previous = champion.version if champion else ""
        tags = {Tag.PREVIOUS: previous} | ({Tag.FORCED: force_reason} if force_reason else {})
        still_held()
        bench.registry.tag(model, chosen.version, tags)
        _move(bench, pipeline, chosen)
    return Promotion(model, chosen.version, previous, changed=True)


def rollback(bench: Workbench, pipeline: Pipeline) -> Promotion:
    """Make the champion's predecessor champion again, and quarantine the one that it replaces.

    Raises NoChampion, NothingToRollBack, PackageError or RegistryUnavailable; then nothing has changed.
    """
    model = pipeline.name
    with bench.moving_aliases(model) as still_held:
        champion = champion_of(bench, model)
        interrupted = _interrupted_rollback(bench, champion)
        if interrupted:
            _pin(bench, pipeline, champion)
            return Promotion(model, champion.version, interrupted, changed=True)
        predecessor = _predecessor(bench, champion)
        require_contract(bench.load(predecessor), pipeline.contract)
        still_held()
        bench.registry.tag(model, champion.version, {Tag.QUARANTINED: datetime.now(UTC).isoformat()})
        _move(bench, pipeline, predecessor)
    return Promotion(model, predecessor.version, champion.version, changed=True)


def champion_of(bench: Workbench, model: str) -> ModelVersion:
    """Return the champion. Raises NoChampion."""
    champion = bench.registry.with_alias(model, CHAMPION)
    if champion is None:
        raise NoChampion(model)
    return champion


def former_champions(bench: Workbench, champion: ModelVersion, limit: int) -> list[ModelVersion]:
    """Return the versions that rollbacks in a row would bring back, nearest first, at most `limit`."""
    found: list[ModelVersion] = []
    seen = {champion.version}
    current = champion
    while current.previous_champion and current.previous_champion not in seen and len(found) < limit:
        try:
            current = bench.registry.version(current.model, current.previous_champion)
        except VersionNotFound:
            break
        seen.add(current.version)
        if not current.quarantined:
            found.append(current)
    return found


def _challenger(bench: Workbench, model: str) -> ModelVersion:
    challenger = bench.registry.with_alias(model, CHALLENGER)
    if challenger is None:
        raise NoChampion(model, CHALLENGER)
    return challenger


def _require_promotable(chosen: ModelVersion, champion: ModelVersion | None, force_reason: str) -> None:
    if chosen.quarantined:
        raise VersionQuarantined(chosen.model, chosen.version)
    if force_reason:
        return
    if chosen.gate != "passed" or chosen.verdict is None:
        reasons = chosen.verdict.reasons() if chosen.verdict else "it was never judged"
        raise NotGated(chosen.model, chosen.version, reasons)
    if champion and chosen.verdict.compared_with != champion.version:
        raise VerdictOutdated(chosen.model, chosen.version, chosen.verdict.compared_with, champion.version)


def _predecessor(bench: Workbench, champion: ModelVersion) -> ModelVersion:
    found = former_champions(bench, champion, limit=1)
    if not found:
        raise NothingToRollBack(champion.model, champion.version)
    return found[0]


def _interrupted_rollback(bench: Workbench, champion: ModelVersion) -> str:
    """Return the quarantined version that is still pinned although the alias has moved on; empty if there is
    none."""
    for version in sorted(bench.target.following(champion.model) - {champion.version}):
        try:
            pinned = bench.registry.version(champion.model, version)
        except VersionNotFound:
            continue
        if pinned.quarantined:
            return pinned.version
    return ""


def _move(bench: Workbench, pipeline: Pipeline, chosen: ModelVersion) -> None:
    """Point `champion` to the version, and `challenger` to nothing it would be compared with in vain."""
    bench.registry.set_alias(chosen.model, CHAMPION, chosen.version)
    challenger = bench.registry.with_alias(chosen.model, CHALLENGER)
    if challenger and (challenger.version == chosen.version or challenger.quarantined):
        bench.registry.drop_alias(chosen.model, CHALLENGER)
    _pin(bench, pipeline, chosen)


def _pin(bench: Workbench, pipeline: Pipeline, chosen: ModelVersion) -> None:
    rollout = Rollout(
        uri=bench.locate(chosen),
        version=chosen.version,
        digest=chosen.digest,
        public_key=str(bench.settings.public_key),
    )
    bench.target.pin(pipeline.name, rollout)
