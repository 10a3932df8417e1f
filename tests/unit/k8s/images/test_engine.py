"""How Docker is called: with BuildKit or without, in which network, and with nothing secret in an image."""

from pathlib import Path

import pytest

from k8s.images.engine import Engine, EngineFailed, base_image, passed_on
from tests.support.fake_docker import FakeDocker


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    for name in ("PYTHON_IMAGE", "PIP_INDEX_URL", "HTTPS_PROXY", "https_proxy", "BUILD_NETWORK"):
        monkeypatch.delenv(name, raising=False)
    return FakeDocker(tmp_path / "bin")


def build(docker: FakeDocker) -> list[str]:
    Engine(str(docker.client)).build(Path("context"), Path("context/Dockerfile"), "x/y:z", {"VERSION": "1"})
    return docker.arguments("build")


def test_image_is_built_from_its_context_under_its_name(docker: FakeDocker) -> None:
    arguments = build(docker)
    assert arguments[arguments.index("--tag") + 1] == "x/y:z"
    assert arguments[arguments.index("--file") + 1] == "context/Dockerfile"
    assert "VERSION=1" in arguments
    assert arguments[-1] == "context"


def test_engine_without_a_bridge_builds_on_the_hosts_network(docker: FakeDocker) -> None:
    docker.answer(network_inspect=(1, "no such network"))
    assert "--network=host" in build(docker)


def test_network_of_a_build_can_be_chosen(docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILD_NETWORK", "host")
    assert "--network=host" in build(docker)


def test_engine_with_a_bridge_builds_in_a_network_of_its_own(docker: FakeDocker) -> None:
    assert "--network=host" not in build(docker)


@pytest.mark.parametrize(
    ("buildx", "version", "used"),
    [((0, ""), "28.2.2", "1"), ((1, ""), "28.2.2", "0"), ((1, ""), "20.10.24+dfsg1", "1")],
)
def test_buildkit_is_used_where_the_client_has_it(
    docker: FakeDocker, buildx: tuple[int, str], version: str, used: str
) -> None:
    docker.answer(buildx_version=buildx, version=(0, version))
    build(docker)
    assert docker.call("build")["buildkit"] == used


def test_mirrors_and_proxies_are_passed_on_and_nothing_else(
    docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "never")
    arguments = build(docker)
    assert "PIP_INDEX_URL=https://mirror.example/simple" in arguments
    assert "HTTPS_PROXY=http://proxy.example:3128" in arguments
    assert not any("never" in argument for argument in arguments)
    assert passed_on({"PYTHON_IMAGE": "", "no_proxy": ".local"}) == {"no_proxy": ".local"}


def test_refusal_is_told_with_the_end_of_the_output(docker: FakeDocker) -> None:
    docker.answer(build=(1, "step 1\nno space left on device\n"))
    with pytest.raises(EngineFailed, match="`docker build` failed: step 1\nno space left on device"):
        build(docker)


def test_missing_client_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineFailed, match="no Docker client on PATH"):
        Engine()


def test_size_is_that_of_all_layers(docker: FakeDocker) -> None:
    docker.answer(image_inspect=(0, "306000000\n"))
    assert Engine(str(docker.client)).size_bytes("x") == 306_000_000


@pytest.mark.parametrize(
    ("reference", "digest"),
    [
        ("docker.io/ekiben/battle:dev", "ekiben/battle@sha256:1"),
        ("registry.example:5000/a/battle:1", "registry.example:5000/a/battle@sha256:2"),
    ],
)
def test_digest_is_the_one_in_the_registry_that_was_pushed_to(
    docker: FakeDocker, reference: str, digest: str
) -> None:
    known = '["ekiben/battle@sha256:1", "registry.example:5000/a/battle@sha256:2"]'
    docker.answer(image_inspect=(0, known))
    assert Engine(str(docker.client)).digest(reference) == digest


def test_image_that_was_never_pushed_has_no_digest(docker: FakeDocker) -> None:
    docker.answer(image_inspect=(0, "null"))
    with pytest.raises(EngineFailed, match="x/y:1 was never pushed"):
        Engine(str(docker.client)).digest("x/y:1")


def test_token_reaches_docker_on_stdin_only(docker: FakeDocker) -> None:
    Engine(str(docker.client)).login("registry.example/team/battle:1", "ann", "s3cret")
    assert docker.arguments("login") == ["login", "--username", "ann", "--password-stdin", "registry.example"]
    assert docker.call("login")["stdin"] == "s3cret"


def test_base_is_what_the_dockerfile_says_unless_the_environment_says_otherwise() -> None:
    text = "# x\nARG PYTHON_IMAGE=python:3.11-slim\nFROM ${PYTHON_IMAGE}\n"
    assert base_image(text, {}) == "python:3.11-slim"
    assert base_image(text, {"PYTHON_IMAGE": "mirror.example/python:3.11"}) == "mirror.example/python:3.11"
    with pytest.raises(EngineFailed, match="upon which image"):
        base_image("FROM python", {})
