"""Headlines are written by strangers, some of whom write to language models: what is left of them here is one
short line of plain characters each, fenced by a line that they can't contain."""

import hashlib
import html
import re
import unicodedata
from collections.abc import Sequence

MOST_HEADLINES = 5
MOST_CHARACTERS = 120
MOST_READ = 2_000
"""Characters of a headline that are looked at."""
MOST_LOOKS = 8
"""Ordinary headlines are clean after one."""

TAG = re.compile(r"<[^<>]*>")
ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+", re.IGNORECASE)
MARKUP = re.compile(r"[<>{}\[\]|\\`#*_~^=@]+")
BLANK = re.compile(r"\s+")


def clean_headline(title: str) -> str:
    """Return a title as one line of at most 120 characters without markup, addresses, control, invisible and
    direction-changing characters. Cleaning it again changes nothing."""
    text = title[:MOST_READ]
    for _ in range(MOST_LOOKS):
        before, text = text, _clean(text)
        if text == before:
            return text
    # Whoever hides entities in entities this often gets none.
    return _clean(text.replace("&", " "))


def _clean(title: str) -> str:
    """Return the title after one look: what it takes out may have held apart what together is markup."""
    text = _visible(unicodedata.normalize("NFKC", _unescape(title)))
    text = MARKUP.sub(" ", ADDRESS.sub(" ", TAG.sub(" ", text)))
    text = BLANK.sub(" ", text).strip()
    return text[:MOST_CHARACTERS].rstrip()


def clean_headlines(titles: Sequence[str]) -> tuple[str, ...]:
    """Return the first five titles that have something left after cleaning."""
    cleaned = (clean_headline(title) for title in titles)
    return tuple(dict.fromkeys(title for title in cleaned if title))[:MOST_HEADLINES]


def fence_headlines(titles: Sequence[str]) -> str:
    """Return cleaned titles, one a line, between two lines that none of them can contain: angle brackets are
    taken out of titles, and the number in the fence is a digest of what it holds."""
    cleaned = clean_headlines(titles)
    content = "\n".join(f"- {title}" for title in cleaned) or "-"
    mark = hashlib.sha256(content.encode()).hexdigest()[:12]
    return f"<<<{mark}\n{content}\n{mark}>>>"


def _unescape(text: str) -> str:
    """Return the text without HTML entities, however often they were nested."""
    for _ in range(3):
        text = html.unescape(text)
    return text


def _visible(text: str) -> str:
    """Return the text with control characters as spaces, and without those that nobody sees: Unicode's
    categories Cc, Cf, Co, Cs and Cn, and marks that stack on other characters."""
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category == "Cc":
            kept.append(" ")
        elif category[0] != "C" and category not in {"Mn", "Me"}:
            kept.append(character)
    return "".join(kept)
