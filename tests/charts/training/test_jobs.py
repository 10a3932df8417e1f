"""The CronJobs: when they run, with what, and what is left of them."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.helm import HelmRefused, Manifests, Object, notes, render


def _training(values: Mapping[str, Any] | None = None) -> Manifests:
    return render("training", values, release="training")


def _cronjob(name: str, values: Mapping[str, Any] | None = None) -> Object:
    spec: Object = _training(values).one("CronJob", name)["spec"]
    return spec


def _pod(name: str, values: Mapping[str, Any] | None = None) -> Object:
    spec: Object = _cronjob(name, values)["jobTemplate"]["spec"]["template"]["spec"]
    return spec


def _container(name: str, values: Mapping[str, Any] | None = None) -> Object:
    (found,) = _pod(name, values)["containers"]
    assert isinstance(found, dict)
    return found


def _environment(name: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    entries = _container(name, values)["env"]
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in entries}


def _volumes(name: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {volume["name"]: volume for volume in _pod(name, values)["volumes"]}


TRAIN, PRUNE = "training-battle", "training-prune-battle"


def test_each_model_is_trained_and_pruned() -> None:
    names = [job["metadata"]["name"] for job in _training({"models": {"iris": {}}}).of("CronJob")]
    assert sorted(names) == [TRAIN, "training-iris", PRUNE, "training-prune-iris"]


def test_a_model_can_be_left_out() -> None:
    assert _training({"models": {"battle": None}}).of("CronJob") == []


def test_what_is_run() -> None:
    assert _container(TRAIN)["args"] == ["train", "battle", "--new-battles", "5000"]
    assert _container(PRUNE)["args"] == ["prune", "battle"]


@pytest.mark.parametrize(
    ("knob", "value", "where"),
    [
        ("schedule", "0 1 * * *", ()),
        ("timeZone", "Europe/Berlin", ()),
        ("suspend", True, ()),
        ("startingDeadlineSeconds", 77, ()),
        ("successfulJobsHistoryLimit", 9, ()),
        ("failedJobsHistoryLimit", 8, ()),
        ("activeDeadlineSeconds", 777, ("jobTemplate", "spec")),
        ("backoffLimit", 5, ("jobTemplate", "spec")),
        ("ttlSecondsAfterFinished", 999, ("jobTemplate", "spec")),
    ],
)
@pytest.mark.parametrize(("kind", "name"), [("train", TRAIN), ("retention", PRUNE)])
def test_knobs_hold_for_all_models_and_for_one(
    kind: str, name: str, knob: str, value: object, where: tuple[str, ...]
) -> None:
    for values in ({kind: {knob: value}}, {"models": {"battle": {kind: {knob: value}}}}):
        spec = _cronjob(name, values)
        for key in where:
            spec = spec[key]
        assert spec[knob] == value


def test_what_is_said_for_one_model_is_not_said_for_others() -> None:
    values = {"models": {"battle": {"train": {"schedule": "@weekly"}}, "iris": {}}}
    assert _cronjob(TRAIN, values)["schedule"] == "@weekly"
    assert _cronjob("training-iris", values)["schedule"] == "17 3 * * *"
    assert _container("training-iris", values)["args"] == ["train", "iris"]


def test_two_runs_never_meet_and_a_failed_one_is_kept_apart() -> None:
    for name in (TRAIN, PRUNE):
        assert _cronjob(name)["concurrencyPolicy"] == "Forbid"
        assert _pod(name)["restartPolicy"] == "Never"


def test_jobs_bear_the_labels_that_tell_training_from_retention() -> None:
    for name, component in ((TRAIN, "training"), (PRUNE, "retention")):
        found = _training().one("CronJob", name)
        template = found["spec"]["jobTemplate"]
        for labels in (found["metadata"], template["metadata"], template["spec"]["template"]["metadata"]):
            assert labels["labels"]["app.kubernetes.io/part-of"] == "ekiben"
            assert labels["labels"]["app.kubernetes.io/component"] == component
            assert labels["labels"]["ekiben.io/model"] == "battle"


def test_only_training_has_the_private_key() -> None:
    train, prune = (_volumes(name)["keys"]["secret"] for name in (TRAIN, PRUNE))
    assert {item["path"] for item in train["items"]} == {"trainer.pem", "trainer.pub.pem"}
    assert {item["path"] for item in prune["items"]} == {"trainer.pub.pem"}
    # Readable by the group that the pod runs as, and by nobody else.
    assert (train["defaultMode"], prune["defaultMode"]) == (0o440, 0o440)
    assert _pod(TRAIN)["securityContext"]["fsGroup"] == 10001


def test_the_key_pair_can_be_another_secrets() -> None:
    values = {"signing": {"existingSecret": "keys", "privateKey": "a", "publicKey": "b"}}
    secret = _volumes(TRAIN, values)["keys"]["secret"]
    assert secret["secretName"] == "keys"
    assert {item["key"]: item["path"] for item in secret["items"]} == {
        "a": "trainer.pem",
        "b": "trainer.pub.pem",
    }


def test_settings_of_every_command() -> None:
    environment = _environment(TRAIN)
    assert environment["EKIBEN_TRACKING_URI"] == "http://mlflow:5000"
    assert environment["EKIBEN_STORE_URI"] == "/store"
    assert environment["EKIBEN_PINS"] == "cluster"
    assert environment["EKIBEN_NAMESPACES"] == "games"
    assert environment["EKIBEN_SIGNING_KEY"] == "/keys/trainer.pem"
    assert environment["MLFLOW_TRACKING_PASSWORD"] == {
        "secretKeyRef": {"name": "mlflow-client", "key": "password"}
    }


def test_the_registry_may_need_no_account() -> None:
    values = {"registry": {"uri": "https://m.example", "credentialsSecret": ""}}
    environment = _environment(TRAIN, values)
    assert environment["EKIBEN_TRACKING_URI"] == "https://m.example"
    assert not [name for name in environment if name.startswith("MLFLOW_")]


def test_patience_with_the_registry_can_be_said() -> None:
    environment = _environment(TRAIN, {"registry": {"timeoutSeconds": 3, "retries": 7}})
    found = (environment["EKIBEN_TRACKING_TIMEOUT_SECONDS"], environment["EKIBEN_TRACKING_RETRIES"])
    assert found == ("3", "7")


@pytest.mark.parametrize(
    "values", [{"promotion": "auto"}, {"models": {"battle": {"promotion": "auto"}}}], ids=["all", "one"]
)
def test_promotion_can_be_automatic(values: dict[str, Any]) -> None:
    assert _environment(TRAIN)["EKIBEN_PROMOTION"] == "manual"
    assert _environment(TRAIN, values)["EKIBEN_PROMOTION"] == "auto"


def test_retention_knows_what_to_keep_in_both_jobs() -> None:
    values = {"models": {"battle": {"retention": {"keepVersions": 4, "keepRollbacks": 2}}}}
    for name in (TRAIN, PRUNE):
        environment = _environment(name, values)
        kept = (environment["EKIBEN_RETENTION_VERSIONS"], environment["EKIBEN_RETENTION_ROLLBACKS"])
        assert kept == ("4", "2")


def test_retention_can_be_off_for_all_and_for_one() -> None:
    for values in (
        {"retention": {"enabled": False}},
        {"models": {"battle": {"retention": {"enabled": False}}}},
    ):
        (job,) = _training(values).of("CronJob")
        assert job["metadata"]["name"] == TRAIN


def test_the_commit_is_said_if_it_is_known() -> None:
    assert "EKIBEN_GIT_COMMIT" not in _environment(TRAIN)
    assert _environment(TRAIN, {"gitCommit": "abcdef0"})["EKIBEN_GIT_COMMIT"] == "abcdef0"


def test_variables_of_ones_own_are_added_and_never_replace() -> None:
    values = {"models": {"battle": {"train": {"extraEnv": {"A": "b"}}}}}
    assert _environment(TRAIN, values)["A"] == "b"
    assert "A" not in _environment(PRUNE, values)
    with pytest.raises(
        HelmRefused, match=r"models\.battle\.train\.extraEnv: EKIBEN_PINS is set by the chart"
    ):
        _training({"train": {"extraEnv": {"EKIBEN_PINS": "file"}}})


def test_packages_lie_on_a_claim_that_outlives_the_release() -> None:
    claim = _training().one("PersistentVolumeClaim", "training-store")
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert _volumes(TRAIN)["store"]["persistentVolumeClaim"]["claimName"] == "training-store"


def test_the_claim_is_as_asked() -> None:
    persistence = {"name": "models", "size": "3Gi", "storageClass": "fast", "accessModes": ["ReadWriteOnce"]}
    claim = _training({"store": {"persistence": persistence}}).one("PersistentVolumeClaim", "models")
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "fast",
        "resources": {"requests": {"storage": "3Gi"}},
    }


def test_claims_that_are_there_are_used() -> None:
    values = {
        "store": {"persistence": {"existingClaim": "packages"}},
        "train": {"data": {"persistence": {"existingClaim": "battles"}}},
    }
    assert _training(values).of("PersistentVolumeClaim") == []
    volumes = _volumes(TRAIN, values)
    assert volumes["store"]["persistentVolumeClaim"]["claimName"] == "packages"
    assert volumes["data"]["persistentVolumeClaim"]["claimName"] == "battles"


def test_buckets_need_no_volumes() -> None:
    values = {
        "store": {"uri": "s3://m/p", "existingSecret": "aws"},
        "train": {"data": {"uri": "s3://m/d"}},
    }
    assert _training(values).of("PersistentVolumeClaim") == []
    assert not {"store", "data"} & _volumes(TRAIN, values).keys()
    environment = _environment(TRAIN, values)
    assert (environment["EKIBEN_STORE_URI"], environment["EKIBEN_DATA_URI"]) == ("s3://m/p", "s3://m/d")
    assert _container(TRAIN, values)["envFrom"] == [{"secretRef": {"name": "aws"}}]


def test_data_stays_from_run_to_run_unless_told_otherwise() -> None:
    assert _environment(TRAIN)["EKIBEN_DATA_URI"] == "/data"
    assert _volumes(TRAIN)["data"]["persistentVolumeClaim"]["claimName"] == "training-battle-data"
    values = {"train": {"data": {"persistence": {"enabled": False}}}}
    assert "emptyDir" in _volumes(TRAIN, values)["data"]
    assert "data" not in _volumes(PRUNE)


def test_jobs_may_be_placed() -> None:
    values = {
        "nodeSelector": {"pool": "training"},
        "tolerations": [{"operator": "Exists"}],
        "priorityClassName": "p",
    }
    pod = _pod(TRAIN, values)
    assert pod["nodeSelector"] == {"pool": "training"}
    assert (pod["tolerations"], pod["priorityClassName"]) == ([{"operator": "Exists"}], "p")


def test_names_of_cronjobs_leave_room_for_those_of_their_jobs() -> None:
    values = {"fullnameOverride": "a" * 29, "models": {"m" * 16: {}}}
    longest = max(len(job["metadata"]["name"]) for job in _training(values).of("CronJob"))
    # Kubernetes adds eleven characters to a Job that a schedule starts.
    assert longest <= 63 - 11


def test_notes_give_the_commands_for_each_model() -> None:
    text = notes("training", {"models": {"iris": {}}}, release="training")
    assert "create job --from=cronjob/training-battle" in text
    assert "ekiben promote iris" in text
