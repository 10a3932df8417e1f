"""Lines are logged without what only terminals need."""

import subprocess
import sys

import pytest


def _modules(*commands: str) -> set[str]:
    told = "; ".join((*commands, "import sys; print(*(name for name, one in sys.modules.items() if one))"))
    run = subprocess.run([sys.executable, "-c", told], stdout=subprocess.PIPE, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize("module", ["bentos.core.loggers", "bentos.core.logs", "bentos.core.serve"])
def test_rich_does_not_come_with_the_logs(module: str) -> None:
    loaded = _modules(f"import {module}")
    assert "structlog" in loaded
    assert "rich" not in loaded


def test_rich_can_still_be_imported_afterwards() -> None:
    assert "rich.console" in _modules("import bentos.core.loggers", "import rich.console")


def test_rich_that_is_there_stays() -> None:
    assert "rich.console" in _modules("import rich.console", "import bentos.core.loggers", "import rich")
