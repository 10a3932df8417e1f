"""What is told of a comparison."""

from loadtests.benchmarks import comparison_page
from loadtests.benchmarks.contenders import CEILING
from tests.support.measured import OTHER, OURS, PEER, comparison


def test_page_has_machine_targets_and_all_tables() -> None:
    page = comparison_page.comparison_page(comparison())
    assert page.startswith("2 cores of a machine.")
    assert page.count("### ") == 5
    assert f"{OTHER} could not be measured: it has no model" in page
    assert comparison_page.QUICK_WARNING not in page


def test_quick_run_is_called_one() -> None:
    found = comparison()
    found.quick = True
    assert comparison_page.QUICK_WARNING in comparison_page.comparison_page(found)


def test_singles_have_medians_and_ranges_of_each_server() -> None:
    head, _, *rows = comparison_page.singles_table(comparison()).splitlines()
    assert [row.split(" | ")[0] for row in rows] == [f"| {name}" for name in comparison().rounds]
    assert rows[0].startswith(f"| {CEILING} | 20,000 (18,000–22,000) | 40,000 (36,000–44,000) |")
    assert {row.count(" | ") for row in (head, *rows)} == {head.count(" | ")}


def test_fixed_rates_are_told_as_asked_and_as_sent() -> None:
    rows = comparison_page.open_table(comparison()).splitlines()
    assert f"| {PEER} | 50% | 1,000 | 1,000 | 900 | 1.00 ms | 10.0 ms | 20.0 ms |" in rows


def test_batches_stand_beside_the_bare_booster() -> None:
    rows = comparison_page.batches_table(comparison()).splitlines()
    assert f"| {OURS}: the bare Booster | 150,000 | 300,000 |" in rows
    assert f"| {OURS}, binary | 90,000 | 120,000 |" in rows
    assert not any(row.startswith(f"| {PEER}") for row in rows)


def test_fairness_has_a_row_a_round() -> None:
    rows = comparison_page.fairness_table(comparison()).splitlines()[2:]
    assert len(rows) == 3
    assert rows[0] == f"| {OURS} | 10,000 rows | 4 | 450 | 1.00 ms | 10.0 ms | 20.0 ms | 200 ms | 0 |"
