"""Answers are compared with the Booster's before anything is measured."""

from dataclasses import replace

import pytest

from loadtests.benchmarks.errors import ServerUnusable
from loadtests.benchmarks.forms import Contender, Sample, check_answers, require_agreement
from loadtests.benchmarks.servers import Server


def test_server_agrees_with_the_booster_in_every_form(server: Server, contender: Contender) -> None:
    assert [form.name for form in contender.batches] == ["JSON", "binary"]
    for form in (contender.single, *contender.batches):
        check_answers(server, form, rows=1, count=3)
    for form in contender.batches:
        check_answers(server, form, rows=100, count=1)


def test_answers_of_another_model_are_refused(server: Server, contender: Contender) -> None:
    def draw(rows: int, seed: int) -> Sample:
        sample = contender.single.draw(rows, seed)
        return replace(sample, expected=lambda: [one + 2e-5 for one in sample.expected()])

    with pytest.raises(ServerUnusable, match="2e-05 away"):
        check_answers(server, replace(contender.single, draw=draw), rows=1, count=1)


def test_refusal_is_no_answer(server: Server, contender: Contender) -> None:
    form = replace(contender.single, path="/v2/models/other/infer")
    with pytest.raises(ServerUnusable, match="404"):
        check_answers(server, form, rows=1, count=1)


def test_fewer_answers_than_rows_are_refused() -> None:
    require_agreement("x", [0.5, 0.5], [0.5, 0.500_009])
    with pytest.raises(ServerUnusable, match="1 answers to 2 rows"):
        require_agreement("x", [0.5], [0.5, 0.5])


def test_nonsense_is_no_agreement() -> None:
    with pytest.raises(ServerUnusable, match="nan away"):
        require_agreement("x", [float("nan")], [0.5])


def test_bodies_differ_from_each_other(contender: Contender) -> None:
    bodies = contender.single.bodies(50, rows=1)
    assert len(set(bodies.contents)) == 50
    binary = contender.batches[1].bodies(2, rows=10)
    assert binary.rows == 10
    assert binary.contents[0][: binary.json_bytes].endswith(b"}")
