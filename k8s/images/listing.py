"""What is in an image: a bill of materials by syft, and signatures by cosign."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bentos.core.errors import EkibenError
from k8s.images.catalogue import ROOT
from k8s.images.engine import Engine

SBOM = ROOT / "build" / "sbom"


class ToolFailed(EkibenError):
    """A program beside Docker refused, or is not there."""

    exit_code = 5

    def __init__(self, tool: str, output: str) -> None:
        super().__init__(f"`{tool}` failed: {output.strip() or 'it said nothing'}")


def write_bill_of_materials(engine: Engine, name: str, reference: str, folder: Path = SBOM) -> Path:
    """Write what syft finds in an image as CycloneDX JSON; return the file. Raises EkibenError."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.cdx.json"
    with tempfile.TemporaryDirectory() as temporary:
        archive = Path(temporary) / "image.tar"
        engine.save(reference, archive)
        source = ["scan", f"docker-archive:{archive}", "--source-name", reference.rpartition(":")[0]]
        _run(
            "syft",
            [*source, "--source-version", reference.rpartition(":")[2], "-o", f"cyclonedx-json={target}"],
        )
    return target


def sign(digest: str, bill_of_materials: Path) -> None:
    """Sign a pushed image and attest its bill of materials, without a key: by the identity of the job."""
    _run("cosign", ["sign", "--yes", digest])
    _run("cosign", ["attest", "--yes", "--type", "cyclonedx", "--predicate", str(bill_of_materials), digest])


def _run(tool: str, arguments: Sequence[str]) -> None:
    beside = Path(sys.executable).parent / tool
    program = str(beside) if beside.exists() else shutil.which(tool)
    if program is None:
        raise ToolFailed(tool, "it is not on PATH.")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ToolFailed(tool, done.stderr[-2000:])
