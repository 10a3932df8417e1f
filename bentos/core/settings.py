"""Every setting of a serving process: environment variables `EKIBEN_*`, read here and nowhere else."""

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from bentos.core.errors import SettingsError
from bentos.core.workers import MOST_WAITING


class ModelSettings(BaseSettings):
    """Which model package is served, and whose signature is trusted (`EKIBEN_MODEL_*`)."""

    model_config = SettingsConfigDict(env_prefix="EKIBEN_MODEL_", extra="ignore")

    source: Literal["image", "registry"] = "image"
    """`image`: the package staged beside the service's code. `registry`: the pin below, and never another
    one."""
    uri: str = ""
    """Folder of the package as fsspec writes it: a path, `file://…`, `s3://…`."""
    version: str = ""
    """Version in the registry; it is named in every answer."""
    digest: str = Field(default="", pattern=r"^(sha256:[0-9a-f]{64})?$")
    """`sha256:<hex>` of the package's manifest. Without it nothing loads."""
    public_key: Path | None = None
    """PEM file of the trainer's Ed25519 public key. None: the one staged with the image's package."""
    cache: Path | None = None
    """Folder in which fetched packages are kept, by digest, so that a restarted container needs no store.
    What is read from it is verified again; a full or broken one is only a warning. None: nothing is kept."""
    fetch_timeout_seconds: float = Field(default=60.0, gt=0, le=3600)
    """Longest wait for the whole package; a store that hangs is an error after it."""
    threads: int = Field(default=1, ge=1, le=64)
    """Threads of each engine. Keep it at the CPU limit: more only makes them wait for each other."""

    @property
    def awaits_pin(self) -> bool:
        """Whether a pin is to come and none is there yet: none of its parts is set."""
        return self.source == "registry" and not (self.uri or self.version or self.digest)


class ServerSettings(BaseSettings):
    """Where and how the process listens (`EKIBEN_SERVER_*`)."""

    model_config = SettingsConfigDict(env_prefix="EKIBEN_SERVER_", extra="ignore")

    host: str = "127.0.0.1"
    """Address to listen on; loopback unless said otherwise."""
    port: int = Field(default=3000, ge=0, le=65535)
    """TCP port; 0 takes a free one, which the start line names."""
    keep_alive_seconds: int = Field(default=75, ge=1)
    """Idle time before a kept connection is closed; longer than the idle time of usual clients and proxies
    (60 s)."""
    linger_seconds: float = Field(default=5.0, ge=0)
    """After SIGTERM: how long new connections are still answered (with `Connection: close`), because
    endpoints are removed from load balancers only some seconds after the signal."""
    drain_seconds: int = Field(default=20, ge=1)
    """After lingering: how long requests under way may take before they are cut."""
    worker_threads: int = Field(default=2, ge=1, le=64)
    """Threads for work that would hold up quick answers, such as large batches and explanations. Two, so that
    one long batch does not make every explanation wait."""
    most_waiting: int = Field(default=MOST_WAITING, ge=1, le=10_000)
    """Pieces of such work that may wait for a thread; more are refused with 429."""
    queue_budget_seconds: float = Field(default=0.02, ge=0, le=10, allow_inf_nan=False)
    """How long requests may wait before they are handled. Once they wait longer for a tenth of a second, as
    many are refused with 429 as it takes; probes and metrics never are. 0: nobody is refused."""
    most_in_flight: int | None = Field(default=None, ge=0)
    """Requests that may be under way in a service that waits for others; more are refused with 429. 0: any
    number. None: as many as the service says."""
    most_connections: int = Field(default=10_000, ge=1)
    """Open connections. When there are more, those that have been idle for longest are closed. An idle one
    costs 9 KB."""


class RateSettings(BaseSettings):
    """How many requests each caller may send to one process (`EKIBEN_RATE_*`)."""

    model_config = SettingsConfigDict(env_prefix="EKIBEN_RATE_", extra="ignore")

    limit_per_key: str = ""
    """Requests of each API key that one process answers, such as `100/second` or `5000/minute`; more are
    refused with 429. A pod counts for itself: with n of them a key may send up to n times as many. Empty: any
    number."""


class GrpcSettings(BaseSettings):
    """Whether the Open Inference Protocol is spoken over gRPC too (`EKIBEN_GRPC_*`)."""

    model_config = SettingsConfigDict(env_prefix="EKIBEN_GRPC_", extra="ignore")

    port: int = Field(default=0, ge=0, le=65535)
    """TCP port for it, beside that of `EKIBEN_SERVER_PORT` and on the same host. 0: it is not spoken, and
    nothing is loaded for it."""


class AuthSettings(BaseSettings):
    """Who may call (`EKIBEN_AUTH_*`)."""

    model_config = SettingsConfigDict(env_prefix="EKIBEN_AUTH_", extra="ignore")

    mode: Literal["auto", "on", "off"] = "auto"
    """`auto`: off when listening on loopback without keys, on otherwise."""
    key_digests: str = ""
    """SHA-256 hex digests of the accepted API keys, separated by commas. Several allow rotation."""


class LogSettings(BaseSettings):
    """What is logged (`EKIBEN_LOG_*`)."""

    model_config = SettingsConfigDict(env_prefix="EKIBEN_LOG_", extra="ignore")

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest level that is written."""
    access_sample: float = Field(default=0.001, ge=0, le=1, allow_inf_nan=False)
    """Share of successful requests that get an access line; errors always do. A line costs about as much as
    a prediction."""


class DatabaseSettings(BaseSettings):
    """Where a service keeps its tables (`EKIBEN_DATABASE_*`)."""

    model_config = SettingsConfigDict(env_prefix="EKIBEN_DATABASE_", extra="ignore")

    url: SecretStr = SecretStr("sqlite:///.ekiben/ekiben.db")
    """`sqlite:///FILE` or `postgresql://user:password@host/database`."""
    connections: int = Field(default=5, ge=1, le=100)
    """Most connections of one process."""
    timeout_seconds: float = Field(default=1.0, gt=0, le=60)
    """Longest time of a transaction, from the wait for a connection on; after it the database counts as
    unavailable."""


_Group = TypeVar("_Group", bound=BaseSettings)


class Settings:
    """The groups of every serving process. Raises SettingsError, naming the variable, for a value that makes
    no sense."""

    def __init__(self) -> None:
        self.model = read_settings(ModelSettings)
        self.server = read_settings(ServerSettings)
        self.rate = read_settings(RateSettings)
        self.grpc = read_settings(GrpcSettings)
        self.auth = read_settings(AuthSettings)
        self.log = read_settings(LogSettings)


def read_settings(group: type[_Group]) -> _Group:
    """Return one group as the environment has it. Raises SettingsError, naming the variable, for a value that
    makes no sense."""
    try:
        return group()
    except ValidationError as error:
        prefix = group.model_config.get("env_prefix", "")
        raise SettingsError("; ".join(_describe(prefix, detail) for detail in error.errors())) from error


def _describe(prefix: str, detail: ErrorDetails) -> str:
    return f"{prefix}{'_'.join(str(part) for part in detail['loc']).upper()}: {detail['msg']}"
