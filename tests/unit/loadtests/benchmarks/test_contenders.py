"""Each server is asked for the same rows, in its own way."""

import json
from typing import Any

import pytest

from loadtests.benchmarks.contenders import Contenders, launch_ekiben
from loadtests.benchmarks.environments import Environment
from loadtests.benchmarks.forms import Contender, Form
from loadtests.benchmarks.measures import Site
from loadtests.benchmarks.servers import Answer
from loadtests.benchmarks.synthetic.model import TrainedModel, draw_rows


@pytest.fixture
def contenders(small_model: TrainedModel, site: Site, monkeypatch: pytest.MonkeyPatch) -> Contenders:
    monkeypatch.setattr(Environment, "_make", lambda _self: None)
    monkeypatch.setattr(Environment, "run", lambda _self, *_command: None)
    return Contenders(small_model, site.folder / "peers")


def _asked(form: Form, rows: int = 2) -> Any:
    return json.loads(form.draw(rows, 3).content)


def test_tutorial_is_asked_by_name(contenders: Contenders) -> None:
    asked = _asked(contenders.fastapi().single, rows=1)
    assert list(asked) == [f"f{place}" for place in range(20)]
    assert list(asked.values()) == pytest.approx(draw_rows(1, 3)[0].tolist())


@pytest.mark.parametrize(("peer", "name"), [("bentoml", "features"), ("mlflow", "inputs")])
def test_rows_are_lists_of_lists(contenders: Contenders, peer: str, name: str) -> None:
    made: Contender = getattr(contenders, peer)()
    assert [len(row) for row in _asked(made.single)[name]] == [20, 20]


@pytest.mark.parametrize("peer", ["mlserver", "kserve"])
def test_peers_with_the_protocol_are_asked_in_tensors(contenders: Contenders, peer: str) -> None:
    made: Contender = getattr(contenders, peer)()
    (asked,) = _asked(made.batches[0])["inputs"]
    assert (asked["shape"], asked["datatype"], len(asked["data"])) == ([2, 20], "FP32", 40)


@pytest.mark.parametrize(
    ("peer", "answer"),
    [
        ("fastapi", {"probability": 0.25}),
        ("bentoml", [0.25]),
        ("mlserver", {"outputs": [{"name": "predict", "data": [0.25]}]}),
        ("kserve", {"outputs": [{"name": "probability", "data": [0.25]}]}),
        ("mlflow", {"predictions": [0.25]}),
    ],
)
def test_probabilities_are_found_in_each_answer(contenders: Contenders, peer: str, answer: Any) -> None:
    made: Contender = getattr(contenders, peer)()
    assert made.single.read is not None
    assert made.single.read(Answer(200, json.dumps(answer).encode(), 0)) == [0.25]


def test_what_must_come_back_is_what_the_booster_says(
    contenders: Contenders, small_model: TrainedModel
) -> None:
    expected = contenders.kserve().single.draw(4, 9).expected()
    assert expected == small_model.score(draw_rows(4, 9)).tolist()


def test_ceiling_is_not_asked_for_probabilities(contenders: Contenders) -> None:
    assert contenders.no_op().single.read is None


def test_ekiben_asks_for_a_key_and_each_run_has_its_own() -> None:
    first, second = (launch_ekiben("Ekiben", "battle", {}) for _ in range(2))
    assert first.environment["EKIBEN_AUTH_MODE"] == "on"
    assert first.key not in str(first.environment)
    assert first.key != second.key
