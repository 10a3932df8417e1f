"""`.ci/audit`: what is not audited is not passed off as sound. The database is a stand-in; no network is
needed."""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".ci" / "audit"

UV = """
case "$*" in
  *export*) echo "export $*" >> "$NOTES"; for file; do :; done; echo 'left-pad==1.0' > "$file" ;;
  *known.txt) [ -z "$KNOWS_HOLES" ] || { echo 'jinja2 2.4.1 PYSEC-2014-8'; exit 1; }; echo 'None found' ;;
  *locked.txt) echo looked >> "$NOTES"; [ -z "$IS_BAD" ] || { echo 'left-pad 1.0 CVE-2099-1'; exit 1; } ;;
esac
"""


def audit(folder: Path, **facts: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Return how the script ended, and what it asked for."""
    uv, notes = folder / "uv", folder / "notes"
    uv.write_text(f"#!/bin/sh\n{UV}")
    uv.chmod(0o755)
    notes.touch()
    settings = {"KNOWS_HOLES": "", "IS_BAD": "", "CI": "", "NOTES": str(notes), **facts}
    done = subprocess.run(
        [str(SCRIPT), str(uv)],
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    return done, notes.read_text()


def test_sound_packages_pass(tmp_path: Path) -> None:
    done, notes = audit(tmp_path, KNOWS_HOLES="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"--only-group (\w+)", notes) == ["dev", "mlflow", "s3"]
    assert notes.count("looked") == 3


def test_hole_fails_after_every_group_was_looked_at(tmp_path: Path) -> None:
    done, notes = audit(tmp_path, KNOWS_HOLES="1", IS_BAD="1")
    assert done.returncode == 1
    assert done.stdout.count("CVE-2099-1") == notes.count("looked") == 3


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_missing_database_is_said_and_fails_only_where_there_must_be_one(
    tmp_path: Path, ci: str, code: int
) -> None:
    done, notes = audit(tmp_path, CI=ci)
    assert (done.returncode, notes) == (code, "")
    assert "NOT AUDITED: no database of known vulnerabilities can be reached" in done.stderr


def test_every_group_is_in_one_that_is_audited() -> None:
    groups: dict[str, list[Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    named = re.search(r"^groups=\((.+)\)$", SCRIPT.read_text(), re.MULTILINE)
    assert named is not None
    reached: set[str] = set()
    left = named[1].split()
    while left:
        name = left.pop()
        reached.add(name)
        left += [entry["include-group"] for entry in groups[name] if isinstance(entry, dict)]
    assert reached == set(groups)
