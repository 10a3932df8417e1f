"""Where sentences end, in English and French."""

import re

END = re.compile(r"[.!?…]+(?=\s|$)")
ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[a-z]|approx|avg|e\.g|i\.e|vs|no|u\.s|a\.m|p\.m|est|env|cf|p\. ex|ex|max|min"
    r"|jan|janv|feb|févr|mar|apr|avr|jun|jul|juil|aug|sep|sept|oct|nov|dec|déc)$",
    re.IGNORECASE,
)


def split_sentences(text: str) -> tuple[str, ...]:
    """Return the sentences with their ends; the last one may have none. A full stop inside a number or behind
    an abbreviation ends nothing."""
    sentences, begin = [], 0
    for end in _ends(text):
        sentences.append(text[begin:end].strip())
        begin = end
    rest = text[begin:].strip()
    return tuple([*sentences, rest] if rest else sentences)


def complete_sentences(text: str) -> str:
    """Return the beginning of the text up to its last end of a sentence that something follows."""
    ends = [end for end in _ends(text) if end < len(text)]
    return text[: ends[-1]] if ends else ""


def _ends(text: str) -> list[int]:
    return [
        found.end()
        for found in END.finditer(text)
        if not (found.group() == "." and ABBREVIATION.search(text[: found.start()]))
    ]
