"""Dockerfiles as they are built, and what their instructions say."""

import re
import sys
import tempfile
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from k8s.images.catalogue import IMAGES, ROOT, Image

NAMES = tuple(IMAGES)


@dataclass(frozen=True)
class Instruction:
    """One instruction, with its continued lines in one."""

    name: str
    text: str


def dockerfile_text(image: Image) -> str:
    """Return an image's Dockerfile, rendered by BentoML if it is a service's."""
    return _rendered(image) if image.service else image.dockerfile.read_text()


def stages(text: str) -> list[list[Instruction]]:
    """Return the instructions of each stage; what comes before the first `FROM` is left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    found: list[list[Instruction]] = []
    for line in filter(None, map(str.strip, joined.splitlines())):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            found.append([])
        if found:
            found[-1].append(Instruction(name, rest))
    return found


def values(stage: list[Instruction], name: str) -> list[str]:
    """Return what comes after each instruction of this name."""
    return [instruction.text for instruction in stage if instruction.name == name]


@cache
def _rendered(image: Image) -> str:
    described = yaml.safe_load((ROOT / f"bentos/{image.name}/bentofile.yaml").read_text())
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        # BentoML uses what its dependencies are about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        from bentoml._internal.bento.build_config import CondaOptions, DockerOptions
        from bentoml._internal.container.generate import generate_containerfile

        options = DockerOptions(python_version=version, **described["docker"]).with_defaults()
        return generate_containerfile(
            options, str(ROOT), conda=CondaOptions(), bento_fs=Path(folder), enable_buildkit=False
        )
