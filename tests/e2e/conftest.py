"""One cluster and one platform for all scenarios; figures at the end, diagnostics where one fails."""

import os
import re
from collections.abc import Generator, Iterator

import pytest

from tests.e2e.support.cluster import BUILD, Cluster
from tests.e2e.support.connect import connect
from tests.e2e.support.diagnostics import keep_diagnostics
from tests.e2e.support.figures import Figures
from tests.e2e.support.first import train_first
from tests.e2e.support.platform import NAMESPACE, RECONCILER, Platform
from tests.e2e.support.prometheus import Prometheus
from tests.e2e.support.rules import load_rules
from tests.e2e.support.service import Service
from tests.e2e.support.waiting import Stopwatch

FIGURES = Figures()
KEEP = bool(os.environ.get("E2E_KEEP"))
"""Leave the platform standing, and use one that stands: for work on a scenario."""


@pytest.fixture(scope="session")
def figures() -> Figures:
    return FIGURES


@pytest.fixture(scope="session")
def cluster(figures: Figures) -> Cluster:
    watch = Stopwatch()
    found = connect(NAMESPACE, build=not KEEP)
    figures.add("0 cluster", "cluster up, images built and loaded", watch.seconds, "s")
    return found


@pytest.fixture(scope="session")
def installed(cluster: Cluster, figures: Figures) -> Iterator[Platform]:
    """The platform as `helm install` leaves it: no model is trained yet."""
    platform = Platform(cluster)
    if KEEP and cluster.exists("deployment", RECONCILER):
        platform.take_over()
    else:
        load_rules(cluster)
        platform.prepare()
        watch = Stopwatch()
        platform.handbook.run("install")
        figures.add("1 install", "helm install to registry and reconciler ready", watch.seconds, "s")
    yield platform
    if not KEEP:
        platform.uninstall()


@pytest.fixture(scope="session")
def platform(installed: Platform) -> Platform:
    """The platform with a champion, which the first scenario has made unless it is left out."""
    if not installed.battle.pinned():
        if not installed.operator.versions():
            train_first(installed)
        installed.operator.run("promote", "battle")
        installed.battle.wait_pinned("1", within_seconds=90)
    return installed


@pytest.fixture(scope="session")
def prometheus(cluster: Cluster) -> Prometheus:
    return Prometheus(cluster)


@pytest.fixture
def battle(platform: Platform) -> Service:
    return platform.battle


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run scenarios in the order of their numbers: the tenth is the last."""
    items.sort(key=lambda item: int(re.sub(r"\D*(\d+).*", r"\1", item.path.name)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a skipped scenario a failed one, and keep diagnostics of a failed one before anything goes on."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"a scenario that is skipped fails the run: {report.longrepr}"
    if report.failed and (found := getattr(item, "funcargs", {}).get("cluster")):
        keep_diagnostics(found, BUILD / "diagnostics" / item.name)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured, and write it."""
    if FIGURES.all:
        FIGURES.write(BUILD)
        terminalreporter.write_sep("=", "figures")
        terminalreporter.write_line(FIGURES.table())
