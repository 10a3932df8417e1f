"""Texts that a GBNF grammar allows, drawn at random: the part of the format that prompt sets use."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from numpy.random import Generator

Choice = Callable[[Generator], str]

TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<name>[a-z][a-z0-9-]*)|(?P<mark>[()|?]))')


@dataclass
class GrammarSampler:
    """Draws texts of a grammar. Raises ValueError for what it can't read, KeyError for a rule that is not
    there."""

    grammar: str
    rules: dict[str, Choice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        bodies = dict(line.split(" ::= ", 1) for line in self.grammar.splitlines() if line.strip())
        self.rules = {name: _Parser(body, self).parse() for name, body in bodies.items()}

    def draw(self, source: Generator) -> str:
        """Return one text."""
        return self.rules["root"](source)


class _Parser:
    def __init__(self, body: str, sampler: GrammarSampler) -> None:
        self.tokens = self._split(body)
        self.sampler = sampler

    def parse(self) -> Choice:
        choice = self._alternatives()
        if self.tokens:
            raise ValueError(f"left over: {self.tokens}")
        return choice

    def _alternatives(self) -> Choice:
        options = [self._sequence()]
        while self.tokens and self.tokens[0] == ("mark", "|"):
            self.tokens.pop(0)
            options.append(self._sequence())
        return lambda source: options[source.integers(len(options))](source)

    def _sequence(self) -> Choice:
        parts: list[Choice] = []
        while self.tokens and self.tokens[0] not in {("mark", "|"), ("mark", ")")}:
            parts.append(self._optional(self._one()))
        return lambda source: "".join(part(source) for part in parts)

    def _one(self) -> Choice:
        kind, value = self.tokens.pop(0)
        if kind == "text":
            text = re.sub(r"\\(.)", r"\1", value[1:-1])
            return lambda source: text
        if kind == "name":
            return self._rule(value)
        if value != "(":
            raise ValueError(f"unexpected {value}")
        inner = self._alternatives()
        self.tokens.pop(0)
        return inner

    def _rule(self, name: str) -> Choice:
        def draw(source: Generator) -> str:
            return self.sampler.rules[name](source)

        return draw

    def _optional(self, part: Choice) -> Choice:
        if self.tokens and self.tokens[0] == ("mark", "?"):
            self.tokens.pop(0)
            return lambda source: part(source) if source.random() < 0.5 else ""
        return part

    @staticmethod
    def _split(body: str) -> list[tuple[str, str]]:
        tokens, place, body = [], 0, body.rstrip()
        while place < len(body):
            found = TOKEN.match(body, place)
            if not found or found.lastgroup is None:
                raise ValueError(f"can't read {body[place:]!r}")
            tokens.append((found.lastgroup, found[found.lastgroup]))
            place = found.end()
        return tokens
