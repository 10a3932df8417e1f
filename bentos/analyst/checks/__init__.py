"""What a text must pass before anyone sees it, whoever wrote it and however it was constrained."""

from bentos.analyst.checks.results import CheckName, CheckResult, Opening, complaint_about, have_passed
from bentos.analyst.checks.run import CHECK_NAMES, check_opening, check_text

__all__ = [
    "CHECK_NAMES",
    "CheckName",
    "CheckResult",
    "Opening",
    "check_opening",
    "check_text",
    "complaint_about",
    "have_passed",
]
