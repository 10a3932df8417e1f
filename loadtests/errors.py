"""What a load test refuses to do: leaves of the one tree in `bentos.core.errors`.

* EkibenError
  + SettingsError              5  (core) a setting or a pass mark that makes no sense
  + HostRefused                5  load would go to a host that nobody named as a target
  + HostSilent                 7  the service does not answer, or not as it should, before any load
  + LoadNotMade                9  the load was not made as planned, so there is nothing to judge
  + ReportUnreadable           8  a collected log holds no whole report

The number is the exit code of `python -m loadtests.run`; 3 means that the service missed a pass mark, 2 wrong
usage.
"""

from bentos.core.errors import EkibenError

MARKS_MISSED = 3
"""Exit code of a load test that was made as planned, but whose pass marks were not reached."""


class HostRefused(EkibenError):
    """Load would go to a host that nobody named as a target."""

    exit_code = 5

    def __init__(self, url: str, host: str) -> None:
        super().__init__(
            f"No load is sent to {url}: {host or 'it'} is neither this machine nor a Service of the cluster. "
            f"If it is meant: EKIBEN_LOAD_ALLOW_HOST={host or '<host>'}"
        )


class HostSilent(EkibenError):
    """The service does not answer as it should before any load."""

    exit_code = 7

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} is not ready for load: {reason}")


class LoadNotMade(EkibenError):
    """The load was not made as planned."""

    exit_code = 9

    def __init__(self, reason: str, log_tail: str = "") -> None:
        super().__init__(
            f"The load was not made as planned: {reason}." + (f"\n{log_tail}" if log_tail else "")
        )


class ReportUnreadable(EkibenError):
    """A collected log holds no whole report."""

    exit_code = 8

    def __init__(self, reason: str) -> None:
        super().__init__(f"No report could be read from the log: {reason}")
