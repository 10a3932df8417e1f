"""A home as the place where pins are in force."""

from pathlib import Path

import pytest

from training.core.errors import RegistryBusy
from training.core.pins import Rollout, pin_path, read_pin
from training.core.target import HomeTarget

ROLLOUT = Rollout(uri="/packages/x", version="3", digest="sha256:0", public_key="/key")


def test_pin_in_force_is_followed_and_needed(tmp_path: Path) -> None:
    target = HomeTarget(tmp_path)
    assert target.following("tiny") == target.needed("tiny") == frozenset()
    target.pin("tiny", ROLLOUT)
    assert read_pin(tmp_path, "tiny") == ROLLOUT
    assert pin_path(tmp_path, "tiny").exists()
    assert target.following("tiny") == target.needed("tiny") == {"3"}


def test_locks_of_one_purpose_exclude_each_other(tmp_path: Path) -> None:
    target = HomeTarget(tmp_path)
    with target.lock("tiny", "aliases", 0) as still_held, target.lock("tiny", "training", 0):
        still_held()
        with pytest.raises(RegistryBusy), target.lock("tiny", "aliases", 0):
            pass
