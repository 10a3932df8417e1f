"""Whether a text repeats what it was made from: its prompt, or what strangers wrote."""

import re

from bentos.analyst.checks.draft import Draft
from bentos.analyst.checks.results import Finding
from bentos.analyst.prompts import PHRASE_WORDS, word_runs

ECHO_WORDS = 5
"""Words in a row of a headline that a text may not repeat."""
INSIDE = re.compile(
    r"\b(?:prompts?|instruct\w*|system|assistant|language model|chatbot|ai|llm|gpt\w*|gemini|llama|smollm\w*"
    r"|openai|json|schema|grammar|ignor\w+|overrid\w+|disregard\w*|jailbr\w+|developer|passwords?"
    r"|secret\w*|api|tokens?|keys?"
    r"|headlines?|news|persona|role|delimiter|untrusted|user|admin\w*|debug|confidential|guidelines?|rules?"
    r"|consignes?|système|modèle de langage|ia|ignorez|oubli\w+|mot de passe|clés?|jetons?|titres?"
    r"|actualités?|nouvelles|règles?|utilisateur|administrateur|confidentiel\w*|invite|développeur)\b"
)
"""Words about the machine instead of the price."""


def find_leak(draft: Draft) -> Finding:
    """Return what of its making the text gives away."""
    inside = INSIDE.search(draft.clean)
    if inside:
        return Finding(wrong=f"'{inside.group()}' is not about the price")
    if word_runs(draft.normal, PHRASE_WORDS) & draft.phrases:
        return Finding(wrong="the text repeats its instructions")
    told = word_runs(draft.normal, ECHO_WORDS)
    for headline in draft.headlines:
        if told & word_runs(headline, ECHO_WORDS):
            return Finding(wrong="the text repeats a headline")
    return Finding()
