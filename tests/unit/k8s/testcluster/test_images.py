import pytest

from k8s.testcluster.images import full_name


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("postgres", "docker.io/library/postgres:latest"),
        ("postgres:15-bookworm", "docker.io/library/postgres:15-bookworm"),
        ("ekiben/battle:dev", "docker.io/ekiben/battle:dev"),
        ("docker.io/ekiben/battle:dev", "docker.io/ekiben/battle:dev"),
        ("quay.io/a/b", "quay.io/a/b:latest"),
        ("localhost:5000/a", "localhost:5000/a:latest"),
        ("localhost/a:1", "localhost/a:1"),
    ],
)
def test_names_are_completed_as_docker_does(name: str, full: str) -> None:
    assert full_name(name) == full
