"""What the training side refuses to do: leaves of the one tree in `bentos.core.errors`.

* EkibenError
  + UnknownModel               4  no folder trains a model of this name
  + VersionNotFound            4  the registry has no such version
  + NoChampion                 4  nothing is promoted yet, so nothing can be served, asked or rolled back
  + PromotionRefused           3  policy forbids it
    - NotGated                    the gate refused the version, or never saw it
    - VerdictOutdated             it was judged against another champion than today's
    - AlreadyChampion             there is nothing to judge it against
    - VersionQuarantined          it was rolled back once
    - NothingToRollBack           the champion has no predecessor to go back to
  + RegistryUnavailable        7  the tracking server or its database did not answer, or refused
    - RegistryBusy                another command holds the lock for too long
  + ArtifactStoreUnavailable   7  the folder or bucket of packages can't be written
  + DataError                  8  training data are missing or unusable
    - DataFixed                   they can't be added to
  + NothingToEvaluate          4  the model has no evaluation apart from its gate
  + PortTaken                  5  a port that a local service needs is in use
  + HomeInUse                  5  another `ekiben up` runs on the same home
  + ServiceFailed              9  a local service does not start, or does not stay up

The number is the exit code of the command line; `bentos.core.errors` adds 1 (anything else), 5 (settings) and
6 (a package that must not load), and wrong usage ends with 2.
"""

from bentos.core.errors import EkibenError


class UnknownModel(EkibenError):
    """No folder trains a model of this name."""

    exit_code = 4

    def __init__(self, name: str) -> None:
        super().__init__(f"No model is called {name!r}: there is no training/{name}/pipeline.py.")


class VersionNotFound(EkibenError):
    """The registry has no such version."""

    exit_code = 4

    def __init__(self, model: str, version: str) -> None:
        super().__init__(f"{model} has no version {version}. See: ekiben models {model}")


class NoChampion(EkibenError):
    """Nothing is promoted yet."""

    exit_code = 4

    def __init__(self, model: str, wanted: str = "champion") -> None:
        super().__init__(f"{model} has no {wanted} yet. Train one: ekiben train {model}")


class PromotionRefused(EkibenError):
    """Policy forbids the promotion or the rollback."""

    exit_code = 3


class NotGated(PromotionRefused):
    """The gate refused the version, or never saw it."""

    def __init__(self, model: str, version: str, reasons: str) -> None:
        super().__init__(
            f"{model} version {version} did not pass its gate: {reasons}. "
            f"To promote it all the same: ekiben promote {model} --version {version} --force --reason '…'"
        )


class VerdictOutdated(PromotionRefused):
    """The version was judged against another champion than today's."""

    def __init__(self, model: str, version: str, judged_against: str, champion: str) -> None:
        then = f"version {judged_against}" if judged_against else "no champion"
        super().__init__(
            f"{model} version {version} was judged against {then}, but version {champion} is champion now. "
            f"Judge it again: ekiben gate {model} --version {version}"
        )


class AlreadyChampion(PromotionRefused):
    """A champion has nothing to be judged against."""

    def __init__(self, model: str, version: str) -> None:
        super().__init__(f"{model} version {version} is the champion: there is nothing to judge it against.")


class VersionQuarantined(PromotionRefused):
    """The version was rolled back once."""

    def __init__(self, model: str, version: str) -> None:
        super().__init__(f"{model} version {version} is quarantined: it was rolled back. Train a new one.")


class NothingToRollBack(PromotionRefused):
    """The champion has no predecessor to go back to."""

    def __init__(self, model: str, version: str) -> None:
        super().__init__(f"{model} version {version} has no earlier champion to go back to.")


class RegistryUnavailable(EkibenError):
    """The tracking server or its database did not answer."""

    exit_code = 7

    def __init__(self, tracking_uri: str, reason: str) -> None:
        super().__init__(f"The model registry at {tracking_uri} failed: {reason}")


class RegistryBusy(RegistryUnavailable):
    """Another command holds the lock for too long."""

    def __init__(self, path: str, timeout_seconds: float) -> None:
        super().__init__(path, f"another command has held its lock for {timeout_seconds:g} s.")


class ArtifactStoreUnavailable(EkibenError):
    """The folder or bucket of packages can't be written."""

    exit_code = 7

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(f"The package store at {uri} can't be used: {reason}")


class DataError(EkibenError):
    """Training data are missing or unusable."""

    exit_code = 8


class DataFixed(DataError):
    """The training data of this model can't be added to."""

    def __init__(self, model: str) -> None:
        super().__init__(f"The training data of {model} are fixed: nothing can be added to them.")


class NothingToEvaluate(EkibenError):
    """The model has no evaluation apart from its gate."""

    exit_code = 4

    def __init__(self, model: str) -> None:
        super().__init__(
            f"{model} is evaluated by its training and its gate, and no other way: ekiben models {model}"
        )


class PortTaken(EkibenError):
    """A port that a local service needs is in use."""

    exit_code = 5

    def __init__(self, port: int, purpose: str, variable: str, holder: str | None) -> None:
        by = f" by {holder}" if holder else ""
        super().__init__(
            f"Port {port} ({purpose}) is taken{by}. Stop that, or choose another: {variable}={port + 1}"
        )


class HomeInUse(EkibenError):
    """Another `ekiben up` runs on the same home."""

    exit_code = 5

    def __init__(self, home: str, holder: int | None) -> None:
        by = f" (pid {holder})" if holder else ""
        super().__init__(
            f"`ekiben up` already runs on {home}{by}. Stop it, or choose another home: EKIBEN_HOME"
        )


class ServiceFailed(EkibenError):
    """A local service does not start, or does not stay up."""

    exit_code = 9

    def __init__(self, name: str, what_happened: str, log_path: str, log_tail: str) -> None:
        self.name = name
        self._short = f"{name} {what_happened} and is left out; {log_path} says more"
        super().__init__(f"{name} {what_happened}. The end of {log_path}:\n{log_tail}")

    def in_short(self) -> str:
        """Return one sentence, for where the others go on."""
        return self._short
