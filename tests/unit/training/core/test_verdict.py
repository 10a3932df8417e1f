"""A verdict survives being written down, and names its reasons."""

from training.core.pipeline import Check
from training.core.verdict import Verdict, decode_verdict

VERDICT = Verdict(
    passed=False,
    compared_with="3",
    checks=(
        Check(name="minimum_accuracy", passed=True, value=0.9, limit=0.8),
        Check(name="engine_parity", passed=False, value=2e-6, limit=1e-6, detail="2e-06; too much."),
    ),
    scores={"log_loss": 0.4},
    champion_scores={},
)


def test_written_verdict_is_read_back_the_same() -> None:
    assert decode_verdict(VERDICT.encode().decode()) == VERDICT


def test_version_that_was_never_judged_has_no_verdict() -> None:
    assert decode_verdict("") is None


def test_reasons_name_the_failed_checks_only() -> None:
    assert VERDICT.reasons() == "engine_parity: 2e-06; too much."
