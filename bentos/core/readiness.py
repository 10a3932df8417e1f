"""Whether this process should be sent requests, and why not."""

from typing import Literal

State = Literal["starting", "unpinned", "ready", "stopping"]


class Readiness:
    """Goes from starting to ready to stopping, and never back; without a pin it stays unpinned."""

    def __init__(self) -> None:
        self.state: State = "starting"

    @property
    def is_ready(self) -> bool:
        """Whether a verified, self-tested model is loaded and no signal to stop has come."""
        return self.state == "ready"

    def explain(self) -> str:
        """Return a sentence for whoever asked."""
        return {
            "starting": "The model is being fetched, verified and tested.",
            "unpinned": "No model is pinned yet: the first promotion pins one, and new pods serve it.",
            "ready": "The model is verified and tested.",
            "stopping": "The process was told to stop; requests that still come are answered.",
        }[self.state]
