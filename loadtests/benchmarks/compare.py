"""`python -m loadtests.benchmarks.compare`: Ekiben and other servers with the same model, on this machine.

The server has one core, the load another. Servers are measured in turn, and the whole turn several times, so
that what changes on the machine meanwhile touches all of them. Peers are installed once, into environments of
their own in the user's cache.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import SubprocessError

from bentos.core.errors import EkibenError
from bentos.core.scorers import FloatArray
from loadtests.benchmarks.bare import bare_rows_per_second
from loadtests.benchmarks.battle import BATTLE, BattleQuestions, battle_contender, find_pin
from loadtests.benchmarks.comparison import Comparison
from loadtests.benchmarks.comparison_page import comparison_page
from loadtests.benchmarks.contenders import SYNTHETIC, Contenders
from loadtests.benchmarks.cores import divide_cores, open_many_files
from loadtests.benchmarks.errors import ServerUnusable
from loadtests.benchmarks.forms import Contender
from loadtests.benchmarks.machine import ROOT, describe_machine
from loadtests.benchmarks.measures import Files, Round, Site, measure_round, write_files
from loadtests.benchmarks.plan import FULL, QUICK, Plan
from loadtests.benchmarks.results_page import PAGE, SERVERS, replace_section
from loadtests.benchmarks.servers import end_politely
from loadtests.benchmarks.synthetic.model import draw_rows, train_model
from loadtests.benchmarks.synthetic.package import write_package
from loadtests.benchmarks.tools import find_oha, find_wrk

FOLDER = ROOT / "build" / "benchmarks"
NO_BATTLE = "no version of it is champion here: `make up`, or `make train` and `ekiben promote battle`"


@dataclass(frozen=True)
class Entry:
    """A server with its requests drawn, and its model alone if that is measured too."""

    contender: Contender
    files: Files
    bare: tuple[bytes, FloatArray] | None = None


class Comparer:
    """Measures the servers whose names contain `only`."""

    def __init__(self, plan: Plan, site: Site, only: str, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._site = site
        self._only = _plain(only)
        self._say = say
        self._failures: dict[str, str] = {}

    def run(self) -> Comparison:
        """Return all rounds. A server that can't be measured is told of in the page, and left out from then
        on. Raises ToolMissing, or ServerUnusable if no server is meant."""
        entries = list(self._prepare())
        if not entries and not self._failures:
            raise ServerUnusable(self._only, "no server has this in its name")
        rounds: dict[str, list[Round]] = {one.contender.name: [] for one in entries}
        bare: dict[str, list[dict[int, float]]] = {one.contender.name: [] for one in entries if one.bare}
        for number in range(self._plan.rounds):
            for one in entries:
                name = one.contender.name
                if name not in self._failures:
                    self._say(f"round {number + 1} of {self._plan.rounds}: {name}")
                    bare.get(name, []).extend(self._measure_bare(one))
                    rounds[name].extend(self._attempt(name, one))
        return Comparison(
            ours=(SYNTHETIC, BATTLE),
            rounds={name: found for name, found in rounds.items() if found},
            bare={name: found for name, found in bare.items() if found},
            failures=self._failures,
            machine=describe_machine(),
        )

    def _attempt(self, name: str, entry: Entry) -> Iterator[Round]:
        try:
            yield measure_round(entry.contender, entry.files, self._plan, self._site)
        except (EkibenError, OSError, SubprocessError) as error:
            self._failures[name] = str(error).splitlines()[0]
            self._say(f"{name}: {error}")

    def _measure_bare(self, entry: Entry) -> Iterator[dict[int, float]]:
        if entry.bare is not None:
            ubj, rows = entry.bare
            sizes, seconds = self._plan.sizes, self._plan.batch_seconds / 2
            yield bare_rows_per_second(ubj, rows, sizes, seconds, self._site.server_core)

    def _prepare(self) -> Iterator[Entry]:
        model = train_model()
        made = Contenders(model, self._site.folder / "model")
        peers = (made.no_op, made.fastapi, made.bentoml, made.mlserver, made.kserve, made.mlflow)
        for make in peers:
            if self._is_wanted(make.__name__):
                yield from self._enter(make.__name__, make)
        most = max(self._plan.sizes)
        if self._is_wanted(SYNTHETIC):
            settings = write_package(model, self._site.folder / "package")
            bare = (model.ubj, draw_rows(most, seed=2))
            yield from self._enter(SYNTHETIC, lambda: made.ekiben(settings), bare)
        if self._is_wanted(BATTLE):
            yield from self._prepare_battle(most)

    def _prepare_battle(self, most: int) -> Iterator[Entry]:
        settings = find_pin()
        if settings is None:
            self._failures[BATTLE] = NO_BATTLE
            return
        questions = BattleQuestions(settings)
        bare = (questions.ubj, questions.features(most, seed=2))
        yield from self._enter(BATTLE, lambda: battle_contender(settings), bare)

    def _enter(
        self, name: str, make: Callable[[], Contender], bare: tuple[bytes, FloatArray] | None = None
    ) -> Iterator[Entry]:
        self._say(f"preparing {name}")
        try:
            contender = make()
        except (OSError, SubprocessError) as error:
            self._failures[name] = str(error)
            return
        folder = self._site.folder / "bodies" / contender.name
        yield Entry(contender, write_files(contender, self._plan, folder), bare)

    def _is_wanted(self, name: str) -> bool:
        return self._only in _plain(name)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def open_site(folder: Path) -> Site:
    """Return where to measure; from now on this process and its children share the clients' core, and end
    together. Raises ToolMissing if something is not there that every measurement needs."""
    find_wrk()
    find_oha()
    server_core, client_core = divide_cores()
    os.sched_setaffinity(0, {client_core})
    open_many_files()
    end_politely()
    folder.mkdir(parents=True, exist_ok=True)
    return Site(server_core, client_core, folder)


def say(text: str) -> None:
    """Tell the user how far it is."""
    sys.stderr.write(text + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.benchmarks.compare", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short rounds: to see that everything works")
    parser.add_argument("--only", default="", metavar="NAME", help="only servers whose name contains this")
    parser.add_argument("--output", type=Path, default=PAGE, help="page whose section is replaced")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="for requests, logs and raw numbers")
    parsed = parser.parse_args(arguments)
    try:
        site = open_site(parsed.folder)
        plan = QUICK if parsed.quick else FULL
        comparison = Comparer(plan, site, parsed.only, say).run()
    except EkibenError as error:
        say(f"benchmark: {error}")
        return error.exit_code
    comparison.quick = parsed.quick
    comparison.save(parsed.folder / "comparison.json")
    replace_section(SERVERS, comparison_page(comparison), parsed.output)
    say(f"written to {parsed.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
