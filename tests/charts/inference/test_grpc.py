"""The Open Inference Protocol over gRPC: a port of its own from process to Service, or none at all."""

from tests.support.inference_chart import container, environment, inference
from tests.support.network_policies import Place, may_reach, pod_place

ON = {"grpc": {"enabled": True}}
CLIENT = Place("games", {"ekiben.io/client": "true"})
STRANGER = Place("games", {"app": "other"})
PROMETHEUS = Place("monitoring", {"app": "prometheus"})


def test_it_is_off_unless_it_is_asked_for() -> None:
    assert "EKIBEN_GRPC_PORT" not in environment()
    assert [port["name"] for port in container()["ports"]] == ["http"]
    assert [port["name"] for port in inference().one("Service")["spec"]["ports"]] == ["http"]


def test_service_targets_the_port_that_the_process_listens_on() -> None:
    listening = int(environment(ON)["EKIBEN_GRPC_PORT"])
    assert container(ON)["ports"][1:] == [{"name": "grpc", "containerPort": listening, "protocol": "TCP"}]
    assert inference(ON).one("Service")["spec"]["ports"][1:] == [
        {
            "name": "grpc",
            "port": 8001,
            "targetPort": "grpc",
            "protocol": "TCP",
            "appProtocol": "kubernetes.io/h2c",
        }
    ]


def test_port_of_the_service_can_be_chosen() -> None:
    ports = inference({"grpc": {"enabled": True, "port": 9000}}).one("Service")["spec"]["ports"]
    assert [port["port"] for port in ports] == [80, 9000]


def test_only_callers_reach_it() -> None:
    def lets_in(source: Place, values: dict[str, dict[str, bool]]) -> bool:
        found = inference(values)
        place = pod_place(found.one("Deployment")["spec"]["template"], "games")
        return may_reach(found.of("NetworkPolicy"), source, place, 3001)

    assert lets_in(CLIENT, ON)
    assert not lets_in(CLIENT, {"grpc": {"enabled": False}})
    assert not lets_in(STRANGER, ON)
    assert not lets_in(PROMETHEUS, ON)
