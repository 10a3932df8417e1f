"""The real battle service over HTTP: our process and BentoML's server say the same to whatever they are
asked."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.battle_package import VERSION, make_battle_package
from tests.support.battle_questions import BATTLE, BATTLES, EXPLAIN, MIRROR, PAIR, PROBLEMS, ROWS, SUCCESSES
from tests.support.schemathesis_run import assert_all_was_judged, run_schemathesis
from tests.support.serving import Answered, ServerProcess, bentoml_serving, serving
from training.core.pins import Rollout

KEY = "a key of battle's tests"


@pytest.fixture(scope="module")
def pin(tmp_path_factory: pytest.TempPathFactory) -> Rollout:
    return make_battle_package(tmp_path_factory.mktemp("battle"))


@pytest.fixture(scope="module")
def ours(pin: Rollout) -> Iterator[ServerProcess]:
    with serving(pin.environment(), "battle") as process:
        yield process


@pytest.fixture(scope="module")
def theirs(pin: Rollout, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    home = tmp_path_factory.mktemp("bentoml")
    with bentoml_serving("bentos.battle.service:Battle", "battle", pin.environment(), home) as process:
        yield process


def assert_alike(one: Answered, other: Answered) -> None:
    assert (one.status, one.json) == (other.status, other.json)
    assert set(one.headers) == set(other.headers) - {"x-bentoml-request-id"}
    for name in ("content-type", "allow"):
        assert one.headers.get(name) == other.headers.get(name)


@pytest.mark.parametrize("name", SUCCESSES)
def test_both_servers_give_the_same_answer(name: str, ours: ServerProcess, theirs: ServerProcess) -> None:
    one, other = ours.ask(*SUCCESSES[name]), theirs.ask(*SUCCESSES[name])
    assert (one.status, one.headers["content-type"]) == (200, "application/json")
    assert_alike(one, other)


@pytest.mark.parametrize("name", PROBLEMS)
def test_both_servers_give_the_same_problem(name: str, ours: ServerProcess, theirs: ServerProcess) -> None:
    asked = PROBLEMS[name]
    question = (asked.method, asked.path, asked.document, asked.headers)
    one, other = ours.ask(*question), theirs.ask(*question)
    assert (one.status, one.json["type"]) == (asked.status, f"urn:ekiben:problem:{asked.slug}")
    assert one.headers["content-type"] == "application/problem+json"
    assert (one.json["status"], one.json["instance"]) == (asked.status, asked.path.partition("?")[0])
    assert tuple(error["field"] for error in one.json.get("errors", [])) == asked.fields
    assert_alike(one, other)


@pytest.mark.parametrize(
    ("method", "path", "allowed"), [("GET", BATTLE, "POST"), ("POST", "/api/v1/pokemon", "GET")]
)
def test_wrong_method_is_told_the_right_ones(
    ours: ServerProcess, theirs: ServerProcess, method: str, path: str, allowed: str
) -> None:
    for process in (ours, theirs):
        assert allowed in process.ask(method, path).headers["allow"].split(", ")


@pytest.mark.parametrize("server", ["ours", "theirs"])
def test_body_without_content_type_is_refused(server: str, request: pytest.FixtureRequest) -> None:
    process: ServerProcess = request.getfixturevalue(server)
    connection = process.connect()
    connection.request("POST", BATTLE, body=json.dumps(PAIR).encode())
    reply = Answered(connection.getresponse())
    connection.close()
    assert (reply.status, reply.json["type"]) == (415, "urn:ekiben:problem:unsupported-media-type")


@pytest.mark.parametrize("server", ["ours", "theirs"])
def test_both_orders_add_up_to_exactly_one(server: str, request: pytest.FixtureRequest) -> None:
    process: ServerProcess = request.getfixturevalue(server)
    for row in (PAIR, *ROWS[:20]):
        swapped = {"pokemon_1_id": row["pokemon_2_id"], "pokemon_2_id": row["pokemon_1_id"]}
        one, two = (process.ask("POST", BATTLE, battle).json for battle in (row, swapped))
        assert one["pokemon_1_win_probability"] + two["pokemon_1_win_probability"] == 1.0
        assert one["pokemon_1_win_probability"] == two["pokemon_2_win_probability"]
        assert one["winner_name"] == two["winner_name"]
        assert {one["winner"], two["winner"]} == {1, 2}


def test_both_orders_of_a_batch_add_up_to_exactly_one(ours: ServerProcess) -> None:
    swapped = [{"pokemon_1_id": row["pokemon_2_id"], "pokemon_2_id": row["pokemon_1_id"]} for row in ROWS]
    there, back = (
        ours.ask("POST", BATTLES, {"battles": rows}).json["predictions"] for rows in (ROWS, swapped)
    )
    sums = [
        one["pokemon_1_win_probability"] + two["pokemon_1_win_probability"]
        for one, two in zip(there, back, strict=True)
    ]
    assert sums == [1.0] * len(ROWS)


@pytest.mark.parametrize("moves", [None, ["thunder"], ["dig", "thunder"]])
def test_mirror_is_even_and_the_first_wins(ours: ServerProcess, moves: list[str] | None) -> None:
    turned = moves and moves[::-1]
    answer = ours.ask("POST", BATTLE, {**MIRROR, "pokemon_1_moves": moves, "pokemon_2_moves": turned}).json
    assert answer == {
        "winner": 1,
        "winner_name": "Pikachu",
        "confidence": 0.5,
        "pokemon_1_win_probability": 0.5,
        "pokemon_2_win_probability": 0.5,
        "model_version": VERSION,
    }


def samples(process: ServerProcess) -> dict[tuple[str, str], float]:
    """Return outcomes and confidences counted so far, by the sample's name and its only label."""
    text = process.ask("GET", "/metrics").content.decode()
    return {
        (sample.name, "".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        if family.name.startswith("ekiben_prediction")
        for sample in family.samples
    }


@pytest.mark.parametrize("server", ["ours", "theirs"])
def test_metrics_count_every_prediction_and_how_sure_it_was(
    server: str, request: pytest.FixtureRequest
) -> None:
    process: ServerProcess = request.getfixturevalue(server)
    before = samples(process)
    batch = process.ask("POST", BATTLES, {"battles": [*ROWS, MIRROR]}).json["predictions"]
    single = process.ask("POST", BATTLE, PAIR).json
    explained = process.ask("POST", EXPLAIN, PAIR).json["prediction"]
    assert process.ask("POST", BATTLE, {**PAIR, "pokemon_1_id": 9999}).status == 422
    answers = [*batch, single, explained]
    grown = {key: value - before.get(key, 0.0) for key, value in samples(process).items()}
    for winner in (1, 2):
        expected = sum(answer["winner"] == winner for answer in answers)
        assert expected > 0
        assert grown["ekiben_predictions_total", f"pokemon_{winner}"] == expected
    for edge in ("0.5", "0.6", "0.9", "0.99"):
        expected = sum(answer["confidence"] <= float(edge) for answer in answers)
        assert expected > 0
        assert grown["ekiben_prediction_confidence_bucket", edge] == expected
    assert grown["ekiben_prediction_confidence_count", ""] == len(answers)


def test_metrics_name_the_pinned_model(ours: ServerProcess, theirs: ServerProcess, pin: Rollout) -> None:
    for process in (ours, theirs):
        text = process.ask("GET", "/metrics").content.decode()
        (line,) = [line for line in text.splitlines() if line.startswith("ekiben_model_info{")]
        assert line.endswith("} 1.0")
        assert 'model="battle"' in line
        assert f'version="{VERSION}"' in line
        assert f'digest="{pin.digest}"' in line


def test_service_is_as_its_document_says_for_whoever_has_a_key(pin: Rollout, tmp_path: Path) -> None:
    digest = {"EKIBEN_AUTH_KEY_DIGESTS": hashlib.sha256(KEY.encode()).hexdigest()}
    with serving({**pin.environment(), **digest}, "battle") as guarded:
        report = run_schemathesis(guarded, "battle", KEY, tmp_path, examples=10)
        assert_all_was_judged(report, guarded)
        assert not [event for event in guarded.events if event["level"] == "error"]
