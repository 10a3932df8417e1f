"""What is told of overload."""

from loadtests.benchmarks.open_loop import Open
from loadtests.benchmarks.overload_page import Beside, Step, beside_table, overload_page, steps_table
from tests.support.measured import closed, opened


def _step(measured: Open, multiple: float = 2.0, recovery_seconds: float = 0.3) -> Step:
    return Step(
        load="1 row",
        capacity=10_000.0,
        multiple=multiple,
        measured=measured,
        bystander_p99_seconds=0.03,
        resident_megabytes=130.0,
        restarts=0,
        recovery_seconds=recovery_seconds,
    )


BESIDE = Beside(
    idle=10_000, slow=500, idle_left=10_000, slow_left=0, working=closed(9_000.0), resident_megabytes=200.0
)


def test_admitted_and_shed_requests_are_told_apart() -> None:
    row = steps_table([_step(opened(20_000.0))]).splitlines()[2]
    assert row == (
        "| 1 row | 2× | 10,000 | 20,000 | 20,000 | 18,000 | 1.80 | 1.00 ms | 10.0 ms "
        "| 2,000 | 0.20 ms | 30.0 ms | 0 | 130 MB | 0 | 0.3 s |"
    )


def test_client_that_could_send_no_more_is_marked() -> None:
    assert "| 100,000 | 40,000 † |" in steps_table([_step(opened(100_000.0, sent=40_000.0))])
    assert "†" not in steps_table([_step(opened(100_000.0, sent=96_000.0))])


def test_server_that_never_recovers_is_told() -> None:
    assert steps_table([_step(opened(), recovery_seconds=float("inf"))]).endswith("| never |")


def test_idle_connections_that_stayed_are_counted() -> None:
    row = beside_table([BESIDE]).splitlines()[2]
    assert row == "| 10,000 | 500 | 9,000 | 0.50 ms | 1.00 ms | 3.00 ms | 0 | 200 MB | 10,000 | 0 |"


def test_page_names_machine_service_and_length() -> None:
    page = overload_page("2 cores.", "Ekiben", 60, [_step(opened())], [BESIDE])
    assert page.startswith("2 cores.\n\nEkiben, one process on one core, 60 s a row")
    assert page.count("| --- |") == 2
