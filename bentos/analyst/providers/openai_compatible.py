"""Any server with OpenAI's chat API: llama.cpp, vLLM, Ollama, Mistral, OpenAI itself."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import httpx2
import msgspec
from openai import APIConnectionError, APIStatusError, APITimeoutError, AsyncOpenAI
from pydantic import SecretStr

from bentos.analyst.providers.answers import check_text, make_completion, unwrap
from bentos.analyst.providers.base import Completion, Prompt, ProviderFailed
from bentos.analyst.providers.http import (
    AnswerTooLong,
    failure_of_status,
    make_http_client,
    read_retry_after,
    trace_headers,
)

NAME = "openai"


class _Piece(msgspec.Struct, frozen=True):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Piece = _Piece()
    delta: _Piece = _Piece()
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Answer(msgspec.Struct):
    """What is read of an answer or of one part of a stream; the library does not look at types itself."""

    choices: list[_Choice]
    model: str | None = None
    usage: _Usage | None = None


class OpenAICompatible:
    """Asks for the likeliest words (temperature 0), so the same prompt gives the same text."""

    name = NAME
    thinking_tokens = 0

    def __init__(
        self, url: str, model: str, key: SecretStr, *, takes_grammar: bool, timeout_seconds: float
    ) -> None:
        self.model = model
        self._takes_grammar = takes_grammar
        self._client = AsyncOpenAI(
            base_url=url,
            api_key=key.get_secret_value() or "none",
            max_retries=0,
            http_client=make_http_client(timeout_seconds),
        )
        # What the environment says about accounts is meant for other programs.
        self._client.organization = self._client.project = self._client.admin_api_key = None

    async def complete(self, prompt: Prompt) -> Completion:
        """Return the whole answer. Raises ProviderFailed."""
        try:
            response = await self._client.chat.completions.with_raw_response.create(
                **self._question(prompt), **self._constraint(prompt), extra_headers=trace_headers()
            )
            answer = msgspec.json.decode(response.content, type=_Answer)
            choice = answer.choices[0]
        except Exception as error:
            raise _explain(error) from None
        _check_end(choice)
        text = choice.message.content or ""
        if self._is_bound_to_schema(prompt):
            check_text(NAME, text)
            text = unwrap(NAME, text)
        return self._whole(prompt, text, answer.usage)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str | Completion, None]:
        """Yield pieces as they come, and last the whole. Raises ProviderFailed.

        A schema is left out: pieces of JSON are no text.
        """
        text, usage, has_ended = "", None, False
        try:
            async with await self._client.chat.completions.create(
                **self._question(prompt),
                **(self._constraint(prompt) if self._takes_grammar else {}),
                stream=True,
                stream_options={"include_usage": True},
                extra_headers=trace_headers(),
            ) as parts:
                async for part in parts:
                    answer = msgspec.convert(part.model_dump(), type=_Answer)
                    usage = answer.usage or usage
                    # The part that tells the tokens has no choices.
                    choice = answer.choices[0] if answer.choices else _Choice()
                    has_ended = _check_end(choice) or has_ended
                    if piece := choice.delta.content:
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
        await self._client.close()

    def _question(self, prompt: Prompt) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": [
                {"role": "system", "content": prompt.system},
                {"role": "user", "content": prompt.user},
            ],
            "max_tokens": prompt.most_tokens,
            "temperature": 0,
        }

    def _is_bound_to_schema(self, prompt: Prompt) -> bool:
        return prompt.schema is not None and not (self._takes_grammar and prompt.grammar)

    def _constraint(self, prompt: Prompt) -> Mapping[str, Any]:
        if self._takes_grammar and prompt.grammar:
            return {"extra_body": {"grammar": prompt.grammar}}
        if prompt.schema is None:
            return {}
        schema = {"name": "analysis", "strict": True, "schema": prompt.schema}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}

    def _whole(self, prompt: Prompt, text: str, usage: _Usage | None) -> Completion:
        counted = usage or _Usage()
        return make_completion(
            NAME, prompt, text, self.model, (counted.prompt_tokens, counted.completion_tokens)
        )


def _check_end(choice: _Choice) -> bool:
    """Return whether the answer ends here. Raises ProviderFailed if it was cut off or withheld."""
    if choice.finish_reason not in (None, "stop"):
        raise ProviderFailed(NAME, "bad_answer", "cut off or withheld")
    return choice.finish_reason is not None


def _explain(error: Exception) -> ProviderFailed:
    """Return what went wrong. Nothing of what the server sent is repeated: some repeat the key in it."""
    if isinstance(error, ProviderFailed):
        return error
    if isinstance(error, APIStatusError):
        status = error.status_code
        return ProviderFailed(
            NAME, failure_of_status(status), f"HTTP {status}", read_retry_after(error.response.headers)
        )
    if isinstance(error, APITimeoutError | httpx2.TimeoutException):
        return ProviderFailed(NAME, "timeout", "no answer in time")
    if isinstance(error, APIConnectionError | httpx2.TransportError):
        return ProviderFailed(NAME, "connection", "no connection, or it broke")
    if isinstance(error, AnswerTooLong):
        return ProviderFailed(NAME, "bad_answer", "far too long")
    return ProviderFailed(NAME, "bad_answer", "not an answer of OpenAI's API")
