"""The text that needs no language model: two true sentences by rule, always the same for the same facts."""

from bentos.analyst.facts import Facts, Trend, Volatility
from bentos.analyst.wording import Language, Wording, word_facts

FIRST: dict[Language, dict[Trend, str]] = {
    "en": {
        "rising": "{asset} rose by {change} {over}, from {first} to {last}",
        "falling": "{asset} fell by {change} {over}, from {first} to {last}",
        "stable": (
            "{asset} stayed broadly stable {over}, with a change of {change} and a last close at {last}"
        ),
    },
    "fr": {
        "rising": "{asset} a progressé de {change} {over}, passant de {first} à {last}",
        "falling": "{asset} a reculé de {change} {over}, passant de {first} à {last}",
        "stable": (
            "{asset} est resté globalement stable {over}, avec une variation de {change} "
            "et une dernière clôture à {last}"
        ),
    },
}
OVER: dict[Language, dict[bool, str]] = {
    "en": {
        False: "over the last {window} {closes}",
        True: "over the {window} {closes} up to {date}",
    },
    "fr": {
        False: "sur les {window} dernières {closes}",
        True: "sur les {window} {closes} allant jusqu'au {date}",
    },
}
SECOND: dict[Language, str] = {
    "en": (
        "Volatility was {level}, at about {volatility} a day, and the price moved between {low} and {high}."
    ),
    "fr": (
        "La volatilité a été {level}, à environ {volatility} par jour, "
        "et le cours a évolué entre {low} et {high}."
    ),
}
LEVELS: dict[Language, dict[Volatility, str]] = {
    "en": {"low": "low", "moderate": "moderate", "high": "high"},
    "fr": {"low": "faible", "moderate": "modérée", "high": "élevée"},
}


def fallback_text(facts: Facts, language: Language) -> str:
    """Return two sentences that pass every check of the same facts."""
    wording = word_facts(facts, language)
    over = OVER[language][facts.historical].format(**_names(wording))
    first = FIRST[language][facts.trend].format(over=over, **_names(wording))
    second = SECOND[language].format(level=LEVELS[language][facts.volatility], **_names(wording))
    return f"{first}. {second}"


def _names(wording: Wording) -> dict[str, str]:
    return {name: getattr(wording, name) for name in wording.__struct_fields__}
