"""Prompts as people wrote them: where they lie, and which files of a package they are."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from bentos.core.errors import SettingsError
from bentos.core.manifest import sha256_digest
from bentos.core.package import CONTRACT_NAME

PROMPTS = Path(__file__).parent / "prompts"
METRICS_NAME = "metrics.json"
SELFTEST_NAME = "selftest.json"
MADE = frozenset({CONTRACT_NAME, SELFTEST_NAME, METRICS_NAME})
"""Files of a package that are made; the others are the prompts."""


def read_prompts(version: str) -> dict[str, bytes]:
    """Return the files of a version of the prompts, by name. Raises SettingsError if there is none."""
    folder = PROMPTS / version
    files = {path.name: path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file()}
    if not files:
        raise SettingsError(f"There are no prompts in {folder}: params.yaml names the version {version!r}.")
    return files


def prompt_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a package that decide what a model is asked."""
    return {name: content for name, content in files.items() if name not in MADE}


def digest_prompts(files: Mapping[str, bytes]) -> str:
    """Return `sha256:<hex>` over the prompts among the files of a package."""
    hexed = {name: content.hex() for name, content in prompt_files(files).items()}
    return sha256_digest(msgspec.json.encode(hexed, order="sorted"))
