"""How the outcome of a check looks to callers, to metrics, and to the model that gets a second try."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

CheckName = Literal[
    "plain",
    "sentences",
    "language",
    "words",
    "volatility",
    "numbers",
    "direction",
    "period",
    "advice",
    "leak",
]


class CheckResult(Struct, frozen=True):
    """One check of one text. `detail` says what is wrong with it; it is empty if nothing is."""

    name: CheckName
    passed: bool
    detail: str = ""


class Opening(Struct, frozen=True):
    """The complete sentences at the beginning of a text that is still being written, and whether they can be
    said whatever follows."""

    text: str
    checks: tuple[CheckResult, ...]

    @property
    def passed(self) -> bool:
        """Whether there is a complete sentence, and nothing is wrong so far."""
        return bool(self.text) and have_passed(self.checks)


class Finding(Struct, frozen=True):
    """What one check found: `wrong` stays wrong whatever follows, `missing` may still come; empty is good."""

    wrong: str = ""
    missing: str = ""


def have_passed(checks: Iterable[CheckResult]) -> bool:
    """Return whether every check passed."""
    return all(check.passed for check in checks)


def complaint_about(checks: Iterable[CheckResult]) -> str:
    """Return why a text was refused, as one line for the model that wrote it; empty if it was not."""
    return "; ".join(check.detail for check in checks if not check.passed)
