"""Whether a text is in the language that was asked for."""

from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from bentos.analyst.checks.draft import Draft
from bentos.analyst.checks.results import Finding

WORDS = {
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
"""Short words that tell the languages apart; a classifier needs longer texts than two short sentences."""
LANGUAGES = ("en", "fr")
CLEAR_LEAD = 2
"""So many more of one language's words settle the question."""
FEWEST_WORDS = 3


def find_language(draft: Draft) -> Finding:
    """Return whether the text is in another language."""
    if len(draft.words) < FEWEST_WORDS:
        return Finding(missing="the text is too short")
    right = draft.language == _language_of(draft)
    return Finding(wrong="" if right else f"the text is not in the language {draft.language}")


def _language_of(draft: Draft) -> str:
    english, french = (len([word for word in draft.words if word in COMMON[one]]) for one in LANGUAGES)
    if abs(english - french) >= CLEAR_LEAD:
        return "en" if english > french else "fr"
    return str(_classifier().classify(draft.normal)[0])


@lru_cache(maxsize=1)
def _classifier() -> LanguageIdentifier:
    """Return the classifier; making it takes about a second, so it is only made for a text that needs it."""
    classifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    classifier.set_languages(list(LANGUAGES))
    return classifier
