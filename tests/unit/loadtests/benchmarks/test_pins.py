"""What was promoted here is found."""

from pathlib import Path

import msgspec

from loadtests.benchmarks.machine import ROOT
from loadtests.benchmarks.pins import home_folder, pin_settings, read_pin
from tests.support.battle_package import make_battle_package


def test_home_is_the_checkouts_unless_it_is_named() -> None:
    assert home_folder({}) == ROOT / ".ekiben"
    assert home_folder({"EKIBEN_HOME": "/data"}) == Path("/data")


def test_each_model_has_its_own_pin(tmp_path: Path) -> None:
    rollout = make_battle_package(tmp_path)
    (tmp_path / "pins").mkdir()
    (tmp_path / "pins" / "other.json").write_bytes(msgspec.json.encode(rollout))
    environment = {"EKIBEN_HOME": str(tmp_path)}
    assert read_pin("other", environment) == rollout.environment()
    assert read_pin("battle", environment) is None


def test_settings_are_those_of_a_registry() -> None:
    assert pin_settings(("/a", "1", "sha256:0", "/key.pem")) == {
        "EKIBEN_MODEL_SOURCE": "registry",
        "EKIBEN_MODEL_URI": "/a",
        "EKIBEN_MODEL_VERSION": "1",
        "EKIBEN_MODEL_DIGEST": "sha256:0",
        "EKIBEN_MODEL_PUBLIC_KEY": "/key.pem",
    }
