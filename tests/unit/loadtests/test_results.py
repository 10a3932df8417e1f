"""Results are handed over whole, or the run does not count."""

from pathlib import Path

import pytest

from loadtests.errors import LoadNotMade
from loadtests.results import RESULTS_NAME, Failure, RequestResult, Results, read_results, write_results

RESULT = RequestResult("battle", 10, 1, 5.5, {3: 9, 40: 1})


def test_results_come_back_as_they_were_written(tmp_path: Path) -> None:
    results = Results(requests=[RESULT], failures=[Failure("battle", "the status is 503, not 200", 1)])
    write_results(tmp_path, results)
    assert read_results(tmp_path) == results
    assert RESULT.failure_ratio == 0.1


def test_no_request_counts_as_failed() -> None:
    assert RequestResult("battle", 0, 0, 0.0).failure_ratio == 1.0


def test_percentiles_are_the_times_that_so_many_did_not_exceed() -> None:
    result = RequestResult("battle", 200, 0, 1.0, {120: 3, 5: 190, 60: 7})
    assert (result.p95_milliseconds, result.p99_milliseconds) == (5, 120)
    assert [result.slower_than(milliseconds) for milliseconds in (4, 5, 60, 120)] == [200, 10, 3, 0]
    assert RequestResult("battle", 0, 0, 0.0).p95_milliseconds == float("inf")


@pytest.mark.parametrize(
    ("results", "message"),
    [
        (Results([RESULT], [], lost_workers=2), "2 of its workers went away"),
        (Results([RESULT], [], broken=["KeyError('x')"]), "KeyError"),
    ],
)
def test_a_run_that_went_wrong_itself_does_not_count(tmp_path: Path, results: Results, message: str) -> None:
    write_results(tmp_path, results)
    with pytest.raises(LoadNotMade, match=message):
        read_results(tmp_path)


@pytest.mark.parametrize("content", [None, b"", b'{"requests": [', b'{"requests": [{}], "failures": []}'])
def test_results_that_are_not_whole_do_not_count(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / RESULTS_NAME).write_bytes(content)
    with pytest.raises(LoadNotMade, match="no whole results"):
        read_results(tmp_path)
