"""Where everything is: a cache that lives outside the checkout, and the state of the one running cluster."""

import os
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parent
"""The folder of this package, with the Go modules, the stand-ins and the add-ons."""


@dataclass(frozen=True, slots=True)
class Paths:
    """All folders and files below `cache`."""

    cache: Path

    @classmethod
    def default(cls) -> "Paths":
        """Return the folders below `$XDG_CACHE_HOME`, or else `~/.cache`."""
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return cls(Path(base) / "ekiben" / "testcluster")

    @property
    def bin(self) -> Path:
        """Links to the current version of every tool."""
        return self.cache / "bin"

    @property
    def builds(self) -> Path:
        """What was built, in a folder for each version."""
        return self.cache / "builds"

    @property
    def images(self) -> Path:
        """Container images as tar files."""
        return self.cache / "images"

    @property
    def image_store(self) -> Path:
        """The images that containerd has. They outlive the cluster."""
        return self.cache / "containerd"

    @property
    def docker(self) -> Path:
        """The Docker engine that is ours: its data, socket and log. It outlives the cluster."""
        return self.cache / "docker"

    @property
    def state(self) -> Path:
        """Everything that `up` makes and `down` removes."""
        return self.cache / "state"

    @property
    def lock(self) -> Path:
        """Held by the one command that changes something."""
        return self.cache / "lock"

    @property
    def certificates(self) -> Path:
        """The cluster's own authority, and what it signed."""
        return self.state / "pki"

    @property
    def run(self) -> Path:
        """One file per process that was started."""
        return self.state / "run"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.state / "logs"

    @property
    def volumes(self) -> Path:
        """The folders behind the persistent volumes."""
        return self.state / "volumes"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.state / "kubeconfig"

    @property
    def containerd(self) -> Path:
        """Configuration, socket and running containers of the container runtime."""
        return self.state / "containerd"

    @property
    def containerd_socket(self) -> Path:
        """Where kubelet and `ctr` reach the container runtime."""
        return self.containerd / "containerd.sock"

    def kubeconfig_of(self, component: str) -> Path:
        """Return the file with a component's own credentials."""
        return self.state / "kubeconfigs" / f"{component}.yaml"
