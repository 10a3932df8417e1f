from pathlib import Path

import yaml

from k8s.testcluster import addons
from k8s.testcluster.addresses import DNS_SERVICE
from k8s.testcluster.kubectl import Kubectl

PROGRAMS = {
    name: f"docker.io/x/{name}:1" for name in ("coredns", "metrics-server", "prometheus", "alertmanager")
}
FOUND = list(addons.documents("", PROGRAMS))


def test_every_container_runs_an_image_of_ours() -> None:
    containers = [
        container["image"]
        for document in FOUND
        if document["kind"] == "Deployment"
        for container in document["spec"]["template"]["spec"]["containers"]
    ]
    assert sorted(containers) == sorted(PROGRAMS.values())


def test_dns_has_the_address_that_kubelet_gives_to_pods() -> None:
    (service,) = (
        item for item in FOUND if item["kind"] == "Service" and item["metadata"]["name"] == "kube-dns"
    )
    assert service["spec"]["clusterIP"] == DNS_SERVICE


def test_add_on_without_an_image_is_left_out() -> None:
    without = {name: image for name, image in PROGRAMS.items() if name != "coredns"}
    names = [item["metadata"]["name"] for item in addons.documents("", without)]
    assert "prometheus" in names
    assert not {"coredns", "kube-dns"} & set(names)


def test_prometheus_names_jobs_after_applications_and_takes_the_port_of_the_annotation() -> None:
    (text,) = (item["data"]["prometheus.yml"] for item in FOUND if "prometheus.yml" in item.get("data", {}))
    configuration = yaml.safe_load(text)
    rules = {job["job_name"]: job["relabel_configs"] for job in configuration["scrape_configs"]}
    assert {"target_label": "job", "replacement": "kubelet"} in rules["cadvisor"]
    pods = {rule.get("target_label"): rule for rule in rules["pods"]}
    assert pods["job"]["source_labels"] == ["__meta_kubernetes_pod_label_app_kubernetes_io_name"]
    assert pods["__meta_kubernetes_pod_container_port_number"]["action"] == "keepequal"


def _cluster(tmp_path: Path, deployments: str, services: str) -> Kubectl:
    """Return a kubectl that answers with these lists."""
    (tmp_path / "deployments").write_text(deployments)
    (tmp_path / "apiservices").write_text(services)
    program = tmp_path / "kubectl"
    program.write_text(f'#!/bin/sh\ncat "{tmp_path}/$6"\n')
    program.chmod(0o755)
    return Kubectl(program, tmp_path / "kubeconfig", "x")


def test_add_ons_that_do_not_answer_are_named(tmp_path: Path) -> None:
    deployments = """{"items": [
      {"kind": "Deployment", "metadata": {"name": "coredns", "namespace": "kube-system"},
       "spec": {"replicas": 1}, "status": {"readyReplicas": 1}},
      {"kind": "Deployment", "metadata": {"name": "prometheus", "namespace": "monitoring"},
       "spec": {"replicas": 1}, "status": {}},
      {"kind": "Deployment", "metadata": {"name": "of-a-user", "namespace": "default"},
       "spec": {"replicas": 1}, "status": {}}]}"""
    services = """{"items": [
      {"kind": "APIService", "metadata": {"name": "v1.apps"},
       "status": {"conditions": [{"type": "Available", "status": "True"}]}},
      {"kind": "APIService", "metadata": {"name": "v1beta1.metrics.k8s.io"}}]}"""
    found = addons.unavailable(_cluster(tmp_path, deployments, services))
    assert found == ["Deployment prometheus", "APIService v1beta1.metrics.k8s.io"]
