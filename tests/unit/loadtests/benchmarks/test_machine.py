"""The machine that numbers are from is named."""

from pathlib import Path

from loadtests.benchmarks.machine import describe_machine, processor_name


def test_processor_is_named_as_the_kernel_does(tmp_path: Path) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text("processor\t: 0\nmodel name\t: Fast(R) CPU @ 3.00GHz: new\n")
    assert processor_name(told) == "Fast(R) CPU @ 3.00GHz: new"


def test_processor_without_a_name_is_its_architecture(tmp_path: Path) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text("processor\t: 0\n")
    assert processor_name(told)


def test_description_has_cores_date_and_commit() -> None:
    text = describe_machine()
    assert " cores of " in text
    assert " UTC, commit " in text
