"""`ekiben up`: the main job on one machine. Train, judge and promote if anything is new; serve, and keep
serving."""

import time
from typing import Annotated, Literal

import typer

from bentos.core.errors import SettingsError
from bentos.core.settings import Settings
from training.cli.beside import AnalystBeside
from training.cli.champion import ensure_champion
from training.cli.steps import Steps
from training.core.errors import ServiceFailed
from training.core.local import (
    HOST,
    TRACKING,
    explain_refusal,
    hold_home,
    model_service,
    require_space,
    tracking_service,
)
from training.core.pins import Rollout, read_pin
from training.core.ports import require_free_port
from training.core.settings import TrainingSettings, read_settings
from training.core.supervisor import LOOK_INTERVAL_SECONDS, StopRequest, Supervisor
from training.core.trial import find_trial
from training.core.watchdog import Watchdog

MODEL = "battle"
Policy = Literal["auto", "manual"]


def up(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of battle; else EKIBEN_SERVER_PORT, 3000.")
    ] = None,
    mlflow_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of MLflow; else EKIBEN_MLFLOW_PORT, 5000.")
    ] = None,
    no_mlflow: Annotated[bool, typer.Option("--no-mlflow", help="Start no MLflow server.")] = False,
    analyst_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of analyst; else EKIBEN_ANALYST_PORT, 3001.")
    ] = None,
    no_analyst: Annotated[bool, typer.Option("--no-analyst", help="Start battle only.")] = False,
    policy: Annotated[
        Policy, typer.Option(help="auto: a version that passed its gate is promoted; manual: you promote it.")
    ] = "auto",
) -> None:
    """Train, judge, promote and serve battle on this machine, MLflow and analyst beside it, until Ctrl-C.

    What is there already is used again. While it runs, a promotion or rollback in another terminal changes
    what is served; a version that would not load is refused, and the one before goes on serving. The analyst
    comes once battle answers; whatever fails in it is said, and battle goes on.
    """
    settings = read_settings().model_copy(update={"promotion": policy})
    if mlflow_port is None:
        mlflow_port = settings.mlflow_port
    stop = StopRequest()
    stop.install()
    stack = LocalStack(
        settings,
        port=Settings().server.port if port is None else port,
        mlflow_port=None if no_mlflow else mlflow_port,
        analyst_port=None if no_analyst else analyst_port or settings.analyst_port,
        stop=stop,
        steps=Steps(),
    )
    try:
        stack.run()
    except KeyboardInterrupt:
        stack.steps.say("stopped")


class LocalStack:
    """Battle, and beside it, all on loopback: MLflow, unless `mlflow_port` is None or the settings name a
    server; the analyst, unless `analyst_port` is None."""

    def __init__(
        self,
        settings: TrainingSettings,
        *,
        port: int,
        mlflow_port: int | None,
        analyst_port: int | None,
        stop: StopRequest,
        steps: Steps,
    ) -> None:
        self.settings = settings
        self.port = port
        self.mlflow_port = None if settings.tracking.startswith("http") else mlflow_port
        self.analyst_port = analyst_port
        self.steps = steps
        self._stop = stop

    def run(self) -> None:
        """Bring everything up, keep it up until a stop is requested, and leave no process behind.

        Raises HomeInUse, PortTaken or SettingsError before anything is started, ServiceFailed when a service
        can't be kept running, and whatever training and promotion raise.
        """
        free_bytes = require_space(self.settings.home)
        with hold_home(self.settings.home) as lock:
            self._require_ports(free_bytes)
            with self.steps.step(f"training {MODEL} if anything is new") as step, self._stop.interrupting():
                rollout = ensure_champion(self.settings, MODEL, step)
            with Watchdog([lock.fileno()]) as watchdog:
                supervisor = Supervisor(watchdog, self._stop, self.steps.say)
                try:
                    self._start(supervisor, rollout)
                    self._keep(supervisor, rollout)
                finally:
                    with self.steps.step("stopping") as step:
                        supervisor.stop()
                        step.done = "stopped; `make up` starts it again in seconds"

    def _require_ports(self, free_bytes: int) -> None:
        with self.steps.step("looking at ports and disk") as step:
            require_free_port(HOST, self.port, MODEL, "EKIBEN_SERVER_PORT")
            if self.mlflow_port:
                require_free_port(HOST, self.mlflow_port, "MLflow", "EKIBEN_MLFLOW_PORT")
            step.done = f"the ports and {free_bytes / 2**30:.0f} GiB of disk are free; no network is needed"

    def _start(self, supervisor: Supervisor, rollout: Rollout) -> None:
        """Start the model and show that it answers. MLflow takes longer and nothing waits for it."""
        base = f"http://{HOST}:{self.port}"
        with self.steps.step(f"starting {MODEL} version {rollout.version}") as step:
            supervisor.start(model_service(self.settings, MODEL, rollout, self.port))
            if self._stop.requested:
                return
            step.done = f"{MODEL} version {rollout.version} answers on {base}, its API page is {base}/docs"
        if self.mlflow_port:
            supervisor.add(tracking_service(self.settings, self.mlflow_port))
        self._try(base)

    def _try(self, base: str) -> None:
        trial = find_trial(base)
        if trial and trial.needs_key:
            self.steps.say("try it with one of your API keys:")
            typer.echo(trial.curl())
        elif trial:
            self.steps.say(f"it asks for no API key, because it listens on loopback ({HOST}) only")
            self.steps.say("try it; this is what it answers now:")
            typer.echo(f"{trial.curl()}\n{trial.ask()}")
        self.steps.say("Ctrl-C stops everything")

    def _keep(self, supervisor: Supervisor, rollout: Rollout) -> None:
        serving, refused = rollout, None
        expecting_mlflow = self.mlflow_port is not None
        analyst = self._analyst(supervisor)
        while not self._stop.requested:
            supervisor.tend()
            if analyst:
                analyst.look()
            if expecting_mlflow and supervisor.is_ready(TRACKING):
                expecting_mlflow = False
                self.steps.say(f"MLflow shows every version on http://{HOST}:{self.mlflow_port}")
            wanted = self._read_pin() or serving
            if wanted not in (serving, refused):
                if self._roll(supervisor, serving, wanted):
                    serving, refused = wanted, None
                else:
                    refused = wanted
            time.sleep(LOOK_INTERVAL_SECONDS)

    def _analyst(self, supervisor: Supervisor) -> AnalystBeside | None:
        if self.analyst_port is None:
            return None
        return AnalystBeside(self.settings, supervisor, self.analyst_port, self.steps.say)

    def _read_pin(self) -> Rollout | None:
        try:
            return read_pin(self.settings.home, MODEL)
        except SettingsError:
            return None

    def _roll(self, supervisor: Supervisor, serving: Rollout, wanted: Rollout) -> bool:
        """Serve `wanted` in place of `serving` if it loads; return whether it is served."""
        self.steps.say(f"version {wanted.version} is pinned, version {serving.version} serves")
        reason = explain_refusal(MODEL, wanted)
        if reason is None:
            try:
                supervisor.replace(model_service(self.settings, MODEL, wanted, self.port))
            except ServiceFailed as error:
                if error.name != MODEL:
                    raise
                reason = str(error)
        if reason:
            self.steps.say(
                f"version {wanted.version} is refused, version {serving.version} goes on: {reason}"
            )
        else:
            self.steps.say(f"version {wanted.version} serves")
        return reason is None
