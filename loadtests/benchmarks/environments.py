"""An environment of its own for each peer, outside of the checkout: made once for each list of versions."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from loadtests.benchmarks.tools import cache_folder, find_uv

PYTHON = "3.11"
INSTALL_SECONDS = 1800.0
LISTS = Path(__file__).with_name("peers")


class Environment:
    """The environment of one peer; it is made when it is first asked for. The versions are those in
    `peers/<name>.txt`, and no others: nothing is resolved."""

    def __init__(self, name: str) -> None:
        self._list = LISTS / f"{name}.txt"
        digest = hashlib.sha256(self._list.read_bytes()).hexdigest()[:12]
        self._folder = cache_folder() / "environments" / f"{name}-{digest}"

    @property
    def python(self) -> Path:
        """Its interpreter. Raises ToolMissing without uv."""
        if not (self._folder / "compiled").exists():
            self._make()
        return self._folder / "bin" / "python"

    @property
    def path(self) -> str:
        """What PATH is for the programs in it."""
        return f"{self._folder / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"

    def run(self, *command: str) -> None:
        """Run a program of `peers/` with its interpreter. Raises CalledProcessError."""
        settings = {**os.environ, "PATH": self.path}
        subprocess.run([str(self.python), *command], cwd=LISTS, env=settings, check=True, capture_output=True)

    def _make(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        python = str(self._folder / "bin" / "python")
        # Compiled, as in an image: where Python may write nothing, each start would compile all it imports.
        install = ("pip", "install", "--quiet", "--python", python, "--no-deps", "--compile-bytecode")
        for command in (
            ("venv", "--quiet", "--no-project", "--python", PYTHON, str(self._folder)),
            (*install, "-r", str(self._list)),
        ):
            subprocess.run([find_uv(), *command], check=True, timeout=INSTALL_SECONDS)
        (self._folder / "compiled").touch()
