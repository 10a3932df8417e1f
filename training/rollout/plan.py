"""What is to be done about a Deployment: a pure function of what the registry wants and what is there."""

import hashlib
from typing import Literal

import msgspec

from bentos.core.package import Pin
from training.rollout import names
from training.rollout.errors import Unpinnable
from training.rollout.objects import Deployment

Action = Literal["leave", "wait", "follow", "hold", "pin"]


class Plan(msgspec.Struct, frozen=True):
    """What to do about one Deployment.

    `leave`: not ours (pinned in Git, or serving its image). `wait`: nothing is champion yet. `follow`: it
    pins the champion. `hold`: it pins something else, which someone else has set. `pin`: pin the champion;
    `expected` says that the present pin is the one that last agreed with the registry, so whoever owns its
    fields agreed as well.
    """

    action: Action
    expected: bool = False


class Status(msgspec.Struct, frozen=True):
    """What the reconciler says about a Deployment, on the Deployment."""

    labels: dict[str, str]
    annotations: dict[str, str]


def plan(deployment: Deployment, champion: Pin | None) -> Plan:
    """Return what to do so that the Deployment pins the champion (None: there is none yet)."""
    if deployment.mode != "auto":
        return Plan("leave")
    if champion is None:
        return Plan("wait")
    if deployment.pin == champion:
        return Plan("follow")
    if deployment.held and deployment.pin is not None:
        return Plan("hold")
    followed = deployment.metadata.labels.get(names.FOLLOWED_LABEL)
    return Plan("pin", expected=deployment.pin is not None and followed == fingerprint(deployment.pin))


def fingerprint(pin: Pin) -> str:
    """Return 16 hex digits that tell pins apart and fit into a label."""
    return hashlib.sha256(msgspec.json.encode(pin)).hexdigest()[:16]


def describe_status(deployment: Deployment, champion: Pin, *, held: bool) -> Status:
    """Return what is true of a Deployment whose template is as observed."""
    labels = {names.HOLD_LABEL: str(held).lower()}
    if deployment.pin is not None:
        labels[names.VERSION] = deployment.pin.version
    followed = deployment.metadata.labels.get(names.FOLLOWED_LABEL)
    if deployment.pin == champion:
        labels[names.FOLLOWED_LABEL] = fingerprint(champion)
    elif followed:
        labels[names.FOLLOWED_LABEL] = followed
    return Status(labels, {names.CHAMPION: champion.version})


def says(deployment: Deployment, status: Status) -> bool:
    """Return whether the Deployment says this already."""
    present = deployment.metadata
    return (
        status.labels.items() <= present.labels.items()
        and status.annotations.items() <= present.annotations.items()
    )


def require_whole(model: str, champion: Pin) -> None:
    """Raise Unpinnable unless the champion names a package, and its digest."""
    if not (champion.uri and champion.digest):
        raise Unpinnable(model, champion.version)
