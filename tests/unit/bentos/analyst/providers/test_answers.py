import pytest

from bentos.analyst.providers.answers import MOST_TEXT_CHARACTERS, check_text, make_completion, unwrap
from bentos.analyst.providers.base import ProviderFailed
from tests.support.scripted_provider import PROMPT


def test_the_analysis_is_taken_out_of_its_object() -> None:
    assert unwrap("openai", '{"analysis": "Le prix a monté."}') == "Le prix a monté."


@pytest.mark.parametrize(
    "text", ["", "It rose.", '{"analysis": 5}', '{"analysis": "It ro', "[]", '{"text": "x"}']
)
def test_anything_else_is_a_bad_answer(text: str) -> None:
    with pytest.raises(ProviderFailed) as caught:
        unwrap("openai", text)
    assert caught.value.failure == "bad_answer"


def test_tokens_are_those_that_the_provider_counted() -> None:
    completion = make_completion("openai", PROMPT, " It rose.\n", "small", (100, 20))
    assert (completion.text, completion.model) == ("It rose.", "small")
    assert (completion.prompt_tokens, completion.completion_tokens) == (100, 20)


@pytest.mark.parametrize("told", [None, -1_000_000])
def test_tokens_that_are_not_counted_are_estimated_so_that_a_budget_sees_them(told: int | None) -> None:
    completion = make_completion("openai", PROMPT, "It rose.", "small", (told, told))
    assert completion.prompt_tokens >= 10
    assert completion.completion_tokens >= 2


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_no_words_are_no_answer(text: str) -> None:
    with pytest.raises(ProviderFailed, match="empty"):
        make_completion("openai", PROMPT, text, "small", (1, 1))


def test_a_text_has_a_greatest_length() -> None:
    check_text("openai", "a" * MOST_TEXT_CHARACTERS)
    with pytest.raises(ProviderFailed) as caught:
        make_completion("openai", PROMPT, "a" * (MOST_TEXT_CHARACTERS + 1), "small", (1, 1))
    assert caught.value.failure == "bad_answer"


@pytest.mark.parametrize("text", ["It r\ud800se.", "\udf71\ud83c"])
def test_text_that_is_no_unicode_is_no_answer(text: str) -> None:
    with pytest.raises(ProviderFailed, match="not Unicode"):
        check_text("gemini", text)
    with pytest.raises(ProviderFailed, match="not Unicode"):
        make_completion("gemini", PROMPT, text, "small", (1, 1))
