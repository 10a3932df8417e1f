"""The pin file: what is written is what is served, and nothing unreadable is taken for a pin."""

from pathlib import Path

import msgspec
import pytest

from bentos.core.errors import SettingsError
from bentos.core.package import Pin
from bentos.core.settings import ModelSettings
from training.core.pins import Rollout, pin_path, read_pin, write_pin

ROLLOUT = Rollout(
    uri="s3://models/battle/ab", version="3", digest="sha256:" + "ab" * 32, public_key="/keys/trainer.pub.pem"
)


def test_pin_is_read_back_as_written(tmp_path: Path) -> None:
    write_pin(tmp_path, "battle", ROLLOUT)
    assert read_pin(tmp_path, "battle") == ROLLOUT
    assert read_pin(tmp_path, "sentiment") is None


def test_file_is_the_pin_that_serving_understands(tmp_path: Path) -> None:
    write_pin(tmp_path, "battle", ROLLOUT)
    pin = msgspec.json.decode(pin_path(tmp_path, "battle").read_bytes(), type=Pin)
    assert pin == ROLLOUT.pin == Pin(uri="s3://models/battle/ab", version="3", digest="sha256:" + "ab" * 32)


def test_environment_is_what_the_serving_process_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ROLLOUT.environment().items():
        monkeypatch.setenv(name, value)
    settings = ModelSettings()
    assert settings.source == "registry"
    assert (settings.uri, settings.version, settings.digest) == (ROLLOUT.uri, "3", "sha256:" + "ab" * 32)
    assert settings.public_key == Path("/keys/trainer.pub.pem")


@pytest.mark.parametrize("content", [b"", b"{}", b'{"uri": 1}', b"\xff"])
def test_unreadable_pin_is_named(tmp_path: Path, content: bytes) -> None:
    path = pin_path(tmp_path, "battle")
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"battle\.json"):
        read_pin(tmp_path, "battle")
