"""What the test cluster refuses to do: leaves of the one tree in `bentos.core.errors`.

* EkibenError
  + ClusterError          9  the cluster does not start, or does not stay up
    - CommandFailed          a program that it runs ended with a code other than 0
    - NotReady               something did not get ready in time
    - NotStarted             the cluster as a whole does not start
    - MachineUnsuitable      this machine lacks what a cluster needs
    - UnknownName            no tool, group or image is called that
    - ContextRefused         the Kubernetes context that was named can't be used
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bentos.core.errors import EkibenError

_OUTPUT_CHARACTERS = 2000


class ClusterError(EkibenError):
    """The cluster does not start, or does not stay up."""

    exit_code = 9


class CommandFailed(ClusterError):
    """A program ended with a code other than 0."""

    def __init__(self, command: Sequence[str], code: int, output: str) -> None:
        self.code = code
        self.output = output
        super().__init__(f"`{' '.join(command)}` ended with {code}:\n{output[-_OUTPUT_CHARACTERS:].strip()}")


class NotReady(ClusterError):
    """Something did not get ready in time."""

    def __init__(self, what: str, timeout_seconds: float, details: str = "") -> None:
        super().__init__(f"{what}: not after {timeout_seconds:g} s. {details}".strip())


class NotStarted(ClusterError):
    """The cluster as a whole does not start; `ended` holds the last words of processes that have ended."""

    def __init__(self, reason: str, ended: str, logs: Path) -> None:
        super().__init__(f"{reason}{ended}\nAll logs: {logs}")


class MachineUnsuitable(ClusterError):
    """This machine lacks what a cluster needs."""

    def __init__(self, lacks: str, remedy: str) -> None:
        super().__init__(f"No cluster can run here: {lacks}. {remedy}")


class UnknownName(ClusterError):
    """No tool, group or image is called that."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"No {kind} is called {name!r}. There are: {', '.join(known)}")


class ContextRefused(ClusterError):
    """The Kubernetes context that was named can't be used."""

    def __init__(self, context: str, reason: str) -> None:
        super().__init__(f"The context {context!r} can't be used: {reason}")
