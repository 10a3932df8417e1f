"""What answers are made of."""

import math

from prometheus_client import CollectorRegistry

from bentos.analyst.answers import Answers
from bentos.analyst.checks import check_text, have_passed
from bentos.analyst.facts import compute_facts
from bentos.analyst.measures import Measures
from bentos.analyst.storage.analyses import AnalysisKey
from bentos.analyst.writer import Assignment, Written
from tests.support.tiny_analyst import PROMPT_VERSION, tiny_candles, tiny_prompts

FACTS = compute_facts(tiny_candles(count=24))


def test_written_text_is_told_with_its_facts_and_its_writer() -> None:
    answers = Answers(tiny_prompts(), Measures(CollectorRegistry()))
    checks = check_text("It rose.", FACTS, "en", tiny_prompts())
    answer = answers.written(FACTS, "en", Written(text="It rose.", source="llm", model="m", checks=checks))
    assert (answer.analysis, answer.source, answer.model, answer.checks) == ("It rose.", "llm", "m", checks)
    assert (answer.symbol, answer.window, answer.as_of) == ("BTC", 24, FACTS.as_of)
    assert (answer.trend, answer.change_percent) == (FACTS.trend, FACTS.change_percent)
    assert (answer.volatility, answer.volatility_percent) == (FACTS.volatility, FACTS.volatility_percent)
    assert (answer.historical, answer.prompt_version, answer.language) == (False, PROMPT_VERSION, "en")


def test_deterministic_text_passes_its_checks_and_names_no_model() -> None:
    answer = Answers(tiny_prompts(), Measures(CollectorRegistry())).fallback(FACTS, "fr")
    assert (answer.source, answer.model, answer.language) == ("fallback", "", "fr")
    assert have_passed(answer.checks)


def test_held_answer_counts_as_what_it_is() -> None:
    measures = Measures(CollectorRegistry())
    answers = Answers(tiny_prompts(), measures)
    answers.hold(answers.fallback(FACTS, "fr"), math.inf).count.inc()
    labels = {"source": "fallback", "prompt_version": PROMPT_VERSION, "language": "fr"}
    assert measures.registry.get_sample_value("ekiben_analyst_answers_total", labels) == 1


def test_opening_is_checked_against_the_facts() -> None:
    answers = Answers(tiny_prompts(), Measures(CollectorRegistry()))
    key = AnalysisKey(symbol="BTC", window=24, facts_hash="", prompt_version="", language="en")
    assignment = Assignment(key=key, facts=FACTS, headlines=(), language="en")
    true = answers.fallback(FACTS, "en").analysis
    assert answers.check_opening(assignment, true + " And").passed
    assert not answers.check_opening(assignment, "It fell by 99%. And").passed
