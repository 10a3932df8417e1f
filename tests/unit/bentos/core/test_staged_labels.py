"""A bento says which model is in it, or is not built."""

from pathlib import Path

import pytest
from bentoml.exceptions import BentoMLException

from bentos.core import staged_labels
from bentos.core.staged_labels import StagedLabels
from tests.support.tiny.definition import DEFINITION


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(staged_labels, "staged_folder", lambda _definition: tmp_path)
    return tmp_path


def test_labels_are_those_of_the_staged_pin(staged: Path) -> None:
    (staged / "pin.json").write_text('{"uri": "u", "version": "7", "digest": "sha256:0"}')
    labels: dict[str, str] = {}
    labels.update(StagedLabels(DEFINITION))
    assert labels == {"model": "tiny", "model_version": "7", "model_digest": "sha256:0"}
    assert len(StagedLabels(DEFINITION)) == 3


@pytest.mark.parametrize("content", [None, "", "{}"])
def test_without_a_staged_model_the_remedy_is_told(staged: Path, content: str | None) -> None:
    if content is not None:
        (staged / "pin.json").write_text(content)
    with pytest.raises(BentoMLException, match="run `ekiben build tiny`"):
        dict(StagedLabels(DEFINITION))
