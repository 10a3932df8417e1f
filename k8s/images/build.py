"""Build one image and measure it."""

import os
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from k8s.images.catalogue import ROOT, Image
from k8s.images.context import stage_context
from k8s.images.engine import Engine, base_image
from training.core.git import GitState, git_state

OUTPUT = ROOT / "build" / "images"
"""Contexts and measurements; git ignores it."""

REPORT_NAME = "report.json"
BYTES_PER_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Built:
    """An image that was built, and what that cost."""

    image: str
    reference: str
    revision: str
    megabytes: float
    """Size of all layers, uncompressed; 1 MB is 1,000,000 bytes."""
    megabytes_over_base: float
    staging_seconds: float
    """Time to put the context together: requirements, code, bento."""
    build_seconds: float
    """Time of `docker build`; layers that did not change cost nothing."""

    def __str__(self) -> str:
        return (
            f"{self.reference}: {self.megabytes_over_base:.0f} MB over its base "
            f"({self.megabytes:.0f} MB in all), {self.staging_seconds:.1f} s to stage, "
            f"{self.build_seconds:.1f} s to build"
        )


def build_image(engine: Engine, image: Image, reference: str, version: str, model: str) -> Built:
    """Stage the context of an image, build it and return what came out. Raises EkibenError."""
    git = git_state(ROOT)
    started = time.monotonic()
    folder, dockerfile = stage_context(image, OUTPUT / image.name, model)
    staged = time.monotonic()
    engine.build(folder, dockerfile, reference, label_arguments(git, version))
    done = time.monotonic()
    size = engine.size_bytes(reference)
    base = engine.size_bytes(base_image(dockerfile.read_text(), os.environ))
    built = Built(
        image=image.name,
        reference=reference,
        revision=str(git),
        megabytes=round(size / BYTES_PER_MB, 1),
        megabytes_over_base=round((size - base) / BYTES_PER_MB, 1),
        staging_seconds=round(staged - started, 1),
        build_seconds=round(done - staged, 1),
    )
    write_report(OUTPUT / REPORT_NAME, built)
    return built


def label_arguments(git: GitState, version: str) -> dict[str, str]:
    """Return the build arguments behind the labels of an image: version, revision, time of creation.

    SOURCE_DATE_EPOCH, in seconds, replaces the present time, for builds that can be repeated.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    created = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return {"VERSION": version, "REVISION": str(git), "CREATED": created.strftime("%Y-%m-%dT%H:%M:%SZ")}


def write_report(path: Path, built: Built) -> None:
    """Put the measurements of an image into the report, in the place of its earlier ones."""
    known: dict[str, object] = msgspec.json.decode(path.read_bytes()) if path.exists() else {}
    known[built.image] = asdict(built)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(known), indent=2) + b"\n")
