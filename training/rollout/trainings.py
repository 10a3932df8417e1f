"""When the training jobs last succeeded and failed, as the cluster tells it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from training.rollout import names
from training.rollout.api import Api
from training.rollout.deployments import collections
from training.rollout.objects import CronJob, Job


class TrainingTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Of one CronJob, in seconds since 1970; None: never, or too long ago for the cluster to know."""

    namespace: str
    cronjob: str
    created: float
    succeeded: float | None
    failed: float | None


def read_trainings(api: Api, namespaces: Sequence[str]) -> list[TrainingTimes]:
    """Return the times of every CronJob that is part of Ekiben; two calls per namespace. Raises
    ClusterError."""
    cronjobs = api.list_all(collections("batch/v1", namespaces, "cronjobs"), CronJob, names.TRAININGS)
    jobs_of: defaultdict[str, list[Job]] = defaultdict(list)
    for job in api.list_all(collections("batch/v1", namespaces, "jobs"), Job, names.TRAININGS):
        for owner in job.metadata.owner_references:
            if owner.kind == "CronJob":
                jobs_of[owner.uid].append(job)
    return [summarise(cronjob, jobs_of[cronjob.metadata.uid]) for cronjob in cronjobs]


def summarise(cronjob: CronJob, own: Sequence[Job]) -> TrainingTimes:
    """Return the times of one CronJob, from its status and from the jobs that were made from it."""
    found = cronjob.metadata
    ends = [_condition(job, "Complete") for job in own] + [_seconds(cronjob.status.last_successful_time)]
    return TrainingTimes(
        namespace=found.namespace,
        cronjob=found.name,
        created=_seconds(found.creation_timestamp) or 0.0,
        succeeded=_latest(ends),
        failed=_latest(_condition(job, "Failed") for job in own),
    )


def _condition(job: Job, kind: str) -> float | None:
    for condition in job.status.conditions:
        if condition.type == kind and condition.status == "True":
            return _seconds(condition.last_transition_time)
    return None


def _latest(times: Iterable[float | None]) -> float | None:
    return max((at for at in times if at is not None), default=None)


def _seconds(text: str) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None
