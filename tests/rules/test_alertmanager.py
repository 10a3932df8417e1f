"""Every alert reaches those it concerns, and what follows from another alert is left out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.alertmanager import Alertmanager, running
from tests.support.monitoring_tools import insist
from tests.support.rules import all_alerts

CONFIGURATION = Path(__file__).parents[2] / "k8s/alertmanager/alertmanager.yaml"
TOLD = {
    "EkibenHighLatency": "platform",
    "EkibenHighErrorRatio": "on-call,platform",
    "EkibenLowTraffic": "on-call,platform",
    "EkibenLowConfidence": "data-science",
    "EkibenServiceDown": "on-call,platform",
    "EkibenErrorBudgetBurnFast": "on-call,platform",
    "EkibenTrainingFailed": "data-science",
    "EkibenTrainingStale": "data-science",
    "EkibenPricesMissing": "data-science",
    "EkibenFallbackAnswers": "data-science",
    "EkibenBudgetNearlySpent": "data-science",
}
"""Receivers of each alert; the others are told to platform."""

INHIBITED = [
    ("EkibenServiceDown", "EkibenLowTraffic"),
    ("EkibenServiceDown", "EkibenHighErrorRatio"),
    ("EkibenReplicasNotReady", "EkibenHighLatency"),
    ("EkibenReplicasNotReady", "EkibenServiceSaturated"),
    ("EkibenDatabaseDown", "EkibenRegistryErrors"),
    ("EkibenRegistryDown", "EkibenTrainingFailed"),
    ("EkibenTrainingFailed", "EkibenTrainingStale"),
    ("EkibenDatabaseDown", "EkibenPriceStoreDown"),
    ("EkibenPriceStoreDown", "EkibenPricesStale"),
    ("EkibenPriceStoreDown", "EkibenNewsStale"),
    ("EkibenBudgetNearlySpent", "EkibenFallbackAnswers"),
    ("EkibenProviderLeftAlone", "EkibenFallbackAnswers"),
    ("EkibenProviderLeftAlone", "EkibenProviderSlow"),
]
"""An alert, and another that is left out while it fires."""

# That a fast burn inhibits a slow one is seen by whoever asks: tests.support.alertmanager.LAST.
INDEPENDENT = [
    ("EkibenPodNotReady", "EkibenHighLatency"),
    ("EkibenPodNotReady", "EkibenHighErrorRatio"),
    ("EkibenHighLatency", "EkibenHighErrorRatio"),
    ("EkibenLowConfidence", "EkibenHighLatency"),
    ("EkibenServiceDown", "EkibenRegistryDown"),
    ("EkibenRegistryDown", "EkibenHighErrorRatio"),
    ("EkibenRegistryDown", "EkibenPriceStoreDown"),
    ("EkibenProviderSlow", "EkibenFallbackAnswers"),
    ("EkibenPricesStale", "EkibenNewsStale"),
]


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    with running(CONFIGURATION, tmp_path) as started:
        yield started


def labels(alert: str, service: str = "battle") -> dict[str, str]:
    """Return the labels of an alert of one service, which stand in the rules or come from a series."""
    own: dict[str, str] = all_alerts()[alert][1]["labels"]
    return {**own, "alertname": alert, "namespace": "models", "service": service}


def test_amtool_takes_the_configuration() -> None:
    assert "SUCCESS" in insist("amtool", "check-config", CONFIGURATION)


@pytest.mark.parametrize("alert", all_alerts())
def test_every_alert_is_told_to_those_it_concerns(alert: str) -> None:
    given = [f"{name}={value}" for name, value in labels(alert).items()]
    wanted = TOLD.get(alert, "platform")
    insist(
        "amtool",
        *("config", "routes", "test", f"--config.file={CONFIGURATION}", f"--verify.receivers={wanted}"),
        *given,
    )


def test_no_alert_is_expected_that_is_gone() -> None:
    pairs = {name for pair in INHIBITED + INDEPENDENT for name in pair}
    assert set(TOLD) | pairs <= set(all_alerts())


@pytest.mark.parametrize(("source", "target"), INHIBITED)
def test_what_follows_from_another_alert_is_left_out(
    alertmanager: Alertmanager, source: str, target: str
) -> None:
    assert alertmanager.suppressed([labels(source), labels(target)]) == {target}


@pytest.mark.parametrize(("source", "target"), INDEPENDENT)
def test_what_does_not_follow_is_told(alertmanager: Alertmanager, source: str, target: str) -> None:
    assert alertmanager.suppressed([labels(source), labels(target)]) == set()


def test_another_service_is_told_of_as_before(alertmanager: Alertmanager) -> None:
    pair = [labels("EkibenReplicasNotReady"), labels("EkibenHighLatency", service="sentiment")]
    assert alertmanager.suppressed(pair) == set()


def test_addresses_are_read_from_files() -> None:
    receivers = yaml.safe_load(CONFIGURATION.read_text())["receivers"]
    targets = [
        target for receiver in receivers for key in receiver if key != "name" for target in receiver[key]
    ]
    assert len(targets) == len(receivers)
    for target in targets:
        files = [value for key, value in target.items() if key.endswith("_file")]
        assert [file.startswith("/etc/alertmanager/secrets/ekiben-addresses/") for file in files] == [True]
        assert not {"api_url", "routing_key", "service_key", "url"} & set(target)
