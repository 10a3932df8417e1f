"""What a service keeps open is entered before it answers, left after, and missed when it goes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from bentos.core import opened
from bentos.core.errors import SettingsError
from bentos.core.exchange import CURRENT
from bentos.core.opened import OpenedService
from tests.support.exchanges import exchange
from tests.support.tiny.definition import DEFINITION
from tests.support.tiny.soil import BEHAVIOUR, MOISTURE


class Plot:
    """Stands for the predictor."""

    moisture: float | None = None


Part = Callable[[OpenedService, Plot], Awaitable[Any]]


def live(part: Part, definition: Any = DEFINITION) -> tuple[Any, list[int], list[str]]:
    """Return what `part` returns, the exit codes of what was lost, and what was logged."""
    lost: list[int] = []

    async def main() -> Any:
        return await part(OpenedService(definition, CollectorRegistry(), lost.append), Plot())

    with capture_logs() as logs:
        return asyncio.run(main()), lost, [line["event"] for line in logs]


def test_service_is_open_from_start_to_stop() -> None:
    async def part(service: OpenedService, plot: Plot) -> Any:
        await service.start(plot)
        during = plot.moisture
        return during, await service.stop(), plot.moisture

    assert live(part) == ((MOISTURE, 0, None), [], ["The soil is open", "The soil is closed"])


def test_metrics_of_the_service_are_in_the_registry() -> None:
    registry = CollectorRegistry()

    async def main() -> None:
        service = OpenedService(DEFINITION, registry, lambda _: None)
        await service.start(Plot())
        await service.stop()

    asyncio.run(main())
    assert registry.get_sample_value("tiny_soil_moisture") == MOISTURE


def test_service_that_opens_nothing_has_nothing_to_stop() -> None:
    async def part(service: OpenedService, plot: Plot) -> int:
        await service.start(plot)
        return await service.stop()

    assert live(part, replace(DEFINITION, open=None)) == (0, [], [])


@pytest.mark.parametrize(("behaviour", "error"), [("refused", SettingsError), ("faulty", ZeroDivisionError)])
def test_what_can_not_be_opened_is_told_to_who_starts_it(
    monkeypatch: pytest.MonkeyPatch, behaviour: str, error: type[Exception]
) -> None:
    monkeypatch.setenv(BEHAVIOUR, behaviour)

    async def part(service: OpenedService, plot: Plot) -> int:
        with pytest.raises(error):
            await service.start(plot)
        return await service.stop()

    assert live(part) == (0, [], [])


def test_context_that_is_cancelled_before_it_is_entered_is_an_error() -> None:
    class Nothing:
        async def __aenter__(self) -> None:
            raise asyncio.CancelledError

        async def __aexit__(self, *_error: object) -> None:
            raise AssertionError

    async def part(service: OpenedService, plot: Plot) -> None:
        with pytest.raises(RuntimeError, match="cancelled before it was entered"):
            await service.start(plot)

    live(part, replace(DEFINITION, open=lambda *_: Nothing()))


def test_start_that_is_given_up_leaves_nothing_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BEHAVIOUR, "endless")

    async def part(service: OpenedService, plot: Plot) -> tuple[int, int]:
        starting = asyncio.create_task(service.start(plot))
        await asyncio.sleep(0.01)
        starting.cancel()
        await asyncio.wait({starting})
        code = await service.stop()
        return code, len(asyncio.all_tasks())

    assert live(part) == ((0, 1), [], [])


def test_service_that_loses_what_it_needs_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BEHAVIOUR, "lost")

    async def part(service: OpenedService, plot: Plot) -> int:
        await service.start(plot)
        await asyncio.sleep(0.5)
        return await service.stop()

    code, lost, logged = live(part)
    assert (code, lost) == (0, [1])
    assert logged == ["The soil is open", "What the service keeps open failed"]


def test_loss_of_a_known_kind_has_its_exit_code() -> None:
    @asynccontextmanager
    async def give_up(_plot: Plot, _registry: CollectorRegistry) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(0.05):
                yield
        except TimeoutError as error:
            raise SettingsError("The time is over.") from error

    async def part(service: OpenedService, plot: Plot) -> None:
        await service.start(plot)
        await asyncio.sleep(0.2)

    _, lost, logged = live(part, replace(DEFINITION, open=give_up))
    assert (lost, logged) == ([SettingsError.exit_code], ["The time is over."])


def test_failure_to_close_is_logged_and_gives_an_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BEHAVIOUR, "spoilt")

    async def part(service: OpenedService, plot: Plot) -> int:
        await service.start(plot)
        return await service.stop()

    assert live(part) == (1, [], ["The soil is open", "What the service keeps open failed"])


def test_service_that_does_not_close_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BEHAVIOUR, "stuck")
    monkeypatch.setattr(opened, "LEAVE_SECONDS", 0.05)

    async def part(service: OpenedService, plot: Plot) -> int:
        await service.start(plot)
        return await service.stop()

    code, _, logged = live(part)
    assert code == 1
    assert logged[1:] == [
        "The service does not close what it opened; it is left behind",
        "The soil is let go",
    ]


def test_what_the_service_does_belongs_to_no_request() -> None:
    seen: list[Any] = []

    @asynccontextmanager
    async def look(_plot: Plot, _registry: CollectorRegistry) -> AsyncIterator[None]:
        seen.append(CURRENT.get())
        yield

    async def part(service: OpenedService, plot: Plot) -> None:
        CURRENT.set(exchange())
        await service.start(plot)
        await service.stop()

    live(part, replace(DEFINITION, open=look))
    assert seen == [None]
