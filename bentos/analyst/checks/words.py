"""Whether a text keeps to the words that its subject needs.

This is what a text is allowed to be made of, where the other checks say what it is not: an insult, a brand, a
story, a pirate's accent or another alphabet has no way through, whoever asked for it in a headline. The lists
are generous, but what is not on them is refused.
"""

import re

from bentos.analyst.checks.draft import Draft
from bentos.analyst.checks.results import Finding
from bentos.analyst.checks.vocabulary import VOCABULARY

CAPITALS = re.compile(r"\b[A-ZÀ-Þ]{2,}\b")
ALLOWED_CAPITALS = frozenset({"UTC", "USD", "US"})
MOST_NAMED = 5


def find_words(draft: Draft) -> Finding:
    """Return the words of the text that its subject does not need."""
    vocabulary = VOCABULARY[draft.language]
    unknown = [word for word in dict.fromkeys(draft.words) if word not in vocabulary]
    unknown += [word for word in CAPITALS.findall(draft.body) if word not in ALLOWED_CAPITALS]
    if unknown:
        return Finding(wrong="use other words than: " + ", ".join(unknown[:MOST_NAMED]))
    return Finding()
