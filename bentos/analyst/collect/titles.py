"""What strangers wrote, as plain text on one line."""

import html
import re
import unicodedata

LONGEST_TITLE = 300
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_KEPT_FORMAT = "\u200c\u200d"
"""Joiners: some scripts and emoji need them."""


def clean_title(written: str) -> str:
    """Return a title without markup, control and invisible characters, cut at `LONGEST_TITLE` characters."""
    # Entities can hide tags, and hidden entities too; what is left after two looks is shown as it is.
    text = _TAG.sub(" ", html.unescape(_TAG.sub(" ", html.unescape(written[: LONGEST_TITLE * 20]))))
    shown = "".join(character if _is_shown(character) else " " for character in text)
    line = " ".join(shown.split())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1].rstrip() + "…"


def _is_shown(character: str) -> bool:
    return character in _KEPT_FORMAT or not unicodedata.category(character).startswith("C")
