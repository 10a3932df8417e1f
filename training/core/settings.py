"""Every setting of training and of the command line: environment variables `EKIBEN_*`, read here and nowhere
else."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bentos.core.errors import SettingsError

_TRACKING_SCHEMES = ("sqlite", "postgresql", "mysql", "mssql", "http", "https")


class TrainingSettings(BaseSettings):
    """Where things lie and what may happen by itself. Build it with `read_settings`."""

    model_config = SettingsConfigDict(env_prefix="EKIBEN_", extra="ignore", frozen=True)

    home: Path = Path(".ekiben")
    """Folder of everything embedded: database, artifacts, packages, keys, pins, locks. Made absolute when
    read."""
    tracking_uri: str = ""
    """MLflow's tracking and registry: a database URL or a server. Empty: SQLite in the home folder."""
    artifacts_uri: str = ""
    """Where MLflow keeps figures and models. Empty: a folder in the home, or what the server decides."""
    store_uri: str = ""
    """Where signed packages lie, from which pods fetch them: a path or any fsspec URL. Empty: a folder in the
    home."""
    signing_key: Path | None = None
    """PEM file of the trainer's Ed25519 private key; its public half lies beside it. None: one is made in the
    home."""
    git_commit: str = ""
    """Commit that the code was built from, for images without a checkout. Empty: asked of git."""
    promotion: Literal["manual", "auto"] = "manual"
    """`manual`: a challenger waits for `ekiben promote`. `auto`: one that passed its gate is promoted at
    once."""
    retention_versions: int = Field(default=10, ge=1, le=1000)
    """Newest versions that are kept beside champion and challenger; a package is some megabytes."""
    retention_rollbacks: int = Field(default=3, ge=1, le=100)
    """Former champions that stay, so that this many rollbacks in a row are possible."""
    tracking_timeout_seconds: int = Field(default=10, ge=1, le=600)
    """Longest wait for one answer of an MLflow server; its own default of 120 s hides an outage."""
    tracking_retries: int = Field(default=2, ge=0, le=10)
    """Repetitions of a failed call to an MLflow server; its own default of 7 waits for minutes."""
    mlflow_port: int = Field(default=5000, ge=1, le=65535)
    """TCP port, on loopback, of the MLflow server that `ekiben up` starts."""
    analyst_port: int = Field(default=3001, ge=1, le=65535)
    """TCP port, on loopback, of the analyst that `ekiben up` starts once battle answers."""
    lock_timeout_seconds: float = Field(default=30.0, ge=0, le=3600)
    """Longest wait for another command that moves aliases; such a move takes a second or two."""
    pins: Literal["file", "cluster"] = "file"
    """`file`: promotion writes a pin file in the home, and locks lie there. `cluster`: the rollout reconciler
    pins Deployments, locks are Leases, and nobody removes a version that a Deployment or ReplicaSet names."""
    namespaces: str = ""
    """Kubernetes namespaces with Deployments of models, separated by commas; `*`: all. Empty: the pod's own,
    or that of the context."""
    kube_context: str = ""
    """Context of the kubeconfig for commands outside of a cluster. Empty: a pod's service account, and
    elsewhere nothing, because no cluster is touched that was not named."""
    lease_namespace: str = ""
    """Kubernetes namespace in which locks lie; the same for everything that shares a registry. Empty: the
    pod's own, or that of the context."""
    data_uri: str = ""
    """Where simulated training data are kept that are not part of the code: a path or any fsspec URL. Empty:
    a folder in the home."""
    simulator_folder: Path | None = None
    """Folder with the battle simulator's npm package, as an image has it. None: a folder in the home, into
    which it is installed at first use."""

    @field_validator("home")
    @classmethod
    def _absolute_folder(cls, home: Path) -> Path:
        try:
            if home.exists() and not home.is_dir():
                raise ValueError(f"{home} is not a folder")
        except OSError as error:
            raise ValueError(f"{home} can't be used: {error.strerror}") from error
        return home.absolute()

    @field_validator("tracking_uri")
    @classmethod
    def _known_scheme(cls, uri: str) -> str:
        if uri and urlsplit(uri).scheme.split("+")[0] not in _TRACKING_SCHEMES:
            raise ValueError(f"must start with one of: {', '.join(_TRACKING_SCHEMES)}")
        return uri

    @property
    def tracking(self) -> str:
        """The tracking URI in force."""
        return self.tracking_uri or f"sqlite:///{self.home / 'mlflow.db'}"

    @property
    def tracking_label(self) -> str:
        """The tracking URI for messages: without user and password."""
        parts = urlsplit(self.tracking)
        return (
            urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
            if parts.netloc
            else self.tracking
        )

    @property
    def artifacts(self) -> str | None:
        """Folder or URL under which MLflow keeps artifacts; None leaves it to the server."""
        if self.artifacts_uri:
            return self.artifacts_uri
        return None if self.tracking.startswith("http") else str(self.home / "artifacts")

    @property
    def store(self) -> str:
        """Folder or URL of signed packages. Local paths are absolute, because pins outlive the current
        folder."""
        uri = self.store_uri or str(self.home / "packages")
        return uri if "://" in uri else str(Path(uri).absolute())

    @property
    def data(self) -> str:
        """Folder or URL of simulated training data."""
        uri = self.data_uri or str(self.home / "data")
        return uri if "://" in uri else str(Path(uri).absolute())

    @property
    def simulator(self) -> Path:
        """Folder in which the battle simulator is installed."""
        return (self.simulator_folder or self.home / "simulator").absolute()

    @property
    def private_key(self) -> Path:
        """PEM file of the trainer's private key."""
        return self.signing_key or self.home / "keys" / "trainer.pem"

    @property
    def public_key(self) -> Path:
        """PEM file of the trainer's public key, beside the private one."""
        return self.private_key.with_suffix(".pub.pem").absolute()


def read_settings() -> TrainingSettings:
    """Read the environment. Raises SettingsError that names each variable with a value that makes no
    sense."""
    try:
        return TrainingSettings()
    except ValidationError as error:
        raise SettingsError(
            "; ".join(
                f"EKIBEN_{'_'.join(str(part) for part in detail['loc']).upper()}: {detail['msg']}"
                for detail in error.errors()
            )
        ) from error
