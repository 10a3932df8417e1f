"""What a gate found: kept on the version, so that anyone can read why it was refused."""

import msgspec

from training.core.pipeline import Check


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """All checks of one gate. `compared_with` is the champion's version at that time, empty if there was
    none."""

    passed: bool
    compared_with: str
    checks: tuple[Check, ...]
    scores: dict[str, float]
    """The challenger's scores on the frozen items, by the names in `training.core.scores` (per trial) or
    `training.core.passes`."""
    champion_scores: dict[str, float]
    """The champion's, on the same items; empty without one."""

    @property
    def refusals(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)

    def reasons(self) -> str:
        """Return why the gate refused, in one line; empty if it passed."""
        return "; ".join(f"{check.name}: {check.detail}" for check in self.refusals)

    def encode(self) -> bytes:
        """Return the verdict as JSON."""
        return msgspec.json.encode(self)


def decode_verdict(content: str) -> Verdict | None:
    """Return the verdict in `content`, or None for the empty text of a version that was never judged."""
    return msgspec.json.decode(content, type=Verdict) if content else None
