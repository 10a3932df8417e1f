"""The peers' environments hold exactly what is listed."""

import re

import pytest

from loadtests.benchmarks.environments import LISTS, Environment

NAMES = sorted(path.stem for path in LISTS.glob("*.in"))


@pytest.mark.parametrize("name", NAMES)
def test_every_package_of_a_peer_is_pinned(name: str) -> None:
    lines = (LISTS / f"{name}.txt").read_text().splitlines()
    assert lines
    assert [line for line in lines if not re.match(r"^[\w.-]+==[\w.!+]+( ; .+)?$", line)] == []


@pytest.mark.parametrize("name", NAMES)
def test_list_holds_what_was_asked_for(name: str) -> None:
    def names(text: str) -> set[str]:
        return {re.split(r"[\[=<> ;]", line)[0] for line in text.splitlines()}

    asked = names((LISTS / f"{name}.in").read_text())
    assert asked <= names((LISTS / f"{name}.txt").read_text())


def test_all_peers_have_the_same_xgboost() -> None:
    lists = [(LISTS / f"{name}.txt").read_text().splitlines() for name in NAMES if name != "noop"]
    found = {line for lines in lists for line in lines if line.startswith("xgboost")}
    assert found == {"xgboost-cpu==3.2.0"}


def test_environment_lies_outside_of_the_checkout_and_follows_its_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    first = Environment("noop").path.split(":")[0]
    assert first.startswith("/somewhere/ekiben/bench/environments/noop-")
    assert first != Environment("fastapi").path.split(":")[0]
