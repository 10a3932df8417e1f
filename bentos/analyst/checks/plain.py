"""Whether a text is plain prose of the right length."""

import re

from bentos.analyst.checks.draft import Draft
from bentos.analyst.checks.results import Finding

MOST_CHARACTERS = 400
MOST_SENTENCES = 2

FOREIGN = re.compile(
    r"[^A-Za-z0-9ÀÂÄÇÈÉÊËÎÏÔÖÙÛÜŸŒÆàâäçèéêëîïôöùûüÿœæ .,;:'’()%$+−–—"
    "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\\-]"
)
"""Everything that is not a Latin letter, digit or mark of plain prose: quotation marks, markup, control and
invisible characters, other alphabets, and marks of questions and shouting."""
ADDRESS = re.compile(r"://|\bwww\.|[a-z]{2,}\.[a-z]{2,}", re.IGNORECASE)


def find_markup(draft: Draft) -> Finding:
    """Return what makes the text other than plain prose of at most 400 characters."""
    text = draft.text
    if not text.strip():
        return Finding(missing="the text is empty")
    if len(text) > MOST_CHARACTERS:
        return Finding(wrong=f"the text has more than {MOST_CHARACTERS} characters")
    foreign = FOREIGN.search(text)
    if foreign:
        return Finding(wrong=f"the character U+{ord(foreign.group()):04X} is not plain prose")
    if ADDRESS.search(text):
        return Finding(wrong="the text has something like an address in it")
    return Finding(wrong="" if text == text.strip() else "the text begins or ends with a blank")


def find_sentences(draft: Draft) -> Finding:
    """Return whether the text has more than two sentences, or an unfinished one."""
    count = len(draft.sentences)
    if count > MOST_SENTENCES:
        return Finding(wrong=f"the text has {count} sentences, at most {MOST_SENTENCES} are allowed")
    if not draft.sentences or not draft.sentences[-1].endswith("."):
        return Finding(missing="the last sentence has no end")
    return Finding()
