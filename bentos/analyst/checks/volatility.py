"""Whether a text mentions volatility, and does not call it what it is not."""

import re
from collections.abc import Mapping

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
        r"\b(?:low|lower|lowest|calm|quiet|mild|small|slight|weak|subdued|muted|limited|modest|little|minimal"
        r"|faibles?|faiblement|bass?e|bas|réduite?|limitée?|contenue?|calme|peu|modeste|légère|petite"
        r"|minime)\b"
    ),
    "moderate": re.compile(
        r"\b(?:moderate|moderately|medium|average|middling|ordinary|normal|intermediate"
        r"|modérée?|modérément|moyenne?|moyennement|ordinaire|normale?|intermédiaire)\b"
    ),
    "high": re.compile(
        r"\b(?:high|higher|highest|strong|elevated|sharp|heavy|large|big|extreme|wild|intense"
        r"|great|marked|pronounced|considerable|significant|substantial|heightened|increased|severe"
        r"|fortes?|élevée?|haute?|importante?|marquée?|intense|vive|grande|extrême"
        r"|prononcée?|considérable|accrue?)\b"
    ),
}
DEGREES: dict[Volatility, re.Pattern[str]] = {
    "low": re.compile(r"\b(?:slightly|légèrement)\b"),
    "moderate": re.compile(r"\b(?:fairly|assez)\b"),
    "high": re.compile(
        r"\b(?:very|highly|strongly|extremely|très|fortement|hautement|extrêmement|particulièrement)\b"
    ),
}
"""What words for a degree say where there is none of the words above: `very volatile`, but not `very low`."""
PLAIN_ADJECTIVE: tuple[Volatility, ...] = ("moderate", "high")
"""What `volatile` without another word may mean."""
CHANGED = re.compile(
    r" (?:has |had |also |a |s'est )?(?:been )?(?:rose|risen|rising|fell|fallen|falling"
    r"|increas\w+|decreas\w+|grew|dropp\w+|declin\w+|climb\w+|jump\w+|eased|spik\w+|surg\w+|doubl\w+|augment\w+|mont\w+|progress\w+|grimp\w+"
    r"|baiss\w+|diminu\w+|recul\w+|chut\w+|accru\w*|réduite)\b"
)
"""A change of volatility, about which there are no facts."""
WORDS_BEFORE, WORDS_AFTER = 3, 4
PART_END = re.compile(
    r"[,;:.()]|\b(?:and|while|whereas|but|as|et|tandis|alors|mais|from|between|entre|with|amid|despite|to|at"
    r"|avec|malgré)\b|\d"
)
"""Where what is said about volatility ends."""
CHANGING = (
    r"(?:rising|increasing|growing|climbing|falling|declining|decreasing|dropping|easing|shrinking|expanding"
    r"|en (?:hausse|baisse|augmentation|recul|repli)|croissante?|décroissante?|grandissante?)"
)
CHANGES = re.compile(
    rf"\b{CHANGING} volatil\w+|volatil\w+ {CHANGING}\b"
    rf"|volatil\w+[^.,;\d]*(?:,? (?:and|but|yet|or|et|mais|puis|then) ){CHANGING}\b"
)
ALSO_CALLED = re.compile(
    r"(?:and|but|yet|or|et|mais|ou|puis|then) (?:also |aussi |very |quite |\w+ly |très |assez )*"
    r"(?P<level>\w+)(?=[.,;]|$)"
)
"""A second word for volatility, as in `low and then high`."""
CALM = re.compile(
    r"\b(?:calm\w*|quiet\w*|smooth\w*|calme\w*|paisible\w*"
    r"|(?:small|mild|slight|little|minor|gentle|modest|tiny|petit\w*|faibles|léger\w*|légère\w*) "
    r"(?:swings?|fluctuations?|oscillations?|moves|movements|mouvements|variations))\b"
)
WILD = re.compile(
    r"\b(?:wild\w*|turbulen\w*|choppy|bumpy|agitée?s?|mouvementée?s?"
    r"|(?:extreme|huge|sharp|strong|large|heavy|intense|big|great|significant|substantial|grands?|forte?s|larges"
    r"|importante?s) (?:swings?|fluctuations?|oscillations?|moves|movements|mouvements|variations))\b"
)
OPPOSITES: dict[Volatility, re.Pattern[str]] = {"low": WILD, "high": CALM}
"""Other words for swings, which say the opposite of a volatility."""


def find_volatility(draft: Draft) -> Finding:
    """Return whether volatility is not mentioned, or is called what it is not."""
    said = MENTION[draft.language]
    if not said.search(draft.clean):
        return Finding(missing="the text must mention volatility")
    level = draft.facts.volatility
    for mention in said.finditer(draft.clean):
        called = _levels(draft.clean, mention)
        if called - {level} or not (called or _may_be_implied(mention, draft)):
            names = " or ".join(sorted(called)) or "volatile"
            return Finding(wrong=f"volatility is {level}, and the text calls it {names}")
        if CHANGED.match(draft.clean, mention.end()):
            return Finding(wrong="how volatility changed is not among the facts")
    return _find_other_words(draft)


def _find_other_words(draft: Draft) -> Finding:
    if CHANGES.search(draft.clean):
        return Finding(wrong="how volatility changed is not among the facts")
    level = draft.facts.volatility
    opposite = OPPOSITES[level].search(draft.clean) if level in OPPOSITES else None
    if opposite:
        return Finding(wrong=f"volatility is {level}, and the text says '{opposite.group()}'")
    return Finding()


def _levels(text: str, mention: re.Match[str]) -> set[Volatility]:
    """Return what the words around a mention call it."""
    before = PART_END.split(text[: mention.start()])[-1].split()[-WORDS_BEFORE:]
    after = PART_END.split(text[mention.end() :])[0].split()[:WORDS_AFTER]
    around = " ".join([*before, "|", *after])
    found = _matching(LEVELS, around) or _matching(DEGREES, around)
    end = PART_END.search(text, mention.end())
    also = ALSO_CALLED.match(text, end.start()) if found and end else None
    return found | (_matching(LEVELS, also["level"]) if also else set())


def _matching(words: Mapping[Volatility, re.Pattern[str]], text: str) -> set[Volatility]:
    return {level for level, pattern in words.items() if pattern.search(text)}


def _may_be_implied(mention: re.Match[str], draft: Draft) -> bool:
    """Return whether a mention without a word for its level may stand there."""
    is_adjective = ADJECTIVE[draft.language].fullmatch(mention.group()) is not None
    return not is_adjective or draft.facts.volatility in PLAIN_ADJECTIVE
