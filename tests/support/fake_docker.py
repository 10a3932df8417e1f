"""A stand-in for Docker's client: it writes down how it was called, and answers as told."""

import json
import stat
from dataclasses import dataclass, field
from pathlib import Path

_PROGRAM = """#!/usr/bin/env python3
import json, os, pathlib, shutil, sys
folder = pathlib.Path(__file__).parent
call = {"arguments": sys.argv[1:], "buildkit": os.environ.get("DOCKER_BUILDKIT"), "stdin": ""}
if "--password-stdin" in sys.argv:
    call["stdin"] = sys.stdin.read()
with (folder / "calls.jsonl").open("a") as calls:
    calls.write(json.dumps(call) + chr(10))
answers = json.loads((folder / "answers.json").read_text())
if sys.argv[1] == "save":
    shutil.copy(answers["archive"], sys.argv[3])
for start, (code, text) in answers["commands"].items():
    if (" ".join(sys.argv[1:]) + " ").startswith(start + " "):
        (sys.stderr if code else sys.stdout).write(text)
        sys.exit(code)
"""


@dataclass
class FakeDocker:
    """Answers, exit code and output, are given by how a command begins; others succeed without a word."""

    folder: Path
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    archive: Path | None = None

    def __post_init__(self) -> None:
        """Write the program."""
        self.folder.mkdir()
        self.client = self.folder / "docker"
        self.client.write_text(_PROGRAM)
        self.client.chmod(self.client.stat().st_mode | stat.S_IXUSR)
        self.answer()

    def answer(self, **answers: tuple[int, str]) -> None:
        """Add answers; underscores in a name are spaces."""
        self.answers |= {name.replace("_", " "): answer for name, answer in answers.items()}
        content = {"commands": self.answers, "archive": str(self.archive)}
        (self.folder / "answers.json").write_text(json.dumps(content))

    @property
    def calls(self) -> list[dict[str, object]]:
        """Every call so far."""
        path = self.folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def call(self, name: str) -> dict[str, object]:
        """Return the only call of this command."""
        (found,) = [call for call in self.calls if _arguments(call)[0] == name]
        return found

    def arguments(self, name: str) -> list[str]:
        """Return the arguments of the only call of this command."""
        return _arguments(self.call(name))


def _arguments(call: dict[str, object]) -> list[str]:
    found = call["arguments"]
    assert isinstance(found, list)
    return [str(argument) for argument in found]
