"""The analyst's part of the local stack: which processes `ekiben up` runs for it, and with which settings.

What the operator's environment says wins; the rest lies in the home, and asks nobody outside of this machine
for prices. All of it yields to what is served already: it runs with a lower priority.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace

from training.analyst.embedded import llm_address, llm_service
from training.core.local import model_service
from training.core.pins import Rollout
from training.core.process import Service
from training.core.settings import TrainingSettings

MODEL = "analyst"
COLLECTOR = "analyst's collector"
TRAINING = "analyst's training"
LLM = "analyst's language model"
LONGEST_TRAINING_SECONDS = 3600.0

_WHO_IS_ASKED = ("EKIBEN_ANALYST_PROVIDERS", "EKIBEN_ANALYST_OPENAI_URL")


def wants_embedded_model() -> bool:
    """Return whether the environment leaves the choice of language models to us."""
    return not any(os.environ.get(name) for name in _WHO_IS_ASKED)


def wants_news() -> bool:
    """Return whether the environment names sources outside: then news are collected too."""
    return any(os.environ.get(name) for name in ("EKIBEN_COLLECT_PRICES", "EKIBEN_COLLECT_NEWS"))


def collector_service(settings: TrainingSettings) -> Service:
    """Return the collector's loop."""
    what = ("prices", "news") if wants_news() else ("prices",)
    return _beside(
        Service(
            name=COLLECTOR,
            command=(sys.executable, "-m", "bentos.analyst.collect", *what, "--loop"),
            environment=_environment(settings),
            ready_url="",
            log_path=settings.home / "logs" / "analyst-collector.log",
        )
    )


def training_service(settings: TrainingSettings) -> Service:
    """Return what evaluates the prompts and makes them champion, if anything is new and the policy allows."""
    return _beside(
        Service(
            name=TRAINING,
            command=(sys.executable, "-m", "training.cli.champion", MODEL),
            environment={"EKIBEN_HOME": str(settings.home), "EKIBEN_PROMOTION": settings.promotion},
            ready_url="",
            log_path=settings.home / "logs" / "analyst-training.log",
            ends=True,
            start_seconds=LONGEST_TRAINING_SECONDS,
        ),
        niceness=19,
    )


def language_model_service(settings: TrainingSettings, port: int) -> Service:
    """Return the embedded language model."""
    service = llm_service(port, settings.home / "logs" / "analyst-llm.log")
    return _beside(replace(service, name=LLM))


def analyst_service(settings: TrainingSettings, rollout: Rollout, port: int, llm_port: int) -> Service:
    """Return the serving process of exactly the pinned prompts."""
    service = model_service(settings, MODEL, rollout, port)
    own = {"EKIBEN_ANALYST_OPENAI_URL": llm_address(llm_port)} if wants_embedded_model() else {}
    return _beside(
        replace(service, environment={**_environment(settings), **own, **service.environment}), niceness=0
    )


def _environment(settings: TrainingSettings) -> Mapping[str, str]:
    defaults = {
        "EKIBEN_DATABASE_URL": f"sqlite:///{settings.home / 'ekiben.db'}",
        "EKIBEN_COLLECT_ARCHIVES": str(settings.home / "archives"),
        "EKIBEN_COLLECT_PRICES": "history",
    }
    return {name: value for name, value in defaults.items() if not os.environ.get(name)}


def _beside(service: Service, niceness: int = 10) -> Service:
    command = ("nice", "-n", str(niceness), *service.command) if niceness else service.command
    return replace(service, command=command, is_optional=True)
