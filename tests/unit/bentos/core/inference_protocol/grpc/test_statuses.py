"""Every error that a caller can meet has a code of gRPC."""

import pytest
from grpc import StatusCode

from bentos.core.errors import PROBLEMS
from bentos.core.inference_protocol.grpc.statuses import code_of


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, StatusCode.INVALID_ARGUMENT),
        (401, StatusCode.UNAUTHENTICATED),
        (404, StatusCode.NOT_FOUND),
        (413, StatusCode.RESOURCE_EXHAUSTED),
        (422, StatusCode.INVALID_ARGUMENT),
        (429, StatusCode.RESOURCE_EXHAUSTED),
        (500, StatusCode.INTERNAL),
        (503, StatusCode.UNAVAILABLE),
        (504, StatusCode.DEADLINE_EXCEEDED),
        (418, StatusCode.FAILED_PRECONDITION),
        (599, StatusCode.INTERNAL),
    ],
)
def test_status_has_its_code(status: int, code: StatusCode) -> None:
    assert code_of(status) == code


def test_no_error_counts_as_success() -> None:
    assert StatusCode.OK not in {code_of(problem.status) for problem in PROBLEMS}
