"""The parts of Kubernetes objects that are read here; everything else in them is skipped while decoding."""

from typing import Generic, TypeVar

import msgspec

from bentos.core.package import Pin
from training.rollout import names

Item = TypeVar("Item")


class Owner(msgspec.Struct, frozen=True, rename="camel"):
    """Who made an object."""

    kind: str
    name: str
    uid: str = ""


class Metadata(msgspec.Struct, frozen=True, rename="camel"):
    """What every object has. Times are RFC 3339."""

    name: str
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    creation_timestamp: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    owner_references: tuple[Owner, ...] = ()


class TemplateMetadata(msgspec.Struct, frozen=True):
    """Labels and annotations that a pod gets."""

    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class Template(msgspec.Struct, frozen=True):
    """What pods are made from."""

    metadata: TemplateMetadata = TemplateMetadata()


class DeploymentSpec(msgspec.Struct, frozen=True):
    """What a Deployment asks for."""

    replicas: int = 1
    paused: bool = False
    template: Template = Template()


class Condition(msgspec.Struct, frozen=True, rename="camel"):
    """One thing that a controller says about an object."""

    type: str
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: str = ""


class DeploymentStatus(msgspec.Struct, frozen=True, rename="camel"):
    """How far a Deployment is."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    ready_replicas: int = 0
    available_replicas: int = 0
    conditions: tuple[Condition, ...] = ()


class Deployment(msgspec.Struct, frozen=True):
    """A Deployment of a model service."""

    metadata: Metadata
    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()

    @property
    def model(self) -> str:
        """The model that it serves."""
        return self.metadata.labels.get(names.MODEL_LABEL, "")

    @property
    def mode(self) -> str:
        """`auto`, `git` or `off`; what says nothing is left alone."""
        return self.metadata.labels.get(names.MODE_LABEL, "off")

    @property
    def pin(self) -> Pin | None:
        """What its pod template pins, or None if that names no version."""
        annotations = self.spec.template.metadata.annotations
        if not annotations.get(names.VERSION):
            return None
        return Pin(
            uri=annotations.get(names.URI, ""),
            version=annotations[names.VERSION],
            digest=annotations.get(names.DIGEST, ""),
        )

    @property
    def held(self) -> bool:
        """Whether someone else's pin is left alone."""
        return self.metadata.labels.get(names.HOLD_LABEL) == "true"

    @property
    def label(self) -> str:
        """`namespace/name`, for people."""
        return f"{self.metadata.namespace}/{self.metadata.name}"

    def is_rolled_out(self) -> bool:
        """Whether every replica that is wanted is of the present template and available, and no other is
        left."""
        wanted, status = self.spec.replicas, self.status
        return (
            status.observed_generation >= self.metadata.generation
            and status.updated_replicas == wanted == status.replicas
            and status.available_replicas >= wanted
        )

    def progress_failure(self) -> str:
        """Return what the Deployment says once its progress deadline has passed; else nothing."""
        for condition in self.status.conditions:
            if condition.type == "Progressing" and condition.status == "False":
                return condition.message or condition.reason
        return ""


class Named(msgspec.Struct, frozen=True):
    """An object of which only the metadata are read."""

    metadata: Metadata


class CronJobStatus(msgspec.Struct, frozen=True, rename="camel"):
    """How a CronJob fared."""

    last_successful_time: str = ""


class CronJob(msgspec.Struct, frozen=True):
    """A CronJob."""

    metadata: Metadata
    status: CronJobStatus = CronJobStatus()


class JobStatus(msgspec.Struct, frozen=True, rename="camel"):
    """How a Job fared."""

    completion_time: str = ""
    conditions: tuple[Condition, ...] = ()


class Job(msgspec.Struct, frozen=True):
    """A Job."""

    metadata: Metadata
    status: JobStatus = JobStatus()


class PageMetadata(msgspec.Struct, frozen=True):
    """Where a list goes on."""

    next: str = msgspec.field(default="", name="continue")


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """A part of a list."""

    items: tuple[Item, ...] = ()
    metadata: PageMetadata = PageMetadata()


class LeaseSpec(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Who holds a lease, and for how long since when. Times are RFC 3339 with microseconds, UTC."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class LeaseObject(msgspec.Struct, frozen=True):
    """A Lease as the API has it."""

    metadata: Metadata
    spec: LeaseSpec = LeaseSpec()


class Cause(msgspec.Struct, frozen=True):
    """One reason of a refusal."""

    reason: str = ""
    message: str = ""
    field: str = ""


class RefusalDetails(msgspec.Struct, frozen=True):
    """The reasons of a refusal."""

    causes: tuple[Cause, ...] = ()


class Refusal(msgspec.Struct, frozen=True):
    """What the API answers when it refuses: a `Status`."""

    message: str = ""
    reason: str = ""
    details: RefusalDetails = RefusalDetails()
