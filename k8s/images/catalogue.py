"""The images of the project, and what goes into each."""

import os
from dataclasses import dataclass
from pathlib import Path

from bentos.core.errors import SettingsError

ROOT = Path(__file__).parents[2]
RECIPES = Path(__file__).parent
DEFAULT_REGISTRY = "docker.io/ekiben"
DEFAULT_TAG = "dev"


@dataclass(frozen=True, slots=True)
class Image:
    """One image of the project, which has its own Dockerfile unless BentoML renders it."""

    name: str
    group: str
    """Dependency group of pyproject.toml that it installs."""
    folders: tuple[str, ...] = ()
    """Folders of the project whose files it gets as code, without models that are staged in them."""
    without: tuple[str, ...] = ()
    """Packages that come with the group but that the image never imports."""
    simulator: bool = False
    """Whether it gets the battle simulator."""
    service: bool = False
    """Whether it is a model's service: then it is made from a bento."""
    archives: str = ""
    """Folder of the project into which the price history is fetched before, so that the image has it."""

    @property
    def dockerfile(self) -> Path:
        """Its own Dockerfile; a service has none."""
        return RECIPES / self.name / "Dockerfile"


_ONLY_FOR_FIGURES_AND_MODELS = (
    *("matplotlib", "contourpy", "cycler", "fonttools", "kiwisolver", "pillow", "pyparsing"),
    *("scikit-learn", "joblib", "threadpoolctl", "narwhals"),
)
"""MLflow's client needs them, its server does not."""

IMAGES = {
    image.name: image
    for image in (
        Image("battle", "battle", service=True),
        Image("analyst", "analyst", service=True, archives="bentos/analyst/archives"),
        Image("training", "train", ("bentos", "training"), simulator=True),
        Image("mlflow", "mlflow", without=_ONLY_FOR_FIGURES_AND_MODELS),
        Image(
            "loadtests",
            "load",
            folders=("bentos/__init__.py", "bentos/core", "bentos/battle", "loadtests"),
            # Locust brings a plugin for it, which only tests that use Locust would load.
            without=("pytest", "iniconfig", "pluggy"),
        ),
        Image(
            "llm",
            "llm",
            folders=(
                "bentos/__init__.py",
                "bentos/core",
                *(f"bentos/analyst/{name}.py" for name in ("__init__", "llm", "llm_gate", "settings")),
            ),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Naming:
    """How images are called: `registry/name:tag`."""

    registry: str = DEFAULT_REGISTRY
    tag: str = DEFAULT_TAG

    def reference(self, name: str) -> str:
        """Return the complete name of an image."""
        return f"{self.registry}/{name}:{self.tag}"


def default_naming() -> Naming:
    """Return what the environment variables REGISTRY and TAG say, or the defaults."""
    return Naming(os.environ.get("REGISTRY") or DEFAULT_REGISTRY, os.environ.get("TAG") or DEFAULT_TAG)


def find_images(names: list[str]) -> list[Image]:
    """Return the images of these names, all for none. Raises SettingsError for a name that isn't ours."""
    unknown = sorted(set(names) - set(IMAGES))
    if unknown:
        raise SettingsError(f"There is no image {', '.join(unknown)}; there are {', '.join(IMAGES)}.")
    return [IMAGES[name] for name in names or IMAGES]
