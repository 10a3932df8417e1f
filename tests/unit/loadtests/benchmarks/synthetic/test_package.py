"""The synthetic package is trusted only as it was signed."""

from pathlib import Path

import pytest

from bentos.core.errors import FileAltered
from bentos.core.package import Pin, load_package, read_public_key
from loadtests.benchmarks.synthetic.model import TrainedModel
from loadtests.benchmarks.synthetic.package import write_package


def _pin(settings: dict[str, str]) -> Pin:
    return Pin(
        uri=settings["EKIBEN_MODEL_URI"],
        version=settings["EKIBEN_MODEL_VERSION"],
        digest=settings["EKIBEN_MODEL_DIGEST"],
    )


def test_written_package_verifies(small_model: TrainedModel, tmp_path: Path) -> None:
    settings = write_package(small_model, tmp_path)
    package = load_package(_pin(settings), read_public_key(Path(settings["EKIBEN_MODEL_PUBLIC_KEY"])))
    assert package.files["model.ubj"] == small_model.ubj


def test_altered_package_is_refused(small_model: TrainedModel, tmp_path: Path) -> None:
    settings = write_package(small_model, tmp_path)
    (tmp_path / "package" / "model.onnx").write_bytes(b"something else")
    with pytest.raises(FileAltered):
        load_package(_pin(settings), read_public_key(Path(settings["EKIBEN_MODEL_PUBLIC_KEY"])))


def test_package_is_written_again_over_an_old_one(small_model: TrainedModel, tmp_path: Path) -> None:
    write_package(small_model, tmp_path)
    test_written_package_verifies(small_model, tmp_path)
