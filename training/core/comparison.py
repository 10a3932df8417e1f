"""A model as two states of the code train it: the metrics side by side, for the reviewer of a change."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bentos.core.errors import EkibenError
from training.core.lifecycle import Training
from training.core.registry import ModelVersion

_FIGURES = "artifacts/{model}/{run}/artifacts/figures"
"""Where, in a home of its own, MLflow keeps the figures of a run."""


class NotCompared(EkibenError):
    """One of the two states could not be checked out or trained."""

    exit_code = 9

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"{what} failed: {reason}")


class Side(msgspec.Struct, frozen=True):
    """What one state of the code made."""

    label: str
    version: ModelVersion
    figures: tuple[Path, ...]


@contextmanager
def checked_out(repository: Path, reference: str) -> Iterator[Path]:
    """Give a folder with the files of a commit, branch or tag, and remove it afterwards. Raises
    NotCompared."""
    with TemporaryDirectory(prefix="ekiben-base-") as folder:
        tree = Path(folder, "tree")
        _run(["git", "-C", str(repository), "worktree", "add", "--detach", str(tree), reference], repository)
        try:
            yield tree
        finally:
            _run(["git", "-C", str(repository), "worktree", "remove", "--force", str(tree)], repository)


def train_side(tree: Path, model: str, label: str, home: Path) -> Side:
    """Train the model with the code in `tree`, in an empty home, and return what came of it.

    Raises NotCompared with the last line that the training wrote.
    """
    settings = {name: value for name, value in os.environ.items() if not name.startswith("EKIBEN_")}
    environment = {**settings, "EKIBEN_HOME": str(home), "PYTHONPATH": str(tree)}
    command = [sys.executable, "-m", "training.cli", "train", model, "--output", "json"]
    training = msgspec.json.decode(_run(command, tree, environment), type=Training)
    figures = home / _FIGURES.format(model=model, run=training.version.run_id)
    return Side(label, training.version, tuple(sorted(figures.glob("*.png"))))


def write_report(folder: Path, base: Side, head: Side) -> Path:
    """Write `report.md` with the figures of both sides beside it; return its path."""
    for side in (base, head):
        target = folder / side.label
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for figure in side.figures:
            shutil.copyfile(figure, target / figure.name)
    report = folder / "report.md"
    report.write_text(render(base, head))
    return report


def render(base: Side, head: Side) -> str:
    """Return Markdown: whether anything changed, the gate's word, and each metric of both sides.

    Metrics that are known with an interval come first; the others are folded away.
    """
    names = sorted(base.version.metrics.keys() | head.version.metrics.keys())
    bounds = {name for name in names if name.endswith(("_low", "_high"))}
    first = [name for name in names if f"{name}_low" in bounds]
    others = [name for name in names if name not in bounds and name not in first]
    lines = [
        f"# {head.version.model}: {head.label} against {base.label}",
        "",
        _what_changed(base.version, head.version),
        "",
        f"Gate, without a champion: {base.label} {base.version.gate}, {head.label} {head.version.gate}.",
        "",
        *_table(first, base, head),
        "",
        "<details><summary>All other metrics</summary>",
        "",
        *_table(others, base, head),
        "",
        "</details>",
        "",
        *(_figure_line(name, base, head) for name in _figure_names(base, head)),
    ]
    return "\n".join(lines) + "\n"


def _what_changed(base: ModelVersion, head: ModelVersion) -> str:
    if base.inputs_sha256 == head.inputs_sha256:
        return "Data, code and parameters of the training are the same on both sides."
    return "Data, code or parameters of the training changed."


def _table(names: list[str], base: Side, head: Side) -> Iterator[str]:
    yield f"| metric | {base.label} | {head.label} | difference |"
    yield "|---|---|---|---|"
    for name in names:
        before, after = base.version.metrics.get(name), head.version.metrics.get(name)
        difference = f"{after - before:+.6g}" if before is not None and after is not None else ""
        yield f"| {name} | {_cell(name, base)} | {_cell(name, head)} | {difference} |"


def _cell(name: str, side: Side) -> str:
    """Return `0.9053 (0.9034 to 0.9075)`, without the interval where none is known."""
    metrics = side.version.metrics
    low, high = metrics.get(f"{name}_low"), metrics.get(f"{name}_high")
    interval = f" ({low:.4g} to {high:.4g})" if low is not None and high is not None else ""
    return f"{_number(metrics.get(name))}{interval}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _figure_names(base: Side, head: Side) -> list[str]:
    return sorted({figure.name for side in (base, head) for figure in side.figures})


def _figure_line(name: str, base: Side, head: Side) -> str:
    shown = [
        f"![{side.label}: {name}]({side.label}/{name})"
        for side in (base, head)
        if any(figure.name == name for figure in side.figures)
    ]
    return " ".join(shown)


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise NotCompared(" ".join(command[:4]), said[-1])
    return done.stdout
