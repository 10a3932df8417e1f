"""Every setting of a load test: environment variables `EKIBEN_LOAD_*`, read here and nowhere else."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bentos.battle.api import MAX_BATTLES
from bentos.core.errors import SettingsError

PREFIX = "EKIBEN_LOAD_"

ShapeName = Literal["steady", "step", "spike", "soak"]


class LoadSettings(BaseSettings):
    """How much load of which shape is sent, and what is expected back. Build it with `read_settings`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, populate_by_name=True)

    shape: ShapeName = "steady"
    """How the number of users changes over time."""
    users: int | None = Field(default=None, ge=1, le=100_000)
    """Users at the peak. None: what the shape has by default, which a laptop can make."""
    duration_seconds: float | None = Field(default=None, ge=1, le=7 * 24 * 3600, allow_inf_nan=False)
    """Length of the whole shape. None: what the shape has by default."""
    requests_per_second_per_user: float = Field(default=10.0, gt=0, le=1000, allow_inf_nan=False)
    """Requests that a user for single battles makes in a second; those for batches and the catalogue make a
    fifth of it."""
    batch_rows: int = Field(default=100, ge=1, le=MAX_BATTLES)
    """Most battles in one batch; each batch has a random number up to it."""
    seed: int = Field(default=1, ge=0)
    """Every user asks the same questions again under the same seed."""
    connections: Literal["kept", "new"] = "kept"
    """`kept`: each user keeps its connection. `new`: one connection a request, as callers without a pool do;
    it spreads over new pods at once."""
    request_timeout_seconds: float = Field(default=10.0, gt=0, le=600, allow_inf_nan=False)
    """Longest wait for one answer; what takes longer is a failure."""
    model_versions: str = ""
    """Versions that may answer, separated by commas. Empty: whichever answers first, and no other one
    after."""
    api_key: SecretStr = SecretStr("")
    """Sent as `X-API-Key`; empty for a service that asks for none."""
    allow_host: str = ""
    """Hosts, separated by commas, that may get load beside this machine and the Services of the cluster."""
    report: Path | None = None
    """Folder to which Locust's process writes `results.json`; the runner sets it."""
    kubernetes_service_host: str = Field(default="", validation_alias="KUBERNETES_SERVICE_HOST")
    """Set by Kubernetes in every pod: there, a name without dots is a Service."""

    @property
    def accepted_versions(self) -> frozenset[str]:
        """The versions that `model_versions` names."""
        return frozenset(_listed(self.model_versions))

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """The hosts that `allow_host` names, in lower case."""
        return frozenset(_listed(self.allow_host.lower()))

    def environment(self) -> dict[str, str]:
        """Return the variables that give another process these settings."""
        written = self.model_dump(exclude_none=True, exclude={"api_key", "kubernetes_service_host"})
        written["api_key"] = self.api_key.get_secret_value()
        return {PREFIX + name.upper(): str(value) for name, value in written.items()}


def read_settings(**given: Any) -> LoadSettings:
    """Return the settings: what is given here, then the environment, then defaults.

    Raises SettingsError, naming the variable, for a value that makes no sense.
    """
    try:
        return LoadSettings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise SettingsError(_describe(error)) from None


@lru_cache(maxsize=1)
def process_settings() -> LoadSettings:
    """Return the settings of this process, read from its environment once."""
    return read_settings()


def _listed(written: str) -> list[str]:
    return [part.strip() for part in written.split(",") if part.strip()]


def _describe(error: ValidationError) -> str:
    return "; ".join(
        f"{PREFIX}{'_'.join(str(part) for part in detail['loc']).upper()}: {detail['msg']}"
        for detail in error.errors()
    )
