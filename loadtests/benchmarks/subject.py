"""What overload and soak are tried on: battle where there is a version of it, else the synthetic model."""

from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import Self

from loadtests.benchmarks.battle import battle_contender, find_pin
from loadtests.benchmarks.contenders import Contenders
from loadtests.benchmarks.errors import ServerUnusable
from loadtests.benchmarks.forms import Contender
from loadtests.benchmarks.measures import Site
from loadtests.benchmarks.servers import Server, start
from loadtests.benchmarks.synthetic.model import train_model
from loadtests.benchmarks.synthetic.package import write_package

SERVICES = ("battle", "synthetic")


def find_subject(site: Site, service: str | None) -> Contender:
    """Return the service of that name; None: battle if it has a version here. Raises ServerUnusable."""
    settings = None if service == "synthetic" else find_pin()
    if settings is not None:
        return battle_contender(settings)
    if service == "battle":
        raise ServerUnusable("battle", "no version of it is champion here")
    model = train_model()
    made = Contenders(model, site.folder / "model")
    return made.ekiben(write_package(model, site.folder / "package"))


def start_subject(contender: Contender, site: Site) -> Server:
    """Start it on its core and return it once it answers. Raises ServerUnusable."""
    first = contender.single.question(contender.single.draw(1, 0))
    return start(contender.launch, first, site.server_core, site.folder / "logs" / f"{contender.name}.log")


class Sampler:
    """Calls something every so many seconds in a thread of its own, until it is left."""

    def __init__(self, take: Callable[[], None], pause_seconds: float) -> None:
        self._take = take
        self._pause_seconds = pause_seconds
        self._done = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(self._pause_seconds):
            with suppress(OSError):
                self._take()
