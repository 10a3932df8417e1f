"""What tests of charts get: a Helm that works, or an error that says how to get one."""

import pytest

from tests.support.helm_binary import find_helm


@pytest.fixture(autouse=True, scope="session")
def _helm() -> None:
    """Find or fetch Helm before the first test, so that a missing one is one clear error."""
    find_helm()
