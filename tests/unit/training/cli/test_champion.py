"""A model that may be served: trained if anything is new, promoted if gate and policy allow."""

from pathlib import Path

import pytest

from bentos.core.errors import PackageNotFound
from tests.support.homes import make_bench, make_settings
from tests.support.tiny_pipeline import TinyPipeline, install
from training.cli.champion import ensure_champion, main
from training.cli.steps import Step
from training.core.errors import NoChampion, NotGated
from training.core.pins import pin_path, read_pin
from training.core.pipeline import GatePolicy
from training.core.promotion import promote

GOOD, POOR = TinyPipeline(trees=40), TinyPipeline(trees=4)
REFUSED = TinyPipeline(gate=GatePolicy(minimum_scores={"accuracy": 1.0}))


def _ensure(home: Path, policy: str = "auto") -> tuple[str, str]:
    """Return the version that is pinned afterwards, and what the step says was done."""
    step = Step("", lambda sentence: None)
    rollout = ensure_champion(make_settings(home, promotion=policy), "tiny", step)
    return rollout.version, step.done


def test_first_run_trains_and_promotes_and_the_second_finds_nothing_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, GOOD)
    assert _ensure(tmp_path) == ("1", "tiny: trained version 1, gate passed; version 1 is champion")
    assert _ensure(tmp_path) == ("1", "tiny: nothing new; version 1 is champion")
    pin_path(tmp_path, "tiny").unlink()
    assert _ensure(tmp_path)[0] == "1"


def test_new_version_that_is_worse_leaves_the_champion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, GOOD)
    _ensure(tmp_path)
    install(monkeypatch, POOR)
    assert _ensure(tmp_path) == ("1", "tiny: trained version 2, gate refused; version 1 is champion")


def test_without_a_champion_the_manual_policy_serves_nothing_until_somebody_promotes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, GOOD)
    with pytest.raises(NoChampion):
        _ensure(tmp_path, "manual")
    assert _ensure(tmp_path, "auto") == ("1", "tiny: nothing new; version 1 is champion")


def test_first_version_that_its_gate_refuses_is_not_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, REFUSED)
    with pytest.raises(NotGated, match="minimum_accuracy"):
        _ensure(tmp_path)


def test_version_that_waited_under_the_manual_policy_is_promoted_under_the_automatic_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, POOR)
    _ensure(tmp_path)
    install(monkeypatch, GOOD)
    waits = "version 2 waits for `ekiben promote tiny`; version 1 is champion"
    assert _ensure(tmp_path, "manual") == ("1", f"tiny: trained version 2, gate passed; {waits}")
    assert _ensure(tmp_path, "manual") == ("1", f"tiny: nothing new; {waits}")
    promoted = "version 2, which had passed its gate before, is promoted; version 2 is champion"
    assert _ensure(tmp_path, "auto") == ("2", f"tiny: nothing new; {promoted}")


def test_pin_of_a_home_that_was_moved_says_what_writes_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, GOOD)
    _ensure(tmp_path / "old")
    home = (tmp_path / "old").rename(tmp_path / "new")
    with pytest.raises(PackageNotFound, match="`ekiben promote tiny --version 1` writes the pin again"):
        _ensure(home)
    promote(make_bench(home), GOOD, "1")
    assert _ensure(home) == ("1", "tiny: nothing new; version 1 is champion")


@pytest.mark.parametrize(("policy", "exit_code"), [("auto", 0), ("manual", NoChampion.exit_code)])
def test_process_of_its_own_says_on_stderr_what_came_of_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    policy: str,
    exit_code: int,
) -> None:
    install(monkeypatch, GOOD)
    make_settings(tmp_path)
    monkeypatch.setenv("EKIBEN_HOME", str(tmp_path))
    monkeypatch.setenv("EKIBEN_PROMOTION", policy)
    assert main("tiny") == exit_code
    assert (read_pin(tmp_path, "tiny") is not None) is (exit_code == 0)
    said = capsys.readouterr()
    assert said.out == ""
    assert ("version 1 is champion" if exit_code == 0 else "ekiben: tiny has no champion yet") in said.err
