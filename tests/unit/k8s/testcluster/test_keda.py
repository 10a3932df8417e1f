import base64

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from k8s.testcluster import keda

RELEASED = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: keda-operator, namespace: keda}
spec: {template: {spec: {containers: [{
  name: keda-operator, image: registry.example/keda, command: [/keda],
  args: [--leader-elect, --zap-log-level=info, --enable-cert-rotation=true],
  readinessProbe: {httpGet: {path: /readyz, port: 8081}, initialDelaySeconds: 20}}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: keda-metrics-apiserver, namespace: keda}
spec: {template: {spec: {containers: [{
  name: keda-metrics-apiserver, image: registry.example/adapter,
  args: [/usr/local/bin/keda-adapter, --secure-port=6443],
  readinessProbe: {httpGet: {path: /readyz, port: 6443}, initialDelaySeconds: 5}}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: keda-admission, namespace: keda}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: keda-admission}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.external.metrics.k8s.io}
spec: {group: external.metrics.k8s.io}
"""
FOUND = {(item["kind"], item["metadata"]["name"]): item for item in keda.documents(RELEASED)}


def _container(name: str) -> dict[str, object]:
    found: dict[str, object] = FOUND["Deployment", name]["spec"]["template"]["spec"]["containers"][0]
    return found


def test_admission_webhooks_are_left_out() -> None:
    assert not [name for _, name in FOUND if name == "keda-admission"]


def test_operator_runs_our_image_with_certificates_that_we_made() -> None:
    operator = _container("keda-operator")
    assert operator["image"] == "keda-operator"
    assert operator["args"] == ["--zap-log-level=info", "--enable-cert-rotation=false"]
    assert operator["readinessProbe"]["initialDelaySeconds"] == 1  # type: ignore[index]


def test_adapter_keeps_its_options_without_the_program() -> None:
    adapter = _container("keda-metrics-apiserver")
    assert adapter["command"] == ["/bin/keda-adapter"]
    assert adapter["args"] == ["--secure-port=6443"]


def test_parts_trust_each_other_and_the_api_server_trusts_them() -> None:
    data = FOUND["Secret", "kedaorg-certs"]["data"]
    assert FOUND["APIService", "v1beta1.external.metrics.k8s.io"]["spec"]["caBundle"] == data["ca.crt"]
    authority, own = (
        x509.load_pem_x509_certificate(base64.b64decode(data[name])) for name in ("ca.crt", "tls.crt")
    )
    verifier = PolicyBuilder().store(Store([authority]))
    for name in ("keda-operator.keda.svc.cluster.local", "keda-metrics-apiserver.keda.svc"):
        assert verifier.build_server_verifier(x509.DNSName(name)).verify(own, [])


def test_key_of_the_authority_does_not_enter_the_cluster() -> None:
    assert set(FOUND["Secret", "kedaorg-certs"]["data"]) == {"ca.crt", "tls.crt", "tls.key"}
