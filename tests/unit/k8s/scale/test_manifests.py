"""The simulated cluster has the Deployments that the chart makes, and room for their pods."""

import json

import pytest

from k8s.scale.manifests import PODS_PER_NODE, Shape, count_nodes, namespace, node, render_chart, service
from tests.support.helm_binary import find_helm
from training.rollout import names

SHAPE = Shape(namespaces=10, models=50, replicas=5)


@pytest.fixture(scope="module")
def rendered() -> str:
    return render_chart(find_helm())


def test_service_is_the_charts_deployment_under_its_own_name(rendered: str) -> None:
    body = service(rendered, 123, SHAPE)
    labels = body["metadata"]["labels"]
    assert (body["kind"], body["metadata"]["name"]) == ("Deployment", "service-00123")
    assert (body["metadata"]["namespace"], labels[names.MODEL_LABEL]) == ("team-03", "model-012")
    assert labels[names.MODE_LABEL] == "auto"
    assert body["spec"]["replicas"] == 0
    assert body["spec"]["selector"]["matchLabels"]["app.kubernetes.io/instance"] == "service-00123"
    assert names.URI not in body["spec"]["template"]["metadata"]["annotations"]


def test_pods_of_a_service_wait_for_no_volume(rendered: str) -> None:
    volumes = service(rendered, 0, SHAPE)["spec"]["template"]["spec"]["volumes"]
    assert volumes
    assert not any("persistentVolumeClaim" in volume for volume in volumes)


def test_services_are_spread_evenly_over_namespaces_and_models() -> None:
    for of, count in ((SHAPE.namespace_of, 10), (SHAPE.model_of, 50)):
        found = [of(number) for number in range(1000)]
        assert {found.count(name) for name in set(found)} == {1000 // count}


def test_few_services_serve_several_models_in_every_namespace() -> None:
    assert {SHAPE.namespace_of(number) for number in range(100)} == set(SHAPE.namespace_names)
    assert len({SHAPE.model_of(number) for number in range(100)}) == 10


def test_nodes_have_room_for_all_pods_and_a_rollout() -> None:
    assert count_nodes(5000) * PODS_PER_NODE >= 5000 * 1.2
    assert count_nodes(1) == 1


def test_no_two_nodes_share_addresses() -> None:
    nodes = [node(number) for number in range(600)]
    assert len({one["spec"]["podCIDR"] for one in nodes}) == 600
    assert nodes[0]["status"]["allocatable"]["pods"] == str(PODS_PER_NODE)
    assert (
        json.dumps(namespace("a")) == '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}'
    )
