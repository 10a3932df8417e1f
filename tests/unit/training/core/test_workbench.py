"""The workbench: verifying with the public key alone, and locks that belong to one model."""

from pathlib import Path

import pytest

from bentos.core.errors import SettingsError
from tests.support.homes import add_version, make_bench
from tests.support.tiny_pipeline import TinyPipeline
from training.core.errors import RegistryBusy


def test_public_key_is_enough_to_verify(tmp_path: Path) -> None:
    bench = make_bench(tmp_path)
    version = add_version(bench, TinyPipeline())
    bench.settings.private_key.unlink()
    assert bench.load(version).manifest.model == "tiny"
    bench.settings.public_key.unlink()
    with pytest.raises(SettingsError, match="No public key"):
        bench.load(version)


def test_locks_of_two_models_do_not_meet(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, lock_timeout_seconds=0)
    with bench.moving_aliases("battle"), bench.moving_aliases("tiny"), bench.training("tiny"):
        with pytest.raises(RegistryBusy), bench.moving_aliases("tiny"):
            pass
        with pytest.raises(RegistryBusy), bench.training("tiny"):
            pass


def test_commit_named_in_the_settings_is_believed(tmp_path: Path) -> None:
    assert str(make_bench(tmp_path, git_commit="0123abcd").git()) == "0123abcd"
