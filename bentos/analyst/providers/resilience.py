"""One provider with all that keeps its failures small: retries, a breaker, few requests at once."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import Literal, Protocol, TypeVar

import stamina

from bentos.analyst.providers.base import Completion, Failure, Prompt, Provider, ProviderFailed
from bentos.analyst.providers.breaker import Breaker, LeftAlone
from bentos.analyst.providers.paying import Bill, Payer
from bentos.analyst.settings import AnalystSettings
from bentos.core.loggers import get_logger

_Result = TypeVar("_Result")

_log = get_logger("ekiben.analyst")

TRIES = 3
"""Requests to one provider for one answer."""

SHORTEST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 1.0
"""The pause before a retry doubles each time, with something added by chance, so that replicas don't all come
back at the same moment. What a provider asks for in `Retry-After` replaces it."""

USEFUL_SECONDS = 0.5
"""A retry that would have less time than this is not begun."""

AGAIN: frozenset[Failure] = frozenset({"timeout", "connection", "rate_limited", "server"})
"""Failures that may be over a moment later. A refused request would be refused again; and as models are asked
for the likeliest words, a bad answer would be the same again."""


class Observer(Protocol):
    """Who wants to know what becomes of requests, such as metrics."""

    def call_ended(self, provider: str, outcome: str, seconds: float) -> None:
        """Take note of one request, a retry or not: `ok`, a `Failure`, or `cancelled` if nobody waited any
        longer."""
        ...

    def breaker_changed(self, provider: str, is_open: bool) -> None:
        """Take note that a provider is left alone from now on, or asked again. Told at the beginning too."""
        ...


class NotAsked(Exception):
    """The provider was not asked: it is `left alone`, or too `busy` to begin in time."""

    def __init__(self, provider: str, reason: Literal["left alone", "busy"]) -> None:
        super().__init__(f"{provider}: {reason}")
        self.reason = reason


class Guarded:
    """A provider that is asked again after passing failures, left alone after many, never asked too often.

    A try may use half of the time that is left, the last one all of it, so that a request that hangs leaves
    time for another. A stream is begun again only as long as it gave nothing. Each try is paid for by itself.
    """

    def __init__(
        self, provider: Provider, settings: AnalystSettings, observer: Observer, payer: Payer
    ) -> None:
        self._provider = provider
        self._observer = observer
        self._payer = payer
        self._slots = asyncio.Semaphore(settings.calls_at_once)
        self._breaker_seconds = settings.breaker_seconds
        self._breaker = Breaker(
            provider.name, settings.breaker_failures, settings.breaker_seconds, self._tell_breaker
        )
        observer.breaker_changed(provider.name, False)

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._provider.name

    @property
    def model(self) -> str:
        """The model that it is asked for."""
        return self._provider.model

    async def complete(self, prompt: Prompt, within_seconds: float) -> Completion:
        """Return the whole answer. Raises ProviderFailed or NotAsked within the time given, or what the payer
        raises."""
        ends = time.monotonic() + within_seconds

        async def ask(share: float) -> Completion:
            async with self._request(prompt, ends) as bill:
                bill.answer = await self._before(_share_of(ends, share), self._provider.complete(prompt))
                return bill.answer

        return await self._until_answered(ask, ends)

    async def stream(
        self, prompt: Prompt, within_seconds: float, first_within_seconds: float | None = None
    ) -> AsyncGenerator[str | Completion, None]:
        """Yield pieces as they come, and last the whole. Raises what `complete` raises.

        `first_within_seconds`, if given, is the time for the first piece. Who stops early must close it.
        """
        ends = time.monotonic() + within_seconds
        first_ends = min(ends, time.monotonic() + (first_within_seconds or within_seconds))

        async def begin(share: float) -> tuple[str | Completion, AsyncGenerator[str | Completion, None]]:
            pieces = self._pieces(prompt, first_ends, share, ends)
            return await anext(pieces), pieces

        first, others = await self._until_answered(begin, first_ends)
        async with aclosing(others):
            yield first
            async for piece in others:
                yield piece

    async def close(self) -> None:
        """Let go of the provider's connections."""
        await self._provider.close()

    async def _until_answered(self, ask: Callable[[float], Awaitable[_Result]], ends: float) -> _Result:
        """Return what `ask` returns, which is called with the share of the time left that it may use."""

        def is_worth_a_retry(failed: Exception) -> bool | float:
            if not isinstance(failed, ProviderFailed) or failed.failure not in AGAIN:
                return False
            pause = failed.retry_after_seconds or LONGEST_PAUSE_SECONDS
            fits = time.monotonic() + pause + USEFUL_SECONDS <= ends
            return (failed.retry_after_seconds or True) if fits else False

        retries = stamina.retry_context(
            on=is_worth_a_retry,
            attempts=TRIES,
            timeout=None,
            wait_initial=SHORTEST_PAUSE_SECONDS,
            wait_max=LONGEST_PAUSE_SECONDS,
            wait_jitter=SHORTEST_PAUSE_SECONDS,
        )
        async for attempt in retries:
            with attempt:
                return await ask(1.0 if attempt.num == TRIES else 0.5)
        raise AssertionError("stamina raises the last failure")

    async def _pieces(
        self, prompt: Prompt, first_ends: float, share: float, ends: float
    ) -> AsyncGenerator[str | Completion, None]:
        async with self._request(prompt, first_ends) as bill:
            pieces = self._provider.stream(prompt)
            until = _share_of(first_ends, share)
            try:
                while (piece := await self._before(until, _next_of(pieces))) is not None:
                    if isinstance(piece, Completion):
                        bill.answer = piece
                    yield piece
                    until = ends
                    if bill.answer is not None:
                        return
            finally:
                if isinstance(pieces, AsyncGenerator):
                    await pieces.aclose()
            raise ProviderFailed(self.name, "bad_answer", "it ended before its end")

    @asynccontextmanager
    async def _request(self, prompt: Prompt, ends: float) -> AsyncGenerator[Bill, None]:
        """Make one request in this block. Raises, before it, NotAsked or what the payer raises."""
        if self._breaker.refuses:
            raise NotAsked(self.name, "left alone")
        await self._take_slot(ends)
        try:
            with self._breaker.call():
                async with self._payer.request(prompt, self._provider.thinking_tokens) as bill:
                    self._check_time(ends)
                    with self._timed():
                        yield bill
        except LeftAlone:
            raise NotAsked(self.name, "left alone") from None
        finally:
            self._slots.release()

    async def _take_slot(self, ends: float) -> None:
        # A free slot is had without waiting, even if the time is over.
        self._check_time(ends)
        try:
            async with asyncio.timeout(ends - time.monotonic()):
                await self._slots.acquire()
        except TimeoutError:
            raise NotAsked(self.name, "busy") from None

    def _check_time(self, ends: float) -> None:
        """Raise NotAsked if the time is over: a request that began now would fail for nobody's fault."""
        if time.monotonic() >= ends:
            raise NotAsked(self.name, "busy")

    async def _before(self, until: float, answer: Awaitable[_Result]) -> _Result:
        """Return the answer if it comes before `until` on the monotonic clock."""
        seconds = max(0.0, until - time.monotonic())
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            raise ProviderFailed(self.name, "timeout", f"nothing within {seconds:.1f} s") from None

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Tell how the request in this block ended, and how long it took."""
        began = time.monotonic()
        outcome = "cancelled"
        try:
            yield
            outcome = "ok"
        except ProviderFailed as failed:
            outcome = failed.failure
            raise
        finally:
            seconds = time.monotonic() - began
            self._observer.call_ended(self.name, outcome, seconds)
            _log.info(
                "Language model asked",
                provider=self.name,
                model=self.model,
                outcome=outcome,
                seconds=round(seconds, 3),
            )

    def _tell_breaker(self, is_open: bool) -> None:
        self._observer.breaker_changed(self.name, is_open)
        if is_open:
            _log.warning("A language model is left alone", provider=self.name, seconds=self._breaker_seconds)
        else:
            _log.info("A language model answers again", provider=self.name)


def _share_of(ends: float, share: float) -> float:
    """Return when this share of the time until `ends` will be over."""
    now = time.monotonic()
    return now + (ends - now) * share


async def _next_of(pieces: AsyncIterator[_Result]) -> _Result | None:
    return await anext(pieces, None)
