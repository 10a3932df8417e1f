"""The analyst as processes: settings of one, and what its metrics say."""

from collections.abc import Mapping
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from bentos.core.settings import DatabaseSettings
from tests.support.misbehaving_llm import MisbehavingLlm
from tests.support.serving import ServerProcess
from training.core.pins import Rollout


def analyst_environment(
    pin: Rollout, database: DatabaseSettings, llm: MisbehavingLlm | None = None, **settings: Any
) -> dict[str, str]:
    """Return what makes a process serve the package with this database and this model."""
    asked = {"providers": ""} if llm is None else {"openai_url": llm.url}
    return {
        **pin.environment(),
        "EKIBEN_DATABASE_URL": database.url.get_secret_value(),
        "EKIBEN_LOG_ACCESS_SAMPLE": "0",
        **{f"EKIBEN_ANALYST_{name.upper()}": str(value) for name, value in {**asked, **settings}.items()},
    }


def sample_of(process: ServerProcess, name: str, labels: Mapping[str, str] | None = None) -> float:
    """Return the sum of the samples with at least these labels."""
    text = process.ask("GET", "/metrics").content.decode()
    wanted = (labels or {}).items()
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and wanted <= sample.labels.items()
    )
