"""Whether a text is in the language that was asked for."""

from bentos.analyst.checks.draft import Draft
from bentos.analyst.checks.results import Finding
from bentos.analyst.checks.vocabulary import VOCABULARY
from bentos.analyst.wording import Language

WORDS: dict[Language, str] = {
    "en": (
        "a an and as at by during for from had has have in is it its last of over per that the this to was "
        "were while with between closes price"
    ),
    "fr": (
        "a au aux avec ce cette clôtures cours d dans de dernières des du elle en entre est et était il l la "
        "le les ont par pendant prix que qui sa ses son sur tandis un une"
    ),
}
COMMON = {language: frozenset(words.split()) for language, words in WORDS.items()}
"""Short words that tell the languages apart; classifiers need longer texts than two short sentences."""
CLEAR_LEAD = 2
"""So many more of one language's words settle the question."""
FEWEST_WORDS = 3


def find_language(draft: Draft) -> Finding:
    """Return whether the text is in another language."""
    if len(draft.words) < FEWEST_WORDS:
        return Finding(missing="the text is too short")
    right = draft.language == _language_of(draft)
    return Finding(wrong="" if right else f"the text is not in the language {draft.language}")


def _language_of(draft: Draft) -> Language:
    """Return the language with clearly more of its short words, else the one that knows more of all words; if
    both know as many, the one that was asked for."""
    english, french = (sum(word in COMMON[one] for word in draft.words) for one in COMMON)
    if abs(english - french) < CLEAR_LEAD:
        english, french = (sum(word in VOCABULARY[one] for word in draft.words) for one in COMMON)
    if english == french:
        return draft.language
    return "en" if english > french else "fr"
