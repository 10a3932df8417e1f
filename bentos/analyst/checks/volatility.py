"""Whether a text mentions volatility, and does not call it what it is not."""

import re

from bentos.analyst.checks.draft import Draft
from bentos.analyst.checks.results import Finding
from bentos.analyst.facts import Volatility

MENTION = {
    "en": re.compile(r"\bvolatil(?:ity|e)\b"),
    "fr": re.compile(r"\bvolatil(?:ité|e|es|s)?\b"),
}
ADJECTIVE = {"en": re.compile(r"\bvolatile\b"), "fr": re.compile(r"\bvolatil(?:e|es|s)?\b")}
LEVELS: dict[Volatility, re.Pattern[str]] = {
    "low": re.compile(
        r"\b(?:low|lower|lowest|calm|quiet|mild|small|slight|slightly|weak|subdued|muted|limited|modest|little|minimal"
        r"|faibles?|faiblement|bass?e|bas|réduite?|limitée?|contenue?|calme|peu|modeste|légère|légèrement|petite"
        r"|minime)\b"
    ),
    "moderate": re.compile(
        r"\b(?:moderate|moderately|medium|average|middling|ordinary|normal|fairly|intermediate"
        r"|modérée?|modérément|moyenne?|moyennement|ordinaire|normale?|intermédiaire|assez)\b"
    ),
    "high": re.compile(
        r"\b(?:high|higher|highest|highly|strong|strongly|elevated|sharp|heavy|large|big|extreme|extremely|wild|intense"
        r"|very|great|marked|pronounced|considerable|significant|substantial|heightened|increased|severe"
        r"|fortes?|fortement|élevée?|haute?|hautement|importante?|marquée?|intense|très|vive|grande|extrême"
        r"|extrêmement|prononcée?|considérable|accrue?)\b"
    ),
}
PLAIN_ADJECTIVE: tuple[Volatility, ...] = ("moderate", "high")
"""What `volatile` without another word may mean."""
CHANGED = re.compile(
    r" (?:has |had |also |a |s'est )?(?:been )?(?:rose|risen|rising|fell|fallen|falling"
    r"|increas\w+|decreas\w+|grew|dropp\w+|declin\w+|climb\w+|jump\w+|eased|spik\w+|surg\w+|doubl\w+|augment\w+|mont\w+|progress\w+|grimp\w+"
    r"|baiss\w+|diminu\w+|recul\w+|chut\w+|accru\w*|réduite)\b"
)
"""A change of volatility, about which there are no facts."""
WORDS_BEFORE, WORDS_AFTER = 3, 4
PART_END = re.compile(r"[,;:.()]|\b(?:and|while|whereas|but|as|et|tandis|alors|mais|from|between|entre)\b|\d")
"""Where what is said about volatility ends."""


def find_volatility(draft: Draft) -> Finding:
    """Return whether volatility is not mentioned, or is called what it is not."""
    said = MENTION[draft.language]
    if not said.search(draft.clean):
        return Finding(missing="the text must mention volatility")
    level = draft.facts.volatility
    for mention in said.finditer(draft.clean):
        called = _levels(draft.clean, mention) or _implied(mention, ADJECTIVE[draft.language])
        if called and level not in called:
            return Finding(wrong=f"volatility is {level}, and the text calls it {' or '.join(called)}")
        if CHANGED.match(draft.clean, mention.end()):
            return Finding(wrong="how volatility changed is not among the facts")
    return Finding()


def _levels(text: str, mention: re.Match[str]) -> tuple[Volatility, ...]:
    """Return what the words around a mention call it."""
    before = PART_END.split(text[: mention.start()])[-1].split()[-WORDS_BEFORE:]
    after = PART_END.split(text[mention.end() :])[0].split()[:WORDS_AFTER]
    around = " ".join([*before, "|", *after])
    return tuple(level for level, pattern in LEVELS.items() if pattern.search(around))


def _implied(mention: re.Match[str], adjective: re.Pattern[str]) -> tuple[Volatility, ...]:
    return PLAIN_ADJECTIVE if adjective.fullmatch(mention.group()) else ()
