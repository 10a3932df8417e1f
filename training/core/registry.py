"""The model registry, typed. Aliases say what is intended; tags say where a version came from and what befell
it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, cast

import msgspec

from bentos.core.package import Pin
from training.core.errors import VersionNotFound
from training.core.session import Session
from training.core.verdict import Verdict, decode_verdict

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion as TrackedVersion

CHAMPION = "champion"
CHALLENGER = "challenger"

PAGE_SIZE = 1000
"""Versions asked for at a time."""

_TRACKED = "models:/"

GateState = Literal["pending", "passed", "refused"]


class Tag:
    """Keys of a version's tags."""

    DIGEST = "ekiben.digest"
    URI = "ekiben.uri"
    GIT_COMMIT = "ekiben.git_commit"
    DATA = "ekiben.data_sha256"
    INPUTS = "ekiben.inputs_sha256"
    GATE = "ekiben.gate"
    REASONS = "ekiben.gate_reasons"
    VERDICT = "ekiben.verdict"
    QUARANTINED = "ekiben.quarantined"
    PREVIOUS = "ekiben.previous_champion"
    FORCED = "ekiben.forced_because"
    REMOVED = "ekiben.package_removed"


class ModelVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One registered version of a model."""

    model: str
    version: str
    aliases: tuple[str, ...]
    created_at: str
    """ISO 8601, UTC."""
    run_id: str
    model_uri: str
    """MLflow's own copy of the model."""
    digest: str
    uri: str
    git_commit: str
    data_sha256: str
    inputs_sha256: str
    gate: GateState
    quarantined: bool
    removed: bool
    """Its package was deleted; only the record is left."""
    previous_champion: str
    """The version it took over from; empty if it was the first, or never champion."""
    forced_because: str
    metrics: dict[str, float]
    verdict: Verdict | None


class Crown(msgspec.Struct, frozen=True, kw_only=True):
    """Which version of a model is champion; `registered_at` tells a model from a later one of its name."""

    model: str
    version: str
    registered_at: int
    """Milliseconds since 1970."""


