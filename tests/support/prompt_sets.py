"""The prompt set that the project ships."""

from functools import lru_cache
from pathlib import Path

from bentos.analyst.prompts import PromptSet, read_prompt_set

FOLDER = Path(__file__).parents[2] / "training/analyst/prompts/v1"


@lru_cache(maxsize=1)
def shipped_prompts() -> PromptSet:
    """Return version v1."""
    return read_prompt_set(FOLDER)
