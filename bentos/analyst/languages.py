"""In which language a caller is answered."""

from functools import lru_cache
from typing import get_args

from bentos.analyst.wording import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "en"

MOST_READ = 256
"""Characters of an Accept-Language header that are looked at."""


def choose_language(asked: Language | None, accept_language: str | None) -> Language:
    """Return the language that was asked for by name, else the first that the header prefers, else
    English."""
    if asked is not None:
        return asked
    return DEFAULT if accept_language is None else _prefer(accept_language[:MOST_READ])


def read_languages(names: str) -> tuple[Language, ...]:
    """Return the languages whose names are in a setting, separated by commas; others are left out."""
    wanted = names.split(",")
    return tuple(language for language in LANGUAGES if language in wanted)


@lru_cache(maxsize=1024)
def _prefer(accept_language: str) -> Language:
    """Return the language of greatest weight (RFC 9110, 12.5.4); of equal ones the one named first."""
    weights: dict[Language, float] = {}
    for entry in accept_language.split(","):
        name, _, parameters = entry.partition(";")
        prefix = name.strip().lower().partition("-")[0]
        for language in LANGUAGES:
            if prefix == language:
                weights[language] = max(weights.get(language, 0.0), _weight(parameters))
    best = max(weights, key=lambda language: weights[language], default=DEFAULT)
    return best if weights.get(best) else DEFAULT


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
