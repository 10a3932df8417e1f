"""Whether a prompt set still says what it said when it was signed."""

import msgspec
import pytest

from bentos.analyst.prompts import PromptSet
from bentos.analyst.selftest import SELFTEST_NAME, SelfTest, make_self_test, run_self_test
from bentos.core.errors import SelfTestFailed
from tests.support.tiny_analyst import tiny_examples, tiny_files, tiny_prompts

STORED = tiny_files()[SELFTEST_NAME]


def test_stored_cases_hold_questions_and_verdicts() -> None:
    passing, failing = msgspec.json.decode(STORED, type=SelfTest).cases
    assert "Bitcoin!" in passing.prompt.user
    assert passing.second_prompt.user.startswith(passing.prompt.user)
    assert passing.failed_checks == ()
    assert "advice" in failing.failed_checks


def test_same_code_and_prompts_pass() -> None:
    run_self_test(STORED, tiny_prompts())
    assert make_self_test(tiny_prompts(), tiny_examples()) == STORED


@pytest.mark.parametrize("name", ["system.fr.txt", "user.en.txt", "grammar.en.gbnf"])
def test_other_prompts_fail(name: str) -> None:
    changed = PromptSet({**tiny_files(), name: tiny_files()[name] + b" More."})
    with pytest.raises(SelfTestFailed, match=r"answers differ by 0\.5, allowed are 0"):
        run_self_test(STORED, changed)


def test_other_verdict_about_a_text_fails() -> None:
    stored = msgspec.json.decode(STORED, type=SelfTest)
    cases = tuple(msgspec.structs.replace(case, failed_checks=("leak",)) for case in stored.cases)
    with pytest.raises(SelfTestFailed, match="answers differ by 1, allowed are 0"):
        run_self_test(msgspec.json.encode(SelfTest(cases)), tiny_prompts())


def test_nothing_stored_fails() -> None:
    with pytest.raises(SelfTestFailed):
        run_self_test(msgspec.json.encode(SelfTest(())), tiny_prompts())
