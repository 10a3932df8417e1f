"""Send load to a service that runs already, and say whether it did well.

Exit codes: 0 all pass marks reached, 3 some missed, 2 wrong usage, 5 settings or a host that was not meant,
7 the service does not answer, 9 the load was not made as planned, 130 stopped before the end.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from bentos.core.errors import EkibenError, SettingsError
from loadtests import locust_process
from loadtests.bundle import pack
from loadtests.errors import MARKS_MISSED
from loadtests.hosts import require_allowed
from loadtests.locust_process import HISTORY_NAME, Interrupted, Workers
from loadtests.probe import require_answer, warm_up
from loadtests.results import Results, read_results
from loadtests.settings import LoadSettings, ShapeName, read_settings
from loadtests.shapes import plan, throughput_scale
from loadtests.thresholds import DEFAULT_FILE, Marks, judge, marks_for, read_thresholds

REPORTS = Path("build/loadtests")
VERDICT_NAME = "verdict.txt"
INTERRUPTED = 130
MOST_FAILURES_SHOWN = 10

_SETTINGS = ("shape", "users", "duration_seconds", "requests_per_second_per_user", "seed", "connections")
"""Settings that are flags too."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        settings = _settings(options)
        if options.worker_of:
            locust_process.become_worker(options.worker_of, options.master_port, settings)
        return _load(options, settings)
    except EkibenError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


def _load(options: argparse.Namespace, settings: LoadSettings) -> int:
    """Make the load, judge and draw what came of it; return the exit code."""
    host = options.host.rstrip("/")
    marks = marks_for(read_thresholds(options.thresholds), settings.shape, options.thresholds)
    require_allowed(host, settings)
    require_answer(host, settings, options.wait_seconds)
    warm_up(host, settings)
    folder = _make_folder(options.output, settings.shape)
    workers = Workers(options.expect_workers, options.master_port)
    _say(_announcement(host, settings, folder))
    try:
        locust_process.run(locust_process.master_command(host, folder, workers), settings, folder, workers)
        return _conclude(host, settings, folder, marks)
    except Interrupted:
        _say(f"Stopped before the end, so nothing is judged; {folder} has what was measured.")
        return INTERRUPTED
    finally:
        if options.print_report:
            sys.stdout.writelines(f"{line}\n" for line in pack(folder))


def _conclude(host: str, settings: LoadSettings, folder: Path, marks: dict[str, Marks]) -> int:
    from loadtests.plots import PLOT_NAME, draw, read_history

    results = read_results(folder)
    draw(read_history(folder / HISTORY_NAME), f"{settings.shape} on {host}", folder / PLOT_NAME)
    verdict = judge(results, marks, throughput_scale(settings))
    text = "\n".join([str(verdict), *_remarks(results)])
    (folder / VERDICT_NAME).write_text(f"{settings.shape} on {host}\n{text}\n", encoding="utf-8")
    _say(text)
    return MARKS_MISSED if verdict.missed else 0


def _remarks(results: Results) -> list[str]:
    """Return lines that name the most frequent failures, and a doubt about what was measured."""
    often = sorted(results.failures, key=lambda failure: -failure.occurrences)
    shown = [f"{one.occurrences} × {one.name}: {one.message}" for one in often[:MOST_FAILURES_SHOWN]]
    doubt = "Locust was short of CPU: latencies are partly its own. Give it more workers, or fewer users."
    return [*(["failures:"] if shown else []), *shown, *([doubt] if results.short_of_cpu else [])]


def _announcement(host: str, settings: LoadSettings, folder: Path) -> str:
    shape = plan(settings)
    size = f"{shape.users} users at the peak, {shape.duration_seconds:g} s, seed {settings.seed}"
    return f"{settings.shape} on {host}: {size}; reports in {folder}"


def _make_folder(output: Path | None, shape: ShapeName) -> Path:
    folder = output or REPORTS / f"{shape}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise SettingsError(f"No reports can be written to a new folder {folder}: {error.strerror}") from None
    return folder.absolute()


def _settings(options: argparse.Namespace) -> LoadSettings:
    given = {name: getattr(options, name) for name in _SETTINGS}
    if options.api_key_file:
        try:
            given["api_key"] = options.api_key_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"The API key in {options.api_key_file} can't be read: {error}") from None
    return read_settings(**given)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Every setting is an environment variable too: loadtests/README.md lists them.",
    )
    add = parser.add_argument
    add("--shape", choices=get_args(ShapeName), help="how the number of users changes (default: steady)")
    add("--host", default="http://127.0.0.1:3000", help="base URL of the service (default: %(default)s)")
    add("--users", type=int, help="users at the peak")
    add("--duration-seconds", type=float, help="length of the whole shape")
    add("--requests-per-second-per-user", type=float, help="pace of a user for single battles (default: 10)")
    add("--seed", type=int, help="the same seed asks the same questions (default: 1)")
    add("--connections", choices=("kept", "new"), help="one connection a user, or one a request")
    add("--api-key-file", type=Path, help="file with the API key; or EKIBEN_LOAD_API_KEY")
    add("--thresholds", type=Path, default=DEFAULT_FILE, help="pass marks (default: %(default)s)")
    add("--output", type=Path, help="new folder for the reports (default: build/loadtests/SHAPE-TIME)")
    add("--wait-seconds", type=float, default=0.0, help="how long the service may take to answer at first")
    cluster = parser.add_argument_group("distributed").add_argument
    cluster("--expect-workers", type=int, default=0, help="be the master of so many workers")
    cluster("--worker-of", metavar="MASTER", help="be a worker of this master; only a key is needed besides")
    cluster("--master-port", type=int, default=5557, help="where the master listens (default: %(default)s)")
    cluster("--print-report", action="store_true", help="print all reports at the end: loadtests.collect")
    return parser


if __name__ == "__main__":
    sys.exit(main())
