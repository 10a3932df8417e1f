"""Leaves a failing provider alone for a while, and then lets one call find out whether it is back.

Closed: calls go through. After so many failures in a row it opens: no call goes through for so many seconds.
Then one call is let through as a trial, and no other beside it. If the trial is answered, the breaker is
closed; if it fails, it is open for as long again; if it is cancelled, the next call is the trial. Calls that
were under way when it opened say nothing about the provider afterwards.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from purgatory.domain.model import CLOSED, HALF_OPENED, Context, OpenedState

from bentos.analyst.providers.base import ProviderFailed


class LeftAlone(Exception):
    """The breaker is open: the provider is not asked."""


class Breaker:
    """One provider's breaker. `on_change` is called with True when it opens and with False when it closes."""

    def __init__(self, name: str, failures: int, seconds: float, on_change: Callable[[bool], None]) -> None:
        self._context = Context(name, threshold=failures, ttl=seconds)
        self._on_change = on_change
        self._is_open = False
        self._trial_is_under_way = False

    @property
    def is_open(self) -> bool:
        """Whether the provider counts as failing: from the last of the failures to an answered trial."""
        return self._is_open

    @property
    def refuses(self) -> bool:
        """Whether a call that began now would be turned away."""
        opened_at = self._context.opened_at
        if opened_at is not None:
            return time.time() <= opened_at + self._context.ttl
        return self._trial_is_under_way

    @contextmanager
    def call(self) -> Iterator[None]:
        """Make a call in this block. Raises LeftAlone before it; ProviderFailed out of it is a failure."""
        is_trial = self._begin()
        try:
            yield
        except ProviderFailed as failed:
            if is_trial or self._context.state == CLOSED:
                self._context.handle_exception(failed)
            raise
        else:
            if is_trial or self._context.state == CLOSED:
                self._context.handle_end_request()
        finally:
            if is_trial:
                self._trial_is_under_way = False
            self._tell_changes()

    def _begin(self) -> bool:
        """Let a call through; return whether it is a trial."""
        # Asked first, because purgatory raises one and the same error each time, whose traceback grows by it.
        if self.refuses:
            raise LeftAlone(self._context.name)
        try:
            self._context.handle_new_request()
        except OpenedState:
            raise LeftAlone(self._context.name) from None
        self._trial_is_under_way = self._context.state == HALF_OPENED
        return self._trial_is_under_way

    def _tell_changes(self) -> None:
        # Nobody else reads these messages.
        self._context.messages.clear()
        is_open = self._context.state != CLOSED
        if is_open != self._is_open:
            self._is_open = is_open
            self._on_change(is_open)
