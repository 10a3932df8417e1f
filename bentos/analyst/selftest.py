"""Questions and texts that are stored with a prompt set, to prove that they still come out the same."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from bentos.analyst.checks import check_text, have_passed
from bentos.analyst.facts import Facts
from bentos.analyst.prompts import PromptSet
from bentos.analyst.providers.base import Prompt
from bentos.analyst.wording import Language
from bentos.core.errors import SelfTestFailed

SELFTEST_NAME = "selftest.json"
COMPLAINT = "the second sentence tells no number"
"""Reason for a second try in stored questions."""


class Case(Struct, frozen=True, kw_only=True):
    """Facts and headlines, the questions made of them, and a text with what its checks are to say."""

    facts: Facts
    headlines: tuple[str, ...]
    language: Language
    prompt: Prompt
    second_prompt: Prompt
    text: str
    failed_checks: tuple[str, ...]


class SelfTest(Struct, frozen=True):
    """All stored cases."""

    cases: tuple[Case, ...]


class Example(Struct, frozen=True, kw_only=True):
    """What a case is made of. The text may be a good one or one that the checks refuse."""

    facts: Facts
    headlines: tuple[str, ...]
    language: Language
    text: str


def make_self_test(prompts: PromptSet, examples: Iterable[Example]) -> bytes:
    """Return the file `selftest.json` of a package: what this code and these prompts make of the examples."""
    cases = tuple(_make_case(prompts, example) for example in examples)
    return msgspec.json.format(msgspec.json.encode(SelfTest(cases)), indent=1) + b"\n"


def run_self_test(content: bytes, prompts: PromptSet) -> None:
    """Raise SelfTestFailed unless every stored case comes out as it was stored; also if there is none."""
    stored: Sequence[Case] = msgspec.json.decode(content, type=SelfTest).cases
    different = [case for case in stored if _make_case(prompts, _example(case)) != case]
    share = len(different) / len(stored) if stored else 1.0
    if share > 0:
        raise SelfTestFailed("analyst", share, 0.0)


def _make_case(prompts: PromptSet, example: Example) -> Case:
    facts, headlines, language = example.facts, example.headlines, example.language
    checks = check_text(example.text, facts, language, prompts)
    return Case(
        facts=facts,
        headlines=headlines,
        language=language,
        prompt=prompts.render(facts, headlines, language),
        second_prompt=prompts.render(facts, headlines, language, COMPLAINT),
        text=example.text,
        failed_checks=() if have_passed(checks) else tuple(one.name for one in checks if not one.passed),
    )


def _example(case: Case) -> Example:
    return Example(facts=case.facts, headlines=case.headlines, language=case.language, text=case.text)
