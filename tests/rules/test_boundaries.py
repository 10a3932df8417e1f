"""The cases hold every boundary from both sides: rules that are a little off make them fail."""

import copy
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from tests.support.helm import CHARTS as CHART_FOLDER
from tests.support.monitoring_tools import run
from tests.support.rules import (
    CHARTS,
    Group,
    all_alerts,
    case_files,
    chart_of,
    keep_looks,
    read_cases,
    rule_groups,
    rules_of,
    write_cases,
)

THRESHOLDS = {
    "EkibenHighLatency": ("latencyP95Seconds", 0.5),
    "EkibenHighErrorRatio": ("errorRatio", 0.05),
    "EkibenLowTraffic": ("minimumRequestsPerMinute", 10),
    "EkibenLowConfidence": ("lowConfidenceRatio", 0.2),
    "EkibenServiceSaturated": ("busyRatio", 0.8),
    "EkibenShedding": ("shedRatio", 0.01),
    "EkibenMemoryNearLimit": ("memoryRatio", 0.9),
    "EkibenRegistryErrors": ("errorRatio", 0.05),
    "EkibenDatabaseConnectionsNearMax": ("connectionsRatio", 0.8),
    "EkibenVolumeNearlyFull": ("volumeFreeRatio", 0.1),
    "EkibenPricesStale": ("priceAgeHours", 3),
    "EkibenNewsStale": ("newsAgeHours", 12),
    "EkibenFallbackAnswers": ("fallbackRatio", 0.2),
    "EkibenBudgetNearlySpent": ("budgetRatio", 0.9),
    "EkibenProviderLeftAlone": ("breakerRatio", 0.5),
    "EkibenProviderSlow": ("providerP95Seconds", 10),
}
"""The value that decides about an alert, and its default."""

OTHER_VALUES: list[tuple[str, dict[str, float]]] = [
    ("EkibenLowConfidence", {"lowConfidence": 0.55}),
    ("EkibenLowConfidence", {"lowConfidence": 0.65}),
    ("EkibenErrorBudgetBurnFast", {"sloTarget": 0.9989}),
    ("EkibenErrorBudgetBurnFast", {"sloTarget": 0.9991}),
    ("EkibenErrorBudgetBurnSlow", {"sloTarget": 0.9989}),
    ("EkibenErrorBudgetBurnSlow", {"sloTarget": 0.9991}),
    ("EkibenCertificateExpiring", {"certificateDays": 13}),
    ("EkibenCertificateExpiring", {"certificateDays": 15}),
    ("EkibenModelPinNotReached", {"pinNotReachedMinutes": 9}),
    ("EkibenModelPinNotReached", {"pinNotReachedMinutes": 11}),
    ("EkibenRolloutHeld", {"holdMinutes": 14}),
    ("EkibenRolloutHeld", {"holdMinutes": 16}),
    ("EkibenReconcilerStalled", {"reconcilerStalledMinutes": 4}),
    ("EkibenReconcilerStalled", {"reconcilerStalledMinutes": 6}),
    ("EkibenTrainingStale", {"trainingStaleHours": 47}),
    ("EkibenTrainingStale", {"trainingStaleHours": 49}),
    ("EkibenPricesMissing", {"priceGaps": 1}),
    ("EkibenPricesMissing", {"priceGaps": 3}),
]
DELAYED = sorted(alert for alert, (_, rule) in all_alerts().items() if "for" in rule)


def notice(alert: str, groups: Iterable[Group], folder: Path) -> bool:
    """Return whether a case of the alert fails with these rules."""
    chart = all_alerts()[alert][0]
    files = [
        file
        for file in case_files()
        if chart_of(file) == chart and keep_looks(read_cases(file)["tests"], alert)
    ]
    written = [write_cases(folder, file, copy.deepcopy(list(groups)), alert) for file in files]
    return run("promtool", "test", "rules", *written).returncode != 0


def groups_with(alert: str, **changes: str) -> list[Group]:
    """Return the alert's chart's groups with some keys of the alert changed."""
    groups = rule_groups(all_alerts()[alert][0])
    for rule in rules_of(groups):
        if rule.get("alert") == alert:
            rule.update(changes)
    return groups


@pytest.mark.parametrize("alert", all_alerts())
def test_an_alert_alone_passes_its_cases(alert: str, tmp_path: Path) -> None:
    assert not notice(alert, groups_with(alert), tmp_path)


@pytest.mark.parametrize("factor", [0.9, 1.1])
@pytest.mark.parametrize("alert", THRESHOLDS)
def test_a_threshold_that_is_a_tenth_off_is_noticed(alert: str, factor: float, tmp_path: Path) -> None:
    key, value = THRESHOLDS[alert]
    groups = rule_groups(all_alerts()[alert][0], {key: round(value * factor, 6)})
    assert notice(alert, groups, tmp_path)


@pytest.mark.parametrize(("alert", "value"), OTHER_VALUES)
def test_another_value_is_noticed(alert: str, value: dict[str, float], tmp_path: Path) -> None:
    assert notice(alert, rule_groups(all_alerts()[alert][0], value), tmp_path)


@pytest.mark.parametrize("alert", DELAYED)
def test_an_alert_that_comes_too_early_or_too_late_is_noticed(alert: str, tmp_path: Path) -> None:
    duration = all_alerts()[alert][1]["for"]
    minutes = int(duration[:-1]) * {"m": 1, "h": 60}[duration[-1]]
    for changed in (minutes - 1, minutes + 1):
        assert notice(alert, groups_with(alert, **{"for": f"{changed}m"}), tmp_path), f"{changed} minutes"


@pytest.mark.parametrize("alert", all_alerts())
def test_a_comparison_the_other_way_round_is_noticed(alert: str, tmp_path: Path) -> None:
    expression = all_alerts()[alert][1]["expr"]
    turned = re.sub(r"[<>]=?|==", lambda found: "<" if ">" in found.group() else ">", expression)
    assert notice(alert, groups_with(alert, expr=turned), tmp_path)


def test_every_threshold_is_covered() -> None:
    shared = {"runbookUrl", "labels", "disabled", "routes", "trafficExpected"}
    covered = {key for key, _ in THRESHOLDS.values()} | {key for _, value in OTHER_VALUES for key in value}
    declared = {
        key
        for chart in CHARTS
        for key in yaml.safe_load((CHART_FOLDER / chart / "values.yaml").read_text())["alerts"]
    }
    assert declared - shared == covered
