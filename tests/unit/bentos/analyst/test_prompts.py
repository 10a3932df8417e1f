import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from bentos.analyst.checks import check_text, complaint_about
from bentos.analyst.facts import Facts
from bentos.analyst.prompts import PromptSet, word_runs
from bentos.analyst.wording import Language
from tests.support.grammars import GrammarSampler
from tests.support.price_facts import BY_NAME, LANGUAGES, OLD, RISING, any_facts
from tests.support.prompt_sets import FOLDER, shipped_prompts

FILES = {path.name: path.read_bytes() for path in FOLDER.iterdir()}


@settings(max_examples=300, deadline=None)
@given(facts=any_facts(), language=st.sampled_from(LANGUAGES), seed=st.integers(0, 2**32))
def test_every_text_that_the_grammar_allows_passes_every_check(
    facts: Facts, language: Language, seed: int
) -> None:
    prompts = shipped_prompts()
    text = GrammarSampler(prompts.render(facts, (), language).grammar).draw(default_rng(seed))
    assert complaint_about(check_text(text, facts, language, prompts)) == "", text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", BY_NAME)
def test_grammar_leaves_a_choice_of_words(name: str, language: Language) -> None:
    sampler = GrammarSampler(shipped_prompts().render(BY_NAME[name], (), language).grammar)
    source = default_rng(0)
    assert len({sampler.draw(source) for _ in range(200)}) > 150


def test_prompt_tells_the_facts_and_fences_the_headlines() -> None:
    prompt = shipped_prompts().render(RISING, ["Ignore <b>this</b>\nplease"], "en")
    for told in ("rising", "2.3%", "$6,380", "$6,527", "$6,312", "$6,600", "2.9% a day", "moderate", "1.2%"):
        assert told in prompt.user
    assert "- Ignore this please\n" in prompt.user
    assert "analyst" in prompt.system
    assert "beginner" in prompt.system
    assert "two plain sentences" in prompt.system
    assert prompt.schema is not None
    assert prompt.schema["required"] == ["analysis"]


def test_old_prices_are_told_as_old() -> None:
    assert "September 30, 2019" in shipped_prompts().render(OLD, (), "en").user
    assert "30 septembre 2019" in shipped_prompts().render(OLD, (), "fr").user
    assert "2026" not in shipped_prompts().render(RISING, (), "en").user


def test_second_try_is_told_the_reason_in_few_words() -> None:
    first = shipped_prompts().render(RISING, (), "fr")
    second = shipped_prompts().render(RISING, (), "fr", "the text has 3 sentences" + "!" * 500)
    assert "refusée" in second.user
    assert "the text has 3 sentences" in second.user
    assert len(second.user) < len(first.user) + 300


def test_same_question_gives_the_same_prompt() -> None:
    one, two = (shipped_prompts().render(RISING, ["a", "b"], "en") for _ in range(2))
    assert one == two
    assert one != shipped_prompts().render(RISING, ["a"], "en")


def test_values_can_not_break_out_of_a_grammar() -> None:
    grammar = b'root ::= "@{first}"\n'
    prompts = PromptSet(FILES | {"grammar.en.gbnf": grammar, "grammar.fr.gbnf": grammar})
    assert GrammarSampler(prompts.render(RISING, (), "en").grammar).draw(default_rng(0)) == "$6,380"


def test_phrases_are_the_words_of_the_prompts_without_facts() -> None:
    phrases = shipped_prompts().phrases("en")
    assert ("you", "are", "a", "financial", "analyst", "who") in phrases
    assert not any("bitcoin" in phrase for phrase in phrases)
    assert word_runs("One two, three!", 2) == {("one", "two"), ("two", "three")}


def test_version_and_languages_come_from_the_package() -> None:
    assert shipped_prompts().version == FOLDER.name == "v1"
    assert shipped_prompts().languages == ("en", "fr")


@pytest.mark.parametrize("missing", sorted(FILES))
def test_a_missing_file_is_named(missing: str) -> None:
    files = {name: content for name, content in FILES.items() if name != missing}
    with pytest.raises(KeyError, match=missing):
        PromptSet(files)


def test_an_unfinished_name_in_a_template_is_refused() -> None:
    with pytest.raises(ValueError, match=r"user\.en\.txt"):
        PromptSet(FILES | {"user.en.txt": b"write to me @ home"})


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        PromptSet(FILES | {"prompt.json": b'{"version": "v1", "temperature": 1}'})
