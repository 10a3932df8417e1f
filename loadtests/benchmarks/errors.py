"""What a benchmark can't go on without: leaves of the one tree in `bentos.core.errors`."""

from bentos.core.errors import EkibenError


class ToolMissing(EkibenError):
    """A program that makes load or installs peers is not on this machine."""

    exit_code = 5

    def __init__(self, name: str, way_out: str) -> None:
        super().__init__(f"{name} is needed: {way_out}")


class ServerUnusable(EkibenError):
    """A server that is to be measured does not start, or answers wrongly."""

    exit_code = 7

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} can't be measured: {reason}")


class ReportUnreadable(EkibenError):
    """A load generator failed, or wrote something else than its report."""

    exit_code = 9

    def __init__(self, tool: str, text: str) -> None:
        super().__init__(f"{tool} gave no report that can be read:\n{text[-2000:]}")
