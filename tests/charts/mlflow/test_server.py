"""How the server is started, with what, and by whom it can be reached."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.helm import Manifests, Object, notes, render


def _mlflow(values: Mapping[str, Any] | None = None) -> Manifests:
    return render("mlflow", values, release="mlflow")


def _pod(values: Mapping[str, Any] | None = None) -> Object:
    spec: Object = _mlflow(values).one("Deployment")["spec"]["template"]["spec"]
    return spec


def _container(name: str, values: Mapping[str, Any] | None = None) -> Object:
    spec = _pod(values)
    (found,) = [one for one in [*spec["initContainers"], *spec["containers"]] if one["name"] == name]
    assert isinstance(found, dict)
    return found


def _environment(name: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    entries = _container(name, values)["env"]
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in entries}


def _allowed_hosts(values: Mapping[str, Any] | None = None) -> list[str]:
    hosts: str = _environment("mlflow", values)["MLFLOW_SERVER_ALLOWED_HOSTS"]
    return hosts.split(",")


def test_accounts_are_on_and_the_dangerous_is_off() -> None:
    assert "--app-name=basic-auth" in _container("mlflow")["args"]
    environment = _environment("mlflow")
    assert environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    assert environment["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
    assert environment["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_the_databases_url_is_no_argument_that_everyone_on_the_node_could_read() -> None:
    wanted = {"secretKeyRef": {"name": "mlflow-database", "key": "backend-store-uri"}}
    assert _environment("mlflow")["MLFLOW_BACKEND_STORE_URI"] == wanted
    assert not [argument for argument in _container("mlflow")["args"] if "store-uri" in argument]


def test_the_database_can_be_another_secrets() -> None:
    values = {"database": {"existingSecret": "db", "backendKey": "a", "authKey": "b"}}
    environment = _environment("prepare", values)
    assert environment["MLFLOW_BACKEND_STORE_URI"] == {"secretKeyRef": {"name": "db", "key": "a"}}
    assert environment["ACCOUNTS_DATABASE_URI"] == {"secretKeyRef": {"name": "db", "key": "b"}}


def test_the_server_answers_to_its_own_names_and_to_localhost_only() -> None:
    names = ["mlflow", "mlflow.games", "mlflow.games.svc", "mlflow.games.svc.cluster.local"]
    wanted = [host for name in names for host in (name, f"{name}:5000")]
    assert _allowed_hosts() == [*wanted, "localhost", "localhost:*", "127.0.0.1", "127.0.0.1:*"]


def test_hosts_of_routes_and_further_ones_are_allowed() -> None:
    values = {
        "allowedHosts": ["a.example"],
        "ingress": {"enabled": True, "hosts": ["b.example"]},
        "httpRoute": {"enabled": True, "parentRefs": [{"name": "g"}], "hostnames": ["c.example"]},
    }
    assert _allowed_hosts(values)[-3:] == ["a.example", "b.example", "c.example"]


def test_hosts_of_routes_that_are_off_are_not_allowed() -> None:
    assert "b.example" not in _allowed_hosts({"ingress": {"hosts": ["b.example"]}})


def test_the_services_port_is_in_the_names() -> None:
    assert "mlflow:80" in _allowed_hosts({"service": {"port": 80}})
    assert "mlflow.games.svc.corp.local:80" in _allowed_hosts(
        {"service": {"port": 80}, "clusterDomain": "corp.local"}
    )


def test_origins_are_closed_unless_named() -> None:
    assert "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS" not in _environment("mlflow")
    values = {"corsAllowedOrigins": ["https://a.example", "https://b.example"]}
    found = _environment("mlflow", values)["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"]
    assert found == "https://a.example,https://b.example"


def test_probes_ask_what_needs_neither_a_name_nor_an_account() -> None:
    container = _container("mlflow")
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {"path": "/health", "port": "http"}


def test_probes_can_be_more_patient() -> None:
    values = {"probes": {"startup": {"failureThreshold": 300}}}
    assert _container("mlflow", values)["startupProbe"]["failureThreshold"] == 300


def test_workers_follow_the_value() -> None:
    assert "--workers=3" in _container("mlflow", {"workers": 3})["args"]


def test_the_grace_period_fits_what_happens_in_it() -> None:
    values = {"preStopSleepSeconds": 7, "drainSeconds": 30}
    assert _pod(values)["terminationGracePeriodSeconds"] == 42
    container = _container("mlflow", values)
    assert container["lifecycle"]["preStop"] == {"sleep": {"seconds": 7}}
    assert "--uvicorn-opts=--timeout-graceful-shutdown 30" in container["args"]


def test_passwords_are_files_and_reach_the_init_container_only() -> None:
    mounted = {mount["name"] for mount in _container("mlflow")["volumeMounts"]}
    assert not mounted & {"admin", "account-0"}
    mounts = {mount["name"]: mount["mountPath"] for mount in _container("prepare")["volumeMounts"]}
    assert (mounts["admin"], mounts["account-0"]) == ("/accounts/admin", "/accounts/other-0")


def test_accounts_are_those_of_the_secrets() -> None:
    values = {
        "auth": {"adminSecret": "boss", "accountSecrets": ["a", "b"], "flaskSecret": "csrf"}
    }  # pragma: allowlist secret
    volumes = {
        volume["name"]: volume.get("secret", {}).get("secretName") for volume in _pod(values)["volumes"]
    }
    assert (volumes["admin"], volumes["account-0"], volumes["account-1"]) == ("boss", "a", "b")
    key = _environment("mlflow", values)["MLFLOW_FLASK_SERVER_SECRET_KEY"]
    assert key == {"secretKeyRef": {"name": "csrf", "key": "secret-key"}}


def test_strangers_see_nothing_unless_told_so() -> None:
    assert _environment("prepare")["DEFAULT_PERMISSION"] == "NO_PERMISSIONS"
    values = {"auth": {"defaultPermission": "READ"}}
    assert _environment("prepare", values)["DEFAULT_PERMISSION"] == "READ"


def test_how_long_a_password_is_remembered_can_be_said() -> None:
    assert _environment("prepare", {"auth": {"cacheSeconds": 0}})["CACHE_SECONDS"] == "0"


def test_the_file_with_the_databases_password_is_never_on_disk() -> None:
    (config,) = [volume for volume in _pod()["volumes"] if volume["name"] == "config"]
    assert config["emptyDir"]["medium"] == "Memory"


def test_artifacts_are_on_a_claim_that_outlives_the_release() -> None:
    found = _mlflow()
    claim = found.one("PersistentVolumeClaim")
    assert claim["metadata"]["name"] == "mlflow-artifacts"
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert "--artifacts-destination=/artifacts" in _container("mlflow")["args"]
    assert {"name": "artifacts", "mountPath": "/artifacts"} in _container("mlflow")["volumeMounts"]


def test_the_claim_is_as_asked() -> None:
    persistence = {
        "size": "3Gi",
        "storageClass": "fast",
        "accessModes": ["ReadWriteMany"],
        "annotations": {"a": "b"},
    }
    claim = _mlflow({"artifacts": {"persistence": persistence}}).one("PersistentVolumeClaim")
    assert claim["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "fast",
        "resources": {"requests": {"storage": "3Gi"}},
    }
    assert claim["metadata"]["annotations"]["a"] == "b"


def test_an_existing_claim_is_used_and_none_made() -> None:
    values = {"artifacts": {"persistence": {"existingClaim": "mine"}}}
    assert _mlflow(values).of("PersistentVolumeClaim") == []
    (volume,) = [volume for volume in _pod(values)["volumes"] if volume["name"] == "artifacts"]
    assert volume["persistentVolumeClaim"]["claimName"] == "mine"


def test_artifacts_in_a_bucket_need_no_volume() -> None:
    values = {"artifacts": {"destination": "s3://models/a", "existingSecret": "aws"}}
    assert _mlflow(values).of("PersistentVolumeClaim") == []
    assert "artifacts" not in {volume["name"] for volume in _pod(values)["volumes"]}
    container = _container("mlflow", values)
    assert "--artifacts-destination=s3://models/a" in container["args"]
    assert container["envFrom"] == [{"secretRef": {"name": "aws"}}]
    assert "envFrom" not in _container("mlflow")


def test_further_variables_are_added_and_never_replace() -> None:
    assert _environment("mlflow", {"extraEnv": {"A": "b"}})["A"] == "b"
    with pytest.raises(Exception, match="MLFLOW_BACKEND_STORE_URI is set by the chart itself"):
        _mlflow({"extraEnv": {"MLFLOW_BACKEND_STORE_URI": "sqlite://"}})


def test_the_service_offers_the_port_of_the_value() -> None:
    (port,) = _mlflow({"service": {"port": 8080}}).one("Service")["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (8080, "http")


def test_routes_lead_to_the_service() -> None:
    values = {
        "ingress": {
            "enabled": True,
            "className": "haproxy",
            "hosts": ["b.example"],
            "tls": [{"secretName": "t"}],
        },
        "httpRoute": {"enabled": True, "parentRefs": [{"name": "g"}], "hostnames": ["c.example"]},
    }
    found = _mlflow(values)
    ingress = found.one("Ingress")["spec"]
    (path,) = ingress["rules"][0]["http"]["paths"]
    assert path["backend"]["service"] == {"name": "mlflow", "port": {"name": "http"}}
    assert (ingress["ingressClassName"], ingress["tls"]) == ("haproxy", [{"secretName": "t"}])
    route = found.one("HTTPRoute")["spec"]
    assert route["hostnames"] == ["c.example"]
    assert route["rules"][0]["backendRefs"] == [{"name": "mlflow", "port": 5000}]
    assert not {"Ingress", "HTTPRoute"} & set(_mlflow().kinds())


def test_the_test_pod_has_the_label_that_lets_it_in() -> None:
    pod = _mlflow().one("Pod")
    assert pod["metadata"]["labels"]["ekiben.io/registry-client"] == "true"
    assert {"name": "MLFLOW_HOST", "value": "mlflow:5000"} in pod["spec"]["containers"][0]["env"]
    assert _mlflow({"tests": {"enabled": False}}).of("Pod") == []


def test_notes_say_where_it_is_and_what_an_upgrade_does() -> None:
    text = notes("mlflow", release="mlflow")
    assert "http://mlflow.games.svc:5000" in text
    assert "mlflow-artifacts" in text
    assert "migrates the schema" in text
    assert "migrates" not in notes("mlflow", {"migration": {"enabled": False}}, release="mlflow")
