"""From what a provider sent to a text, or to the reason why it is none."""

import math
from collections.abc import Sequence

import msgspec

from bentos.analyst.providers.base import Completion, Prompt, ProviderFailed

MOST_TEXT_CHARACTERS = 4000
"""Longest text that is handed on; what callers may see is a tenth of it."""

BYTES_PER_TOKEN = 3
"""About what tokenizers make of English and French; used only where a provider counts no tokens itself."""


class _Analysis(msgspec.Struct):
    analysis: str


def unwrap(provider: str, text: str) -> str:
    """Return the field `analysis` of an answer that was bound to the schema. Raises ProviderFailed."""
    try:
        return msgspec.json.decode(text, type=_Analysis).analysis
    except msgspec.DecodeError:
        raise ProviderFailed(provider, "bad_answer", "not the JSON object that was asked for") from None


def make_completion(
    provider: str, prompt: Prompt, text: str, model: str, tokens: tuple[int | None, int | None]
) -> Completion:
    """Return a whole answer. `tokens` are the prompt's and the answer's, as the provider counted them; None
    is replaced by an estimate. Raises ProviderFailed for a text that is empty or far too long."""
    check_text(provider, text)
    text = text.strip()
    if not text:
        raise ProviderFailed(provider, "bad_answer", "empty")
    prompt_tokens, completion_tokens = tokens
    return Completion(
        text=text,
        model=model,
        prompt_tokens=_count(prompt_tokens, (prompt.system, prompt.user)),
        completion_tokens=_count(completion_tokens, (text,)),
    )


def check_text(provider: str, text: str) -> None:
    """Raise ProviderFailed for a text that is far too long, or that can't be sent on: JSON can hold halves of
    surrogate pairs, UTF-8 can't."""
    if len(text) > MOST_TEXT_CHARACTERS:
        raise ProviderFailed(provider, "bad_answer", f"more than {MOST_TEXT_CHARACTERS} characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ProviderFailed(provider, "bad_answer", "not Unicode") from None


def _count(told: int | None, texts: Sequence[str]) -> int:
    # A count below zero would give budget back.
    if told is not None and told >= 0:
        return told
    return math.ceil(sum(len(text.encode(errors="replace")) for text in texts) / BYTES_PER_TOKEN)