class Registry:
    """Versions, aliases and tags of all models. Every method raises RegistryUnavailable if the server is
    away."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = session.client

    def models(self) -> list[str]:
        """Return the names of all registered models."""
        with self._session.translated():
            return sorted(
                model.name for model in self._client.search_registered_models(max_results=PAGE_SIZE)
            )

    def versions(self, model: str) -> list[ModelVersion]:
        """Return all versions, newest first; none for a model that was never trained."""
        aliases = self.aliases(model)
        with self._session.translated():
            found = self._search(f"name = '{model}'")
            versions = [self._describe(version, aliases) for version in found]
        return sorted(versions, key=lambda version: int(version.version), reverse=True)

    def version(self, model: str, version: str) -> ModelVersion:
        """Return one version. Raises VersionNotFound."""
        if not version.isdecimal():
            raise VersionNotFound(model, version)
        aliases = self.aliases(model)
        with self._session.translated(model, version):
            return self._describe(self._client.get_model_version(model, version), aliases)

    def aliases(self, model: str) -> dict[str, str]:
        """Return the version of each alias; empty for a model that was never trained."""
        with self._session.translated():
            found = self._client.search_registered_models(f"name = '{model}'")
            return {alias: str(version) for entry in found for alias, version in entry.aliases.items()}

    def with_alias(self, model: str, alias: str) -> ModelVersion | None:
        """Return the version that bears the alias, or None."""
        version = self.aliases(model).get(alias)
        return self.version(model, version) if version else None

    def champions(self) -> list[Crown]:
        """Return the champions of all models that have one; asks once for a thousand models."""
        with self._session.translated():
            page = self._client.search_registered_models(max_results=PAGE_SIZE)
            found = list(page)
            while page.token:
                page = self._client.search_registered_models(max_results=PAGE_SIZE, page_token=page.token)
                found += page
        return [
            Crown(
                model=entry.name,
                version=str(entry.aliases[CHAMPION]),
                registered_at=int(entry.creation_timestamp),
            )
            for entry in found
            if CHAMPION in entry.aliases
        ]

    def pin(self, model: str, version: str) -> Pin:
        """Return the pin of a version, as it was registered. Raises VersionNotFound."""
        with self._session.translated(model, version):
            tags = self._client.get_model_version(model, version).tags
        return Pin(uri=tags.get(Tag.URI, ""), version=version, digest=tags.get(Tag.DIGEST, ""))

    def find_by_inputs(self, model: str, inputs_sha256: str) -> ModelVersion | None:
        """Return the newest version that was trained from exactly these inputs, or None."""
        aliases = self.aliases(model)
        with self._session.translated():
            found = self._search(f"name = '{model}' and tags.`{Tag.INPUTS}` = '{inputs_sha256}'")
            newest = max(found, key=lambda version: int(version.version), default=None)
            return self._describe(newest, aliases) if newest else None

    def knows_data(self, model: str, data_sha256: str) -> bool:
        """Return whether any version was trained with exactly these data."""
        with self._session.translated():
            query = f"name = '{model}' and tags.`{Tag.DATA}` = '{data_sha256}'"
            return bool(self._client.search_model_versions(query, max_results=1))

    def register(
        self, model: str, model_uri: str, run_id: str, tags: dict[str, str], description: str
    ) -> ModelVersion:
        """Add a version, and the model if it is its first."""
        with self._session.translated():
            if not self._client.search_registered_models(f"name = '{model}'"):
                self._client.create_registered_model(model)
            created = self._client.create_model_version(
                model,
                model_uri,
                run_id or None,
                tags={Tag.GATE: "pending", **tags},
                description=description,
                # A server takes no source of this form unless its model is named as well.
                model_id=model_uri.removeprefix(_TRACKED) if model_uri.startswith(_TRACKED) else None,
            )
        return self.version(model, str(created.version))

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """Point the alias to the version. Raises VersionNotFound."""
        with self._session.translated(model, version):
            self._client.set_registered_model_alias(model, alias, version)

    def drop_alias(self, model: str, alias: str) -> None:
        """Remove the alias; one that is not set is no error."""
        if alias in self.aliases(model):
            with self._session.translated():
                self._client.delete_registered_model_alias(model, alias)

    def tag(self, model: str, version: str, tags: dict[str, str]) -> None:
        """Set tags on a version. Raises VersionNotFound."""
        with self._session.translated(model, version):
            for key, value in tags.items():
                self._client.set_model_version_tag(model, version, key, value)

    def delete(self, model: str, version: str) -> None:
        """Remove a version's record. Raises VersionNotFound."""
        with self._session.translated(model, version):
            self._client.delete_model_version(model, version)

    def _search(self, query: str) -> "Iterable[TrackedVersion]":
        page = self._client.search_model_versions(query, max_results=PAGE_SIZE)
        found = list(page)
        while page.token:
            page = self._client.search_model_versions(query, max_results=PAGE_SIZE, page_token=page.token)
            found += page
        return found

    def _describe(self, found: "TrackedVersion", aliases: dict[str, str]) -> ModelVersion:
        tags, version = found.tags, str(found.version)
        return ModelVersion(
            model=found.name,
            version=version,
            aliases=tuple(sorted(alias for alias, pointed in aliases.items() if pointed == version)),
            created_at=datetime.fromtimestamp(found.creation_timestamp / 1000, UTC).isoformat(
                timespec="seconds"
            ),
            run_id=found.run_id or "",
            model_uri=found.source or "",
            digest=tags.get(Tag.DIGEST, ""),
            uri=tags.get(Tag.URI, ""),
            git_commit=tags.get(Tag.GIT_COMMIT, ""),
            data_sha256=tags.get(Tag.DATA, ""),
            inputs_sha256=tags.get(Tag.INPUTS, ""),
            gate=cast(GateState, tags.get(Tag.GATE, "pending")),
            quarantined=Tag.QUARANTINED in tags,
            removed=Tag.REMOVED in tags,
            previous_champion=tags.get(Tag.PREVIOUS, ""),
            forced_because=tags.get(Tag.FORCED, ""),
            metrics=self._metrics(found.run_id or ""),
            verdict=decode_verdict(tags.get(Tag.VERDICT, "")),
        )

    def _metrics(self, run_id: str) -> dict[str, float]:
        return dict(self._client.get_run(run_id).data.metrics) if run_id else {}
