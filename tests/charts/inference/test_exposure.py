"""Service, HTTPRoute, Ingress."""

from tests.support.inference_chart import inference


def test_service_leads_from_port_80_to_the_process() -> None:
    spec = inference().one("Service")["spec"]
    (port,) = spec["ports"]
    assert (port["name"], port["port"], port["targetPort"]) == ("http", 80, "http")
    assert spec["type"] == "ClusterIP"


def test_service_can_be_of_another_kind_and_port() -> None:
    values = {"service": {"type": "LoadBalancer", "port": 8080, "annotations": {"a": "b"}}}
    service = inference(values).one("Service")
    assert service["spec"]["type"] == "LoadBalancer"
    assert service["spec"]["ports"][0]["port"] == 8080
    assert service["metadata"]["annotations"] == {"a": "b"}
    assert "annotations" not in inference().one("Service")["metadata"]


def test_nothing_leads_in_from_outside_unless_asked() -> None:
    assert not {"HTTPRoute", "Ingress"} & set(inference().kinds())


def test_route_leads_from_gateways_to_the_service() -> None:
    route = {
        "enabled": True,
        "parentRefs": [{"name": "public", "namespace": "gateways"}],
        "hostnames": ["battle.example.org"],
        "pathPrefix": "/api",
        "requestTimeout": "10s",
        "annotations": {"a": "b"},
    }
    found = inference({"httpRoute": route, "service": {"port": 81}}).one("HTTPRoute")
    assert found["metadata"]["annotations"] == {"a": "b"}
    assert found["spec"]["parentRefs"] == route["parentRefs"]
    assert found["spec"]["hostnames"] == ["battle.example.org"]
    assert found["spec"]["rules"] == [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": "/api"}}],
            "backendRefs": [{"name": "battle", "port": 81}],
            "timeouts": {"request": "10s"},
        }
    ]


def test_route_without_host_names_and_timeout_has_neither() -> None:
    spec = inference({"httpRoute": {"enabled": True, "parentRefs": [{"name": "g"}]}}).one("HTTPRoute")["spec"]
    assert "hostnames" not in spec
    assert "timeouts" not in spec["rules"][0]


def test_ingress_leads_each_host_to_the_service() -> None:
    ingress = {
        "enabled": True,
        "className": "haproxy",
        "hosts": ["a.example.org", "b.example.org"],
        "path": "/api",
        "tls": [{"hosts": ["a.example.org"], "secretName": "a-tls"}],
        "annotations": {"a": "b"},
    }
    found = inference({"ingress": ingress}).one("Ingress")
    assert found["metadata"]["annotations"] == {"a": "b"}
    assert found["spec"]["ingressClassName"] == "haproxy"
    assert found["spec"]["tls"] == ingress["tls"]
    assert [rule["host"] for rule in found["spec"]["rules"]] == ingress["hosts"]
    (path,) = found["spec"]["rules"][0]["http"]["paths"]
    assert (path["path"], path["pathType"]) == ("/api", "Prefix")
    assert path["backend"] == {"service": {"name": "battle", "port": {"name": "http"}}}


def test_ingress_without_class_and_certificates_has_neither() -> None:
    spec = inference({"ingress": {"enabled": True, "hosts": ["a.example.org"]}}).one("Ingress")["spec"]
    assert spec.keys() == {"rules"}
