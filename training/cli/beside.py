"""The analyst beside battle: started once battle answers, looked after without ever waiting for it.

Whatever fails here is said in one sentence, and battle goes on.
"""

import shlex
from collections.abc import Callable

import typer

from bentos.analyst.settings import LlmSettings
from bentos.core.errors import EkibenError, SettingsError
from bentos.core.settings import read_settings
from training.analyst.embedded import free_port
from training.analyst.local import (
    LLM,
    MODEL,
    TRAINING,
    analyst_service,
    collector_service,
    language_model_service,
    training_service,
    wants_embedded_model,
)
from training.core.local import HOST, explain_refusal
from training.core.pins import Rollout, read_pin
from training.core.ports import is_free, require_free_port
from training.core.settings import TrainingSettings
from training.core.supervisor import Supervisor
from training.core.trial import ask_page

QUESTIONS = ("/price-analysis?limit=24", "/price-analysis?limit=24&lang=fr")

Say = Callable[[str], None]


class AnalystBeside:
    """What `ekiben up` knows of the analyst. `look` is called again and again, and never takes long."""

    def __init__(self, settings: TrainingSettings, supervisor: Supervisor, port: int, say: Say) -> None:
        self._settings = settings
        self._supervisor = supervisor
        self._port = port
        self._say = say
        self._llm_port = 0
        self._look: Callable[[], None] | None = self._start
        self._serving: Rollout | None = None
        self._before: Rollout | None = None
        self._refused: Rollout | None = None

    def look(self) -> None:
        """Do the next thing, if it is time for it."""
        if self._look is None:
            return
        try:
            self._look()
        except (EkibenError, OSError) as error:
            self._leave_out(str(error))

    def _start(self) -> None:
        """Collect prices, and see to it that there are prompts to serve."""
        require_free_port(HOST, self._port, MODEL, "EKIBEN_ANALYST_PORT")
        self._llm_port = _find_llm_port()
        self._supervisor.add(collector_service(self._settings))
        self._supervisor.add(training_service(self._settings))
        self._say(
            "the analyst comes next, on its own time: its prompts are evaluated first if they are new, "
            "which takes minutes"
        )
        self._look = self._await_champion

    def _await_champion(self) -> None:
        if self._supervisor.is_kept(TRAINING):
            return
        rollout = read_pin(self._settings.home, MODEL)
        if rollout is None:
            self._leave_out("it has no champion; `ekiben models analyst` and the log of its training say why")
            return
        if wants_embedded_model():
            self._supervisor.add(language_model_service(self._settings, self._llm_port))
        self._serve(rollout)

    def _serve(self, rollout: Rollout) -> None:
        self._serving = rollout
        self._supervisor.add(analyst_service(self._settings, rollout, self._port, self._llm_port))
        self._look = self._await_ready

    def _await_ready(self) -> None:
        if not self._supervisor.is_kept(MODEL):
            self._go_back()
        elif self._supervisor.is_ready(MODEL) and self._serving:
            self._show(self._serving)
            self._look = self._follow

    def _go_back(self) -> None:
        """Serve the version before one that did not start, if there is one."""
        before, self._before = self._before, None
        self._look, self._refused = None, self._serving
        if before:
            self._say(f"version {before.version} goes on instead")
            self._serve(before)

    def _show(self, rollout: Rollout) -> None:
        base = f"http://{HOST}:{self._port}"
        self._say(f"{MODEL} version {rollout.version} answers on {base}, its API page is {base}/docs")
        answers = {question: ask_page(base, question) for question in QUESTIONS}
        for question, answer in answers.items():
            typer.echo("\n".join(filter(None, [shlex.join(["curl", "-s", base + question]), answer])))
        if not all(answers.values()):
            log = collector_service(self._settings).log_path
            self._say(f"it does not explain prices yet; if that goes on, {log} says why")

    def _follow(self) -> None:
        """Serve what is pinned now, if that is something else and it loads."""
        if not self._supervisor.is_kept(MODEL):
            self._look = None
            return
        wanted = _read_pin(self._settings) or self._serving
        if wanted in (self._serving, self._refused) or wanted is None or self._serving is None:
            return
        reason = explain_refusal(MODEL, wanted)
        if reason:
            self._refused = wanted
            goes_on = f"version {self._serving.version} goes on"
            self._say(f"{MODEL} version {wanted.version} is refused, {goes_on}: {reason}")
            return
        self._supervisor.remove(MODEL)
        self._before = self._serving
        self._serve(wanted)

    def _leave_out(self, reason: str) -> None:
        self._look = None
        self._say(f"the analyst is left out, battle goes on: {reason}")
        for name in (MODEL, LLM):
            self._supervisor.remove(name)


def _find_llm_port() -> int:
    wanted = read_settings(LlmSettings).port
    return wanted if wanted and is_free(HOST, wanted) else free_port()


def _read_pin(settings: TrainingSettings) -> Rollout | None:
    try:
        return read_pin(settings.home, MODEL)
    except SettingsError:
        return None
