"""Only a model's own first try counts as a pass, and what callers see is checked once more."""

import asyncio

import pytest

from bentos.analyst.providers.base import Completion, Prompt
from bentos.analyst.providers.chain import NoAnswer
from tests.support.judged_prompts import SAMPLE_WINDOWS, current_prompts, true_answers
from training.analyst.data import first_windows
from training.analyst.evaluation import Ask, Report, evaluate, first_failures, summarise
from training.core.passes import pass_shares


def judge(ask: Ask, at_once: int = 2) -> Report:
    said: list[str] = []
    return asyncio.run(evaluate(ask, current_prompts(), first_windows(SAMPLE_WINDOWS), at_once, said.append))


def _completion(text: str) -> Completion:
    return Completion(text=text, model="small", prompt_tokens=300, completion_tokens=50)


async def tell_the_truth(prompt: Prompt) -> Completion:
    return _completion(true_answers()[prompt.user])


async def give_advice(prompt: Prompt) -> Completion:
    return _completion("Buy now. The price will double.")


async def be_away(prompt: Prompt) -> Completion:
    raise NoAnswer(["openai: connection: refused"])


class LearnsFromComplaints:
    """Says something wrong first, and the truth when it is told so."""

    async def __call__(self, prompt: Prompt) -> Completion:
        known = [text for question, text in true_answers().items() if prompt.user.startswith(question)]
        return _completion(known[0]) if prompt.user not in true_answers() else await give_advice(prompt)


def test_true_texts_pass_in_every_language_and_kind() -> None:
    report = judge(tell_the_truth)
    figures = summarise(report)
    assert len(report.asked) == 2 * SAMPLE_WINDOWS
    assert figures["first_try"] == figures["first_try_en"] == figures["first_try_fr"] == 1.0
    assert figures["shown_from_model"] == figures["grounded_after_checks"] == 1.0
    assert report.model == "small"
    assert pass_shares(report.passes()) == {"pass_share": 1.0, "pass_share_en": 1.0, "pass_share_fr": 1.0}
    assert first_failures(report) == []


def test_model_whose_texts_always_fall_back_passes_nothing() -> None:
    report = judge(give_advice)
    figures = summarise(report)
    assert not report.passes().passed.any()
    assert figures["shown_fallback"] == 1.0
    assert figures["failed_first_advice"] >= 0.5
    assert figures["grounded_after_checks"] == 1.0
    assert "falling-01 in en: " in first_failures(report, most=1)[0]
    assert all(one.text != one.tries[0].text for one in report.asked)


def test_model_that_is_away_passes_nothing_and_the_reason_is_kept() -> None:
    report = judge(be_away)
    assert not report.passes().passed.any()
    assert summarise(report)["no_answer"] == 1.0
    assert report.model == "none"
    assert report.asked[0].problem == "NoAnswer: openai: connection: refused"


def test_second_try_is_shown_but_is_no_pass() -> None:
    report = judge(LearnsFromComplaints())
    figures = summarise(report)
    assert figures["first_try"] == 0.0
    assert figures["shown_from_model"] == 1.0
    assert all(len(one.tries) == 2 for one in report.asked)


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_more_questions_are_asked_at_once_than_allowed(at_once: int) -> None:
    under_way, most = 0, 0

    async def ask(prompt: Prompt) -> Completion:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return await tell_the_truth(prompt)

    judge(ask, at_once)
    assert most == at_once


def test_items_are_windows_in_every_language_in_a_fixed_order() -> None:
    one, other = judge(tell_the_truth, 1).passes(), judge(give_advice, 3).passes()
    assert one.unit.tolist() == other.unit.tolist()
    assert one.group.tolist() == ["en"] * SAMPLE_WINDOWS + ["fr"] * SAMPLE_WINDOWS
