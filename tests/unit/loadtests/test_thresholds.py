"""Marks decide on either side of each boundary, and the verdict can be read."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from bentos.core.errors import SettingsError
from loadtests.results import ALL_REQUESTS, RequestResult, Results
from loadtests.settings import ShapeName
from loadtests.thresholds import DEFAULT_FILE, Marks, judge, marks_for, read_thresholds

ROUTES = {
    "/api/v1/predict/battle",
    "/api/v1/predict/battles",
    "/api/v1/pokemon",
    "/api/v1/pokemon/{id}",
    "/api/v1/pokemon/{id}/counters",
}
MARKS = Marks(p95_milliseconds=50, p99_milliseconds=100, failure_ratio=0.01, minimum_requests_per_second=20)
AT_THE_MARK = RequestResult(
    name="battle",
    requests=1000,
    failures=10,
    requests_per_second=20,
    response_times={5: 900, 50: 60, 100: 30, 101: 10},
)


def _results(*requests: RequestResult) -> Results:
    return Results(requests=list(requests), failures=[])


def test_what_just_reaches_the_marks_passes() -> None:
    verdict = judge(_results(AT_THE_MARK), {"battle": MARKS})
    assert verdict.missed == 0
    assert str(verdict).endswith("all 4 marks reached")


@dataclass(frozen=True)
class Worse:
    """One figure just beyond its mark."""

    field: str
    value: object


@pytest.mark.parametrize(
    "worse",
    [
        Worse("response_times", {5: 920, 51: 80}),
        Worse("response_times", {5: 970, 101: 30}),
        Worse("failures", 11),
        Worse("requests_per_second", 17.9),
    ],
)
def test_each_mark_is_missed_by_itself(worse: Worse) -> None:
    result = msgspec.structs.replace(AT_THE_MARK, **{worse.field: worse.value})
    verdict = judge(_results(result), {"battle": MARKS})
    assert verdict.missed == 1
    assert str(verdict).count(" MISSED") == 1
    assert str(verdict).endswith("1 of 4 pass marks missed")


def test_rare_requests_may_fall_short_by_chance_in_a_short_run() -> None:
    marks = msgspec.structs.replace(MARKS, minimum_requests_per_second=1, failure_ratio=1)
    rare = msgspec.structs.replace(AT_THE_MARK, requests=27, requests_per_second=0.9, response_times={5: 27})
    often = msgspec.structs.replace(AT_THE_MARK, requests=2700, requests_per_second=0.9)
    assert judge(_results(rare), {"battle": marks}).missed == 0
    assert judge(_results(often), {"battle": marks}).missed == 1


def test_a_few_slow_requests_of_a_short_run_are_put_down_to_chance() -> None:
    short = msgspec.structs.replace(AT_THE_MARK, requests=170, failures=0, response_times={5: 168, 440: 2})
    long = msgspec.structs.replace(
        AT_THE_MARK, requests=17_000, failures=0, response_times={5: 16_750, 440: 250}
    )
    assert short.p99_milliseconds == long.p99_milliseconds == 440
    assert judge(_results(short), {"battle": MARKS}).missed == 0
    assert judge(_results(long), {"battle": MARKS}).missed == 1


def test_a_request_that_was_never_made_misses_everything() -> None:
    assert judge(_results(AT_THE_MARK), {"battle": MARKS, "battles": MARKS}).missed == 4


def test_a_request_that_only_has_no_throughput_to_reach_has_to_be_made_all_the_same() -> None:
    lenient = Marks(1e9, 1e9, 1.0, 0.0)
    assert judge(_results(), {"battle": lenient}).missed == 3


def test_a_request_without_marks_is_missed() -> None:
    verdict = judge(
        _results(AT_THE_MARK, msgspec.structs.replace(AT_THE_MARK, name="new")), {"battle": MARKS}
    )
    assert (verdict.missed, verdict.unmarked) == (1, ("new",))
    assert "new has no pass marks" in str(verdict)


def test_only_throughput_follows_the_size_of_the_load() -> None:
    assert judge(_results(AT_THE_MARK), {"battle": MARKS}, throughput_scale=2.0).missed == 1
    fewer = msgspec.structs.replace(AT_THE_MARK, requests_per_second=10)
    assert judge(_results(fewer), {"battle": MARKS}, throughput_scale=0.5).missed == 0


def test_the_table_compares_what_was_measured_with_the_marks() -> None:
    lines = str(judge(_results(AT_THE_MARK), {"battle": MARKS})).splitlines()
    assert lines[0].split() == ["request", "p95", "ms", "p99", "ms", "failed", "requests/s"]
    assert re.split(r" {2,}", lines[1]) == [
        "ok",
        "battle",
        "50 ≤ 50",
        "100 ≤ 100",
        "1.00% ≤ 1.00%",
        "20.0 ≥ 20.0",
    ]


def test_the_projects_own_marks_cover_every_shape_and_request() -> None:
    thresholds = read_thresholds(DEFAULT_FILE)
    assert thresholds.keys() == set(get_args(ShapeName))
    for marks in thresholds.values():
        assert marks.keys() == ROUTES | {ALL_REQUESTS}
        for one in marks.values():
            assert 0 < one.p95_milliseconds <= one.p99_milliseconds
            assert one.failure_ratio == 0


@pytest.mark.parametrize(
    "text",
    [
        "steady: {battle: {p95_milliseconds: 5}}",
        "wavy: {}",
        "steady: {battle: {p95_milliseconds: 5, p99_milliseconds: 5, failure_ratio: 0, "
        "minimum_requests_per_second: 0, p999: 1}}",
        "steady: [",
        "",
    ],
)
def test_a_file_that_is_no_marks_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "marks.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"marks\.yaml"):
        read_thresholds(path)


def test_a_missing_file_and_a_missing_shape_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.yaml"):
        read_thresholds(tmp_path / "none.yaml")
    with pytest.raises(SettingsError, match="no pass marks for the shape 'soak'"):
        marks_for({"steady": {"battle": MARKS}}, "soak", tmp_path)
