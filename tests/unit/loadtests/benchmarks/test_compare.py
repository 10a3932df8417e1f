"""Which servers are compared, and what becomes of those that can't be."""

import pytest

from loadtests.benchmarks import compare
from loadtests.benchmarks.battle import BATTLE
from loadtests.benchmarks.compare import NO_BATTLE, Comparer
from loadtests.benchmarks.comparison_page import comparison_page
from loadtests.benchmarks.contenders import Contenders
from loadtests.benchmarks.errors import ServerUnusable
from loadtests.benchmarks.measures import Site
from loadtests.benchmarks.plan import Plan
from loadtests.benchmarks.synthetic.model import TrainedModel

PLAN = Plan(rounds=2, sizes=(1, 10), singles=2)


@pytest.fixture(autouse=True)
def _small(small_model: TrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "train_model", lambda: small_model)


def test_name_of_no_server_is_refused(site: Site) -> None:
    with pytest.raises(ServerUnusable, match="no server has this in its name"):
        Comparer(PLAN, site, "caddy", lambda _text: None).run()


def test_battle_without_a_champion_is_told_of(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "find_pin", lambda: None)
    found = Comparer(PLAN, site, "Battle", lambda _text: None).run()
    assert found.failures == {BATTLE: NO_BATTLE}
    assert f"{BATTLE} could not be measured: {NO_BATTLE}" in comparison_page(found)


def test_server_that_fails_is_left_out_and_told_of(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def fail(*_arguments: object) -> None:
        raise ServerUnusable("Ekiben, synthetic", "it ended with 6\nand said much more")

    monkeypatch.setattr(compare, "measure_round", fail)
    monkeypatch.setattr(compare, "bare_rows_per_second", lambda *_arguments: {1: 5.0, 10: 50.0})
    found = Comparer(PLAN, site, "synthetic", told.append).run()
    assert found.rounds == {}
    assert found.failures == {
        "Ekiben, synthetic": "Ekiben, synthetic can't be measured: it ended with 6",
    }
    assert len([line for line in told if line.startswith("round")]) == 1
    assert "### Targets" in comparison_page(found)


def test_peer_that_can_not_be_installed_is_told_of(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Contenders) -> None:
        raise OSError("no network")

    fail.__name__ = "kserve"
    monkeypatch.setattr(Contenders, "kserve", fail)
    found = Comparer(PLAN, site, "kserve", lambda _text: None).run()
    assert found.failures == {"kserve": "no network"}
