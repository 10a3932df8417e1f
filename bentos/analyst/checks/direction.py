"""Whether a text says where the price went, and nothing against it."""

import re

from bentos.analyst.checks.draft import Draft
from bentos.analyst.checks.results import Finding
from bentos.analyst.facts import Trend
from bentos.analyst.wording import Language

Words = dict[Trend, re.Pattern[str]]

ENGLISH: Words = {
    "rising": re.compile(
        r"\b(?:rise[sn]?|rose|rising|increas\w+|climb\w*|gain\w*|gr[eo]w\w*|advanc\w+|jump\w*|surg\w+|soar\w*"
        r"|rall(?:y|ies|ied|ying)|upwards?|uptrend|up|upside|bull\w*|appreciat\w+|higher|ascen\w+|rebound\w*"
        r"|recover\w*|boost\w*|bounc\w+|add(?:s|ed|ing)?|strengthen\w*|improv\w+|rocket\w*|skyrocket\w*|lift\w*"
        r"|edged up|ticked up|spik\w+)\b"
    ),
    "falling": re.compile(
        r"\b(?:fall\w*|fell|drop\w*|declin\w+|decreas\w+|sl[iu]d\w*|slip\w*|sank|sink\w*|sunk|plung\w+|plummet\w*"
        r"|tumbl\w+|crash\w*|collaps\w+|los[te]\w*|losing|loss\w*|down\w*|lower\w*|bear\w*|slump\w*|shed\w*"
        r"|depreciat\w+|weaken\w*|descen\w+|dipp\w+|shr[aiu]nk\w*|retreated|eased|div(?:ed|ing)|worsen\w*)\b"
    ),
    "stable": re.compile(
        r"\b(?:stable|stability|steady|flat|unchanged|sideways|stagna\w+"
        r"|(?:little|barely|hardly) (?:changed|moved)|plateau\w*)\b"
    ),
}
FRENCH: Words = {
    "rising": re.compile(
        r"\b(?:mont(?:e|es|é|ée|er|ait|ant|a|ent|èrent)|hauss\w+|augment\w+|grimp\w+|progress\w+|gagn\w+|gains?"
        r"|appréci\w+|bondi\w*|bond|envol\w*|rebond\w*|remont\w+|rallye|croiss\w+|croî\w+|crû|accr\w+|ascension\w*"
        r"|ascendant\w*|supérieure?s?|renforc\w+|amélior\w+|s'élev\w+|repris|reprise|regagn\w+|flamb\w+|redress\w+"
        r"|(?<!un )(?<!le )(?<!son )(?<!au )(?<!du )plus haut(?! de| à))\b"
    ),
    "falling": re.compile(
        r"\b(?:baiss\w+|chut\w+|recul\w*|diminu\w+|descend\w*|descente|perd\w*|pertes?|tomb\w+|repli(?:é|ée|e|er|ait)"
        r"|dégring\w+|effondr\w+|plong\w+|dépréci\w+|céd\w+|cède|décroî\w+|décroiss\w+|décru\w*|inférieure?s?"
        r"|fléchi\w*|gliss\w+|dévis\w+|redescend\w*|retomb\w+|rechut\w+|affaibli\w*|amoindri\w*|krach|dégrad\w+"
        r"|(?<!un )(?<!le )(?<!son )(?<!au )(?<!du )plus bas(?! de| à))\b"
    ),
    "stable": re.compile(
        r"\b(?:stables?|stabilité|stabilis\w+|inchangée?s?|stagn\w+"
        r"|(?:peu|guère) (?:bougé|changé|varié|évolué)|plat|équilibre|constante?)\b"
    ),
}
WORDS: dict[Language, Words] = {"en": ENGLISH, "fr": FRENCH}
NEUTRAL = re.compile(
    r"\b(?:ups and downs|up and down|rises? and falls?|gains and losses|hausses et (?:de |des )?baisses"
    r"|up to|gains et (?:de |des )?pertes|more or less|plus ou moins)\b"
)
"""Ways to speak about swings, without a direction."""
NEGATION = re.compile(
    r"\b(?:not|no|never|neither|nor|without|cannot|fail\w*|instead|un(?:able|likely)|nothing|none"
    r"|hardly(?! changed)|barely(?! (?:changed|moved))|ne|pas|non|sans|jamais|aucune?|ni|nullement"
    r"|échou\w+|far from|(?:other|rather) than|plutôt que|loin d\w*|(?:less|least|moins) \w+"
    r"|(?:previously|formerly|auparavant|précédemment) "
    r"(?:stable|steady|flat|up|down|rising|falling|en \w+))\b"
    r"|n't\b|\bn'"
)
"""Words that turn a sentence into its opposite: what a rising price did not do is for another text."""
ALMOST = r"\b(?:almost|nearly|presque|quasi|quasiment|pratiquement) (?:a |est |en )?"
MOVE = (
    r"\b(?:rise|gains?|climb|uptrend|advance|growth|rally|increase|fall|decline|drop|downtrend|decrease|trend"
    r"|hausse|montée|progression|baisse|chute|recul|tendance)"
)
OVER = re.compile(
    MOVE + r"(?: (?:of|du|de|in|d'un) \S+)*? (?:(?:was|is|has been) over(?! the| last| \d)"
    r"|(?:has )?ended(?! at| up| on| near)"
    r"|finished(?! at| on)|(?:est|était|s'est) (?:terminée?|finie?|achevée?)(?! à))"
)
"""A movement that is said to be past."""


def find_direction(draft: Draft) -> Finding:
    """Return whether the text says another direction than the facts, denies theirs, or says none."""
    text, trend = NEUTRAL.sub(" ", draft.clean), draft.facts.trend
    words = WORDS[draft.language]
    for other, pattern in words.items():
        against = pattern.search(text) if other != trend else None
        if against:
            return Finding(wrong=f"the price is {trend}, and the text says '{against.group()}'")
    denied = NEGATION.search(text)
    if denied is None:
        denied = OVER.search(text) or _almost(words, trend, text)
    if denied:
        return Finding(wrong=f"the text denies something: '{denied.group()}'")
    return Finding(
        missing="" if words[trend].search(text) else f"the text must say that the price is {trend}"
    )


def _almost(words: Words, trend: Trend, text: str) -> re.Match[str] | None:
    """Return words for a movement that is said to be almost one; what is almost stable is called stable."""
    return None if trend == "stable" else re.search(ALMOST + words[trend].pattern, text)
