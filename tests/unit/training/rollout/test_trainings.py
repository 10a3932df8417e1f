"""When jobs ended, from what the cluster keeps of them."""

from tests.support.apiserver import ApiServer, Object
from tests.support.cluster import NAMESPACE, connect
from training.rollout.trainings import TrainingTimes, read_trainings

BATCH = f"/apis/batch/v1/namespaces/{NAMESPACE}"
LABELS = {"app.kubernetes.io/part-of": "ekiben", "app.kubernetes.io/component": "training"}
CREATED = "2026-11-22T00:00:00Z"
MIDNIGHT = 1795305600.0


def add_cronjob(server: ApiServer, status: Object | None = None, labels: dict[str, str] = LABELS) -> str:
    metadata = {"labels": labels, "creationTimestamp": CREATED}
    content = server.add(f"{BATCH}/cronjobs/train", {"metadata": metadata, "status": status or {}})
    return str(content["metadata"]["uid"])


def add_job(server: ApiServer, name: str, owner: str, condition: str, at: str) -> None:
    owners = [{"kind": "CronJob", "name": "train", "uid": owner}]
    status = {"conditions": [{"type": condition, "status": "True", "lastTransitionTime": at}]}
    content = {"metadata": {"labels": LABELS, "ownerReferences": owners}, "status": status}
    server.add(f"{BATCH}/jobs/{name}", content)


def times(server: ApiServer) -> list[TrainingTimes]:
    return read_trainings(connect(server), [NAMESPACE])


def test_latest_success_and_failure_of_its_own_jobs_count(server: ApiServer) -> None:
    uid = add_cronjob(server)
    add_job(server, "a", uid, "Complete", "2026-11-22T01:00:00Z")
    add_job(server, "by-hand", uid, "Complete", "2026-11-22T02:00:00Z")
    add_job(server, "c", uid, "Failed", "2026-11-22T03:00:00Z")
    add_job(server, "other", "another-uid", "Complete", "2026-11-22T09:00:00Z")
    assert times(server) == [
        TrainingTimes(
            namespace=NAMESPACE,
            cronjob="train",
            created=MIDNIGHT,
            succeeded=MIDNIGHT + 2 * 3600,
            failed=MIDNIGHT + 3 * 3600,
        )
    ]


def test_cronjob_remembers_a_success_whose_job_is_gone(server: ApiServer) -> None:
    add_cronjob(server, {"lastSuccessfulTime": "2026-11-22T01:00:00Z"})
    assert times(server)[0].succeeded == MIDNIGHT + 3600


def test_never_ended_is_none(server: ApiServer) -> None:
    uid = add_cronjob(server)
    add_job(server, "running", uid, "Suspended", "2026-11-22T01:00:00Z")
    assert (times(server)[0].succeeded, times(server)[0].failed) == (None, None)


def test_other_cronjobs_are_nobodys_business(server: ApiServer) -> None:
    add_cronjob(server, labels={**LABELS, "app.kubernetes.io/component": "retention"})
    assert times(server) == []
