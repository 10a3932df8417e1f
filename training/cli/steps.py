"""Progress for people: one line per step on stderr, with its seconds; a spinner only on a terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text


class Step:
    """A running step: what it is doing by and by, and what came of it."""

    def __init__(self, doing: str, show: Callable[[str], None]) -> None:
        self.done = doing
        self._show = show

    def progress(self, sentence: str) -> None:
        """Show what is being done now."""
        self._show(sentence)


class Steps:
    """Prints what is being done and what came of it."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)

    def say(self, sentence: str) -> None:
        """Print a sentence that belongs to no step, with the time of day."""
        self._line(time.strftime("%H:%M:%S"), "•", sentence, "cyan")

    @contextmanager
    def step(self, doing: str) -> Iterator[Step]:
        """Show `doing` and the step's progress while it runs, and its `done` with the seconds it took."""
        started_at = time.monotonic()
        with self._showing(doing) as show:
            step = Step(doing, show)
            try:
                yield step
            except BaseException:
                self._line(_seconds_since(started_at), "✗", doing, "red")
                raise
        self._line(_seconds_since(started_at), "✓", step.done, "green")

    @contextmanager
    def _showing(self, doing: str) -> Iterator[Callable[[str], None]]:
        """Yield what shows progress: it replaces the spinner's text, or without a terminal adds a line."""
        if self._console.is_terminal:
            with self._console.status(doing) as status:
                yield status.update
        else:
            yield lambda sentence: self._line("", "…", sentence, "dim")

    def _line(self, when: str, mark: str, sentence: str, colour: str) -> None:
        line = Text.assemble((f"{when:>8} ", "dim"), (f"{mark} ", colour), sentence)
        self._console.print(line, soft_wrap=True)


def _seconds_since(started_at: float) -> str:
    return f"{time.monotonic() - started_at:.1f} s"
