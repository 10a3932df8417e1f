"""Results survive the way into a file and back."""

import msgspec
import pytest

from k8s.scale import results
from tests.support.scale_results import RESULTS


def test_results_are_read_as_they_were_written() -> None:
    assert results.decode(results.encode(RESULTS)) == RESULTS


def test_file_of_another_kind_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="commit"):
        results.decode(b"{}")
