"""Google Gemini, by its own library."""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

import httpx2
from google.genai import Client, errors, types
from pydantic import SecretStr

from bentos.analyst.providers.answers import check_text, make_completion, unwrap
from bentos.analyst.providers.base import Completion, Prompt, ProviderFailed
from bentos.analyst.providers.http import (
    AnswerTooLong,
    failure_of_status,
    make_http_client,
    read_retry_after,
    trace_headers,
    trusted,
)

NAME = "gemini"

API_VERSION = "v1beta"
"""The one in which system instructions and JSON Schemas were added."""

THINKING_TOKENS = 1024
"""Models that think before they write count it as part of their answer: room for it, where it can't be turned
off."""


class Gemini:
    """Asks for the likeliest words (temperature 0). It takes a schema; grammars it does not know."""

    name = NAME

    def __init__(self, model: str, key: SecretStr, *, timeout_seconds: float, url: str | None = None) -> None:
        self.model = model
        self._can_be_thoughtless = re.match(r"gemini-2\.5-flash", model) is not None
        self.thinking_tokens = 0 if self._can_be_thoughtless else THINKING_TOKENS
        self._http = make_http_client(timeout_seconds)
        self._client = Client(
            api_key=key.get_secret_value(),
            # Whatever the environment says about Google's cloud is meant for other programs.
            vertexai=False,
            http_options=types.HttpOptions(
                base_url=url,
                api_version=API_VERSION,
                timeout=round(timeout_seconds * 1000),
                httpx_async_client=self._http,
                # Never used; without it the library would make one, and read all certificates again.
                httpx_client=httpx2.Client(verify=trusted()),
            ),
        )

    async def complete(self, prompt: Prompt) -> Completion:
        """Return the whole answer. Raises ProviderFailed."""
        try:
            response = await self._client.aio.models.generate_content(
                model=self.model, contents=prompt.user, config=self._config(prompt, prompt.schema)
            )
            text = _text_of(response)
            _check_end(response)
        except Exception as error:
            raise _explain(error) from None
        if prompt.schema is not None:
            check_text(NAME, text)
            text = unwrap(NAME, text)
        return self._whole(prompt, text, response.usage_metadata)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion, None]:
        """Yield pieces as they come, and last the whole. Raises ProviderFailed.

        The schema is left out: pieces of JSON are no text.
        """
        text, usage, has_ended = "", None, False
        try:
            parts = await self._client.aio.models.generate_content_stream(
                model=self.model, contents=prompt.user, config=self._config(prompt, None)
            )
            async with aclosing(cast(AsyncGenerator[types.GenerateContentResponse, None], parts)):
                async for part in parts:
                    usage = part.usage_metadata or usage
                    has_ended = _check_end(part) or has_ended
                    if piece := _text_of(part):
                        text += piece
                        check_text(NAME, text)
                        yield piece
        except Exception as error:
            raise _explain(error) from None
        if not has_ended:
            raise ProviderFailed(NAME, "bad_answer", "it ended before its end")
        yield self._whole(prompt, text, usage)

    async def close(self) -> None:
        """Let go of connections."""
        self._client.close()
        await self._http.aclose()

    def _config(self, prompt: Prompt, schema: dict[str, Any] | None) -> types.GenerateContentConfig:
        return types.GenerateContentConfig(
            system_instruction=prompt.system,
            max_output_tokens=prompt.most_tokens + self.thinking_tokens,
            temperature=0,
            candidate_count=1,
            thinking_config=types.ThinkingConfig(thinking_budget=0) if self._can_be_thoughtless else None,
            response_mime_type=None if schema is None else "application/json",
            response_json_schema=schema,
            http_options=types.HttpOptions(headers=trace_headers()),
            # One question is one request, so that budgets and deadlines mean what they say.
            automatic_continuation=False,
        )

    def _whole(
        self, prompt: Prompt, text: str, usage: types.GenerateContentResponseUsageMetadata | None
    ) -> Completion:
        if usage is None or usage.candidates_token_count is None:
            return make_completion(NAME, prompt, text, self.model, (None, None))
        answered = usage.candidates_token_count + (usage.thoughts_token_count or 0)
        return make_completion(NAME, prompt, text, self.model, (usage.prompt_token_count, answered))


def _text_of(response: types.GenerateContentResponse) -> str:
    """Return the words of an answer or of a part of one; thoughts are none of it."""
    if not response.candidates or response.candidates[0].content is None:
        return ""
    parts = response.candidates[0].content.parts or []
    return "".join(part.text for part in parts if part.text and not part.thought)


def _check_end(response: types.GenerateContentResponse) -> bool:
    """Return whether the answer ends here. Raises ProviderFailed if it was cut off or withheld."""
    reason = response.candidates[0].finish_reason if response.candidates else None
    is_blocked = response.prompt_feedback is not None and response.prompt_feedback.block_reason is not None
    if is_blocked or reason not in (None, types.FinishReason.STOP):
        raise ProviderFailed(NAME, "bad_answer", "cut off or withheld")
    return reason is not None


def _explain(error: Exception) -> ProviderFailed:
    """Return what went wrong. Nothing of what the server sent is repeated."""
    if isinstance(error, ProviderFailed):
        return error
    if isinstance(error, errors.APIError) and isinstance(error.code, int):
        return ProviderFailed(NAME, failure_of_status(error.code), f"HTTP {error.code}", _retry_after(error))
    if isinstance(error, httpx2.TimeoutException):
        return ProviderFailed(NAME, "timeout", "no answer in time")
    if isinstance(error, httpx2.TransportError):
        return ProviderFailed(NAME, "connection", "no connection, or it broke")
    if isinstance(error, AnswerTooLong):
        return ProviderFailed(NAME, "bad_answer", "far too long")
    return ProviderFailed(NAME, "bad_answer", "not an answer of Gemini's API")


def _retry_after(error: errors.APIError) -> float | None:
    """Return the seconds that a refusal asks to wait: in the header, or as `retryDelay` in its details
    (google.rpc.RetryInfo)."""
    if seconds := read_retry_after(getattr(error.response, "headers", {})):
        return seconds
    told = re.search(r'"retryDelay": "(\d{1,5}(?:\.\d{1,9})?)s"', json.dumps(error.details, default=str))
    return float(told[1]) or None if told else None
