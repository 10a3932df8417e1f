"""A prompt set: the signed files of a package, and the question that they make of facts.

Templates hold `@{name}` where a string of `Wording` belongs. A grammar's rules for a trend, a volatility and
an age of the prices are chosen by name: `move-@{trend}` becomes `move-rising`.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from string import Template
from typing import Any

import msgspec
from msgspec import Struct

from bentos.analyst.facts import Facts
from bentos.analyst.providers.base import Prompt
from bentos.analyst.untrusted import fence_headlines
from bentos.analyst.wording import Language, Wording, word_facts

SETTINGS_NAME = "prompt.json"
PHRASE_WORDS = 6
"""Words in a row that a text may not share with its prompt."""
MOST_COMPLAINT = 200
"""Characters of the reason for a second try that the model is told."""
LEAST_PULLBACK_PERCENT = 0.1
"""Pullback from which grammars may name it."""
WORD = re.compile(r"[a-zà-öø-ÿœ]+")


class PromptTemplate(Template):
    """Text with `@{name}` in it; dollars are plain characters here."""

    delimiter = "@"

    def literal_parts(self) -> list[str]:
        """Return the text between the names."""
        return re.split(r"@\{[a-z_]+\}", self.template)


class PromptSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The content of `prompt.json`. `trends`, `levels` and `retry` are words of each language."""

    version: str
    languages: tuple[Language, ...]
    most_tokens: int
    most_characters: int
    trends: dict[Language, dict[str, str]]
    levels: dict[Language, dict[str, str]]
    ages: dict[Language, dict[str, str]]
    retry: dict[Language, str]


class LanguageFiles(Struct, frozen=True):
    """The three templates of one language."""

    system: PromptTemplate
    user: PromptTemplate
    grammar: PromptTemplate


class PromptSet:
    """One version of the prompts. Safe to share between threads and tasks."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """Read the files of a package. Raises ValueError (msgspec's too) or KeyError naming what is wrong."""
        self.settings = msgspec.json.decode(files[SETTINGS_NAME], type=PromptSettings)
        self._files = {
            language: LanguageFiles(
                _read(files, f"system.{language}.txt"),
                _read(files, f"user.{language}.txt"),
                _read(files, f"grammar.{language}.gbnf"),
            )
            for language in self.settings.languages
        }

    @property
    def version(self) -> str:
        """The name that answers and metrics show."""
        return self.settings.version

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages that it has."""
        return self.settings.languages

    def render(
        self, facts: Facts, headlines: Sequence[str], language: Language, complaint: str = ""
    ) -> Prompt:
        """Return the question about the facts. `headlines` are cleaned here; `complaint` is why a first
        answer was refused. The same arguments always give the same prompt."""
        files, names = self._files[language], self._names(facts, language)
        user = files.user.substitute(names, headlines=fence_headlines(headlines))
        if complaint:
            user += "\n" + self.settings.retry[language] + " " + complaint[:MOST_COMPLAINT]
        return Prompt(
            system=files.system.substitute(names),
            user=user,
            most_tokens=self.settings.most_tokens,
            grammar=files.grammar.substitute({name: _quoted(value) for name, value in names.items()}),
            schema=self._schema,
        )

    def phrases(self, language: Language) -> frozenset[tuple[str, ...]]:
        """Return every run of six words of the prompts that are not facts: no text may contain one."""
        return self._phrases[language]

    @cached_property
    def _phrases(self) -> dict[Language, frozenset[tuple[str, ...]]]:
        return {
            language: frozenset(
                run
                for template in (files.system, files.user)
                for part in template.literal_parts()
                for run in word_runs(part, PHRASE_WORDS)
            )
            for language, files in self._files.items()
        }

    @cached_property
    def _schema(self) -> dict[str, Any]:
        analysis = {"type": "string", "maxLength": self.settings.most_characters}
        return {
            "type": "object",
            "properties": {"analysis": analysis},
            "required": ["analysis"],
            "additionalProperties": False,
        }

    def _names(self, facts: Facts, language: Language) -> dict[str, str]:
        wording: Wording = word_facts(facts, language)
        age = "historical" if facts.historical else "recent"
        return {
            **msgspec.structs.asdict(wording),
            "trend": facts.trend,
            "level": facts.volatility,
            "age": age,
            "pullback": _pullback(facts),
            "trend_word": self.settings.trends[language][facts.trend],
            "level_word": self.settings.levels[language][facts.volatility],
            "age_note": PromptTemplate(self.settings.ages[language][age]).substitute(date=wording.date),
        }


def read_prompt_set(folder: Path) -> PromptSet:
    """Return the prompt set whose sources lie in a folder. Raises OSError, ValueError or KeyError."""
    return PromptSet({path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()})


def word_runs(text: str, length: int) -> set[tuple[str, ...]]:
    """Return every run of `length` words of a text, in lower case."""
    words = WORD.findall(text.lower())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def _read(files: Mapping[str, bytes], name: str) -> PromptTemplate:
    template = PromptTemplate(files[name].decode().strip())
    if not template.is_valid():
        raise ValueError(f"{name} has an @ that begins no @{{name}}")
    return template


def _pullback(facts: Facts) -> str:
    """Return whether there is a pullback worth a word; in a fall it would say the same again."""
    worth = facts.trend != "falling" and facts.drawdown_percent >= LEAST_PULLBACK_PERCENT
    return "deep" if worth else "none"


def _quoted(value: str) -> str:
    """Return a value as it stands inside a quoted string of a grammar."""
    return value.replace("\\", "\\\\").replace('"', '\\"')
