"""The reconciler's life: take the lease, look again and again, stop at once when told to."""

import signal
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType

from bentos.core.loggers import get_logger
from training.core.registry import Registry
from training.core.settings import TrainingSettings
from training.rollout import names
from training.rollout.api import Api
from training.rollout.champions import Champions
from training.rollout.cluster_target import open_cluster_target
from training.rollout.errors import ClusterError
from training.rollout.events import Events
from training.rollout.lease import Lease
from training.rollout.metrics import RolloutMetrics
from training.rollout.reconciler import Cycle, Reconciler
from training.rollout.trainings import read_trainings

LATE_INTERVALS = 10
LATE_SECONDS = 120.0
"""One Deployment may take as long as a registry and an API server that let every call run into its timeout; a
loop that got nowhere for ten intervals more than that hangs."""
TRAININGS_SECONDS = 30.0
"""How often jobs are looked at: they end a few times a day."""

_log = get_logger("ekiben.rollout")


class Loop:
    """Reconciles as long as it holds the lease, and waits for it as long as another one does."""

    def __init__(
        self,
        api: Api,
        namespaces: tuple[str, ...],
        make_reconciler: Callable[[Callable[[], bool]], Reconciler],
        lease: Lease,
        metrics: RolloutMetrics,
        interval_seconds: float,
        patience_seconds: float = 30.0,
    ) -> None:
        self._patience_seconds = patience_seconds
        self._api = api
        self._namespaces = namespaces
        self._reconciler = make_reconciler(self._may_act)
        self._lease = lease
        self._metrics = metrics
        self._interval_seconds = interval_seconds
        self._stop = threading.Event()
        self._moved_at = time.monotonic()
        self._trainings_at = -TRAININGS_SECONDS
        self._has_turned = False
        self._leads = False

    def is_alive(self) -> bool:
        """Whether the loop has turned, or gone on to another Deployment, a short while ago."""
        limit = LATE_INTERVALS * self._interval_seconds + LATE_SECONDS
        return time.monotonic() - self._moved_at < limit

    def is_ready(self) -> bool:
        """Whether the loop has turned at all: one that waits for the lease is ready to take over."""
        return self._has_turned

    def stop(self) -> None:
        """End after the Deployment that is being written."""
        self._stop.set()

    def stop_at_signals(self) -> None:
        """Let SIGTERM and SIGINT end the loop."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        signal.signal(signal.SIGTERM, handle)
        signal.signal(signal.SIGINT, handle)

    def run(self) -> None:
        """Turn until stopped; then give the lease back."""
        try:
            while not self._stop.is_set():
                self.turn()
                self._stop.wait(self._interval_seconds)
        finally:
            self._lease.release()

    def run_once(self) -> Cycle:
        """Wait for the lease, reconcile once, give the lease back. Raises RegistryBusy or ClusterError."""
        with self._lease.holding(self._patience_seconds):
            return self._reconciler.run()

    def turn(self) -> Cycle | None:
        """Reconcile once if this process holds the lease or can get it; return what it did."""
        cycle = None
        try:
            leads = self._lease.try_acquire()
        except ClusterError as error:
            _log.error(str(error), reason=error.reason)
            self._metrics.count_error(error.reason)
            leads = False
        self._announce(leads)
        if leads:
            cycle = self._reconciler.run()
            self._metrics.record(cycle)
            self._look_at_trainings()
        self._moved_at, self._has_turned = time.monotonic(), True
        return cycle

    def _may_act(self) -> bool:
        """Return whether to go on writing; asked before each Deployment, it shows that the turn moves."""
        self._moved_at = time.monotonic()
        return self._lease.held and not self._stop.is_set()

    def _announce(self, leads: bool) -> None:
        if leads != self._leads or not self._has_turned:
            by = f"{self._lease.holder or 'nobody yet'} holds it"
            _log.info(
                "This process leads" if leads else "Waiting for the lease", lease=by if not leads else "held"
            )
        self._leads = leads
        self._metrics.lead(leads)

    def _look_at_trainings(self) -> None:
        if time.monotonic() - self._trainings_at < TRAININGS_SECONDS:
            return
        self._trainings_at = time.monotonic()
        try:
            self._metrics.record_trainings(read_trainings(self._api, self._namespaces))
        except ClusterError as error:
            _log.warning(str(error), reason=error.reason)
            self._metrics.count_error(error.reason)


def open_loop(
    settings: TrainingSettings,
    namespaces: tuple[str, ...],
    lease_name: str,
    interval_seconds: float,
    open_registry: Callable[[], Registry],
) -> tuple[Loop, RolloutMetrics]:
    """Put everything together; `namespaces` outrank those of the settings. Raises SettingsError."""
    target = open_cluster_target(settings, namespaces)
    lease = target.lease(lease_name or names.RECONCILER_LEASE)
    metrics = RolloutMetrics()
    events = Events(target.api, socket.gethostname())
    champions = Champions(open_registry)
    loop = Loop(
        target.api,
        target.deployments.namespaces,
        partial(Reconciler, target.deployments, champions, events),
        lease,
        metrics,
        interval_seconds,
        settings.lock_timeout_seconds,
    )
    return loop, metrics
