"""What was measured: written as JSON, and read again to render the figures of the documentation."""

from typing import Literal

import msgspec


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look of the reconciler, as its own process saw it."""

    seconds: float
    cpu_seconds: float
    """Of the reconciler's process, all threads."""
    pinned: int
    reached: int
    """Deployments of which every replica runs the champion."""
    failures: int
    page_seconds: float
    """To render the page that Prometheus scrapes, after the look."""
    page_bytes: int


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One look, and what it meant for the control plane."""

    look: Look
    requests: dict[str, int]
    """By verb and resource, as the API server counted them."""
    response_bytes: int
    """Content of the API server's answers to lists."""
    api_cpu_seconds: float
    etcd_cpu_seconds: float
    resident_bytes: int
    """Memory of the reconciler's process after the look."""

    @property
    def request_count(self) -> int:
        """All requests."""
        return sum(self.requests.values())


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A number of services: the look that pins all of them anew, and one that finds nothing to do."""

    services: int
    pods: int
    """That were ready at both."""
    pods_seconds: float
    """Until the pods of the services that were added since the last step were ready."""
    first: Measurement
    steady: Measurement


class RegistryCost(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to ask the registry for the champions of a number of models."""

    models: int
    first_seconds: float
    """With no champion known before."""
    steady_seconds: float
    steady_cpu_seconds: float


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where it was measured."""

    cores: int
    processor: str
    memory_gb: int
    load_before: float
    """Processes that wanted a core in the minute before, other people's."""


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """One run."""

    commit: str
    machine: Machine
    versions: dict[str, str]
    namespaces: int
    models: int
    replicas: int
    steps: tuple[Step, ...]
    registry: tuple[RegistryCost, ...]


Kind = Literal["first", "steady"]


def encode(results: Results) -> bytes:
    """Return readable JSON."""
    return msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n"


def decode(content: bytes) -> Results:
    """Read what `encode` wrote. Raises msgspec.ValidationError or msgspec.DecodeError."""
    return msgspec.json.decode(content, type=Results)
