"""One look at registry and cluster, and the writes that bring the second in line with the first.

It decides nothing from memory: started anew at any time, it does the same.
"""

import time
from collections.abc import Callable, Sequence

import msgspec

from bentos.core.loggers import get_logger
from bentos.core.package import Pin
from training.core.errors import RegistryUnavailable, VersionNotFound
from training.rollout.champions import Champions
from training.rollout.deployments import Deployments
from training.rollout.errors import ClusterError, FieldsOwned, ObjectChanged
from training.rollout.events import Events, Reason
from training.rollout.objects import Deployment
from training.rollout.plan import Action, describe_status, plan, require_whole, says

_log = get_logger("ekiben.rollout")


class Outcome(msgspec.Struct, frozen=True):
    """A Deployment after one look: what was done about it, and what it should pin (None: not known)."""

    deployment: Deployment
    action: Action | None
    champion: Pin | None
    error: str = ""

    @property
    def reached(self) -> bool:
        """Whether every replica runs what is wanted."""
        wanted = self.champion if self.deployment.mode == "auto" else self.deployment.pin
        return wanted is not None and self.deployment.pin == wanted and self.deployment.is_rolled_out()


class Cycle(msgspec.Struct, frozen=True):
    """One look: what became of each Deployment, and the reasons of what failed."""

    outcomes: tuple[Outcome, ...]
    failures: tuple[str, ...]
    seconds: float


class Reconciler:
    """Compares and acts. `may_act` is asked before each Deployment is written: only a leader may."""

    def __init__(
        self,
        deployments: Deployments,
        champions: Champions,
        events: Events,
        may_act: Callable[[], bool] = lambda: True,
    ) -> None:
        self._deployments = deployments
        self._champions = champions
        self._events = events
        self._may_act = may_act
        self._last_known: dict[str, Pin] = {}
        self._complaints: set[str] = set()
        self._earlier_complaints: set[str] = set()

    def run(self) -> Cycle:
        """Look once and act. What fails is counted and told; it never keeps the rest from being done."""
        self._earlier_complaints, self._complaints = self._complaints, set()
        started_at = time.monotonic()
        failures: list[str] = []
        try:
            found = self._deployments.read_all()
        except ClusterError as error:
            self._complain(str(error), error.reason)
            return Cycle((), (error.reason,), time.monotonic() - started_at)
        wanted = self._read_champions(found, failures)
        outcomes = [self._settle(one, wanted, failures) for one in found]
        self._events.forget()
        return Cycle(tuple(outcomes), tuple(failures), time.monotonic() - started_at)

    def _read_champions(self, found: Sequence[Deployment], failures: list[str]) -> dict[str, Pin] | None:
        """Return the champions, or None if the registry does not answer: then nothing is changed."""
        try:
            self._last_known = self._champions.read(frozenset(one.model for one in found))
        except (RegistryUnavailable, VersionNotFound) as error:
            self._complain(str(error), "registry")
            failures.append("registry")
            return None
        return self._last_known

    def _settle(self, found: Deployment, wanted: dict[str, Pin] | None, failures: list[str]) -> Outcome:
        champion = (self._last_known if wanted is None else wanted).get(found.model)
        if wanted is None or not self._may_act():
            return Outcome(found, None, champion)
        try:
            return self._act(found, champion)
        except ObjectChanged as error:
            _log.info("Changed meanwhile; looked at again in the next round", why=str(error))
            return Outcome(found, None, champion)
        except ClusterError as error:
            self._complain(str(error), error.reason, found.label)
            failures.append(error.reason)
            self._events.tell(found, "ReconcileFailed", str(error))
            return Outcome(found, None, champion, str(error))

    def _act(self, found: Deployment, champion: Pin | None) -> Outcome:
        todo = plan(found, champion)
        if todo.action == "wait":
            sentence = f"{found.model} has no champion yet; it is pinned as soon as one is promoted."
            self._events.tell(found, "NoChampion", sentence)
        if champion is None or todo.action in ("leave", "wait"):
            return Outcome(found, todo.action, champion)
        if todo.action == "pin":
            return self._pin(found, champion, expected=todo.expected)
        if todo.action == "hold":
            return self._hold(found, champion, "")
        return self._follow(found, champion)

    def _pin(self, found: Deployment, champion: Pin, *, expected: bool) -> Outcome:
        require_whole(found.model, champion)
        cause = f"{found.model} version {champion.version} is champion"
        try:
            pinned = self._deployments.pin(found, champion, cause)
        except FieldsOwned as conflict:
            if not expected:
                return self._hold(found, champion, ", ".join(sorted(set(conflict.owners.values()))))
            pinned = self._deployments.force_pin(found, champion, cause, unchanged=True)
        before = f"version {found.pin.version}" if found.pin else "nothing"
        self._tell(found, "Pinned", f"{cause}; pinned {champion.digest}, before: {before}.")
        said = self._deployments.say(pinned, describe_status(pinned, champion, held=False))
        return Outcome(said, "pin", champion)

    def _hold(self, found: Deployment, champion: Pin, owner: str) -> Outcome:
        pinned = f"version {found.pin.version}" if found.pin else "something else"
        by = f", set by {owner}" if owner else ""
        sentence = (
            f"It pins {pinned}{by}; champion of {found.model} is version {champion.version}. "
            f"`ekiben promote {found.model} --resume` pins that, `ekiben rollback {found.model}` accepts "
            "an earlier champion."
        )
        if owner:
            _log.info(sentence, deployment=found.label, reason="Held")
        about = f"{found.pin} {champion}"
        self._events.tell(found, "Held", sentence, about, again=bool(owner))
        return Outcome(self._say(found, champion, held=True), "hold", champion)

    def _follow(self, found: Deployment, champion: Pin) -> Outcome:
        if found.held:
            self._tell(found, "Resumed", f"It pins champion version {champion.version} of {found.model}.")
        failure = found.progress_failure()
        if failure:
            sentence = f"The pods of {found.model} version {champion.version} don't get ready: {failure}"
            self._events.tell(found, "PinNotReached", sentence)
        return Outcome(self._say(found, champion, held=False), "follow", champion)

    def _say(self, found: Deployment, champion: Pin, *, held: bool) -> Deployment:
        status = describe_status(found, champion, held=held)
        return found if says(found, status) else self._deployments.say(found, status)

    def _complain(self, sentence: str, reason: str, deployment: str = "") -> None:
        """Log an error, but not again and again while it goes on: the metric counts every time."""
        if sentence not in self._earlier_complaints:
            _log.error(sentence, reason=reason, **({"deployment": deployment} if deployment else {}))
        self._complaints.add(sentence)

    def _tell(self, found: Deployment, reason: Reason, sentence: str) -> None:
        """Log and tell what has just changed."""
        _log.info(sentence, deployment=found.label, reason=reason)
        self._events.tell(found, reason, sentence, again=True)
