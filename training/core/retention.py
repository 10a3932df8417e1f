"""Removes versions that nobody can need any more."""

from training.core.promotion import former_champions
from training.core.registry import CHALLENGER, CHAMPION, ModelVersion, Tag
from training.core.workbench import Workbench


def prune(bench: Workbench, model: str) -> list[str]:
    """Delete what is neither champion, challenger, pinned, wanted for a rollback nor among the newest; return
    it.

    Of a quarantined version the record stays: it keeps training from making the same model again.
    Raises RegistryUnavailable or ArtifactStoreUnavailable; a second call finishes what the first could not.
    """
    with bench.moving_aliases(model) as still_held:
        versions = bench.registry.versions(model)
        kept = _needed(bench, model, versions)
        doomed = [version for version in versions if version.version not in kept and not version.removed]
        for version in doomed:
            still_held()
            _remove(bench, version)
    return [version.version for version in doomed]


def _needed(bench: Workbench, model: str, versions: list[ModelVersion]) -> set[str]:
    kept = {version.version for version in versions[: bench.settings.retention_versions]}
    for version in versions:
        if CHALLENGER in version.aliases:
            kept.add(version.version)
        if CHAMPION in version.aliases:
            former = former_champions(bench, version, bench.settings.retention_rollbacks)
            kept |= {version.version, *(earlier.version for earlier in former)}
    return kept | bench.target.needed(model)


def _remove(bench: Workbench, version: ModelVersion) -> None:
    """Delete the bytes first, the record last: an interrupted removal is found and finished by the next
    one."""
    bench.packages.remove(version.uri)
    bench.tracking.remove_model(version.model_uri)
    if version.quarantined:
        bench.registry.tag(version.model, version.version, {Tag.REMOVED: "true"})
    else:
        bench.registry.delete(version.model, version.version)
