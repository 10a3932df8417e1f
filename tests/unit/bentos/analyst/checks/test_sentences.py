import pytest

from bentos.analyst.checks.sentences import complete_sentences, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", ()),
        ("One.", ("One.",)),
        ("One. Two.", ("One.", "Two.")),
        ("one. two", ("one.", "two")),
        ("It rose 2.3% to $6,527.10. It fell.", ("It rose 2.3% to $6,527.10.", "It fell.")),
        ("Up by approx. 2% in Oct. 2019. Done.", ("Up by approx. 2% in Oct. 2019.", "Done.")),
        ("At 8 a.m. it rose. Done.", ("At 8 a.m. it rose.", "Done.")),
        ("Env. 2 %, p. ex. hier. Fini.", ("Env. 2 %, p. ex. hier.", "Fini.")),
        ("What?! Yes... no", ("What?!", "Yes...", "no")),
        ("One.  Two.", ("One.", "Two.")),
    ],
)
def test_text_is_split_at_the_ends_of_sentences(text: str, sentences: tuple[str, ...]) -> None:
    assert split_sentences(text) == sentences


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("", ""),
        ("It rose 2.", ""),
        ("It rose 2.3", ""),
        ("It rose. ", "It rose."),
        ("A. It rose. B", "A. It rose."),
    ],
)
def test_last_sentence_is_complete_once_something_follows(text: str, complete: str) -> None:
    assert complete_sentences(text) == complete
