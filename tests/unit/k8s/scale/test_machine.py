"""The machine is described by what the kernel says."""

import os

from k8s.scale.machine import describe_machine, processor


def test_first_processor_is_named() -> None:
    assert processor("processor\t: 0\nmodel name\t: A Fine One @ 2 GHz\nmodel name\t: Another\n") == (
        "A Fine One @ 2 GHz"
    )


def test_processor_without_a_name_is_unknown() -> None:
    assert processor("processor : 0\n") == "unknown"


def test_this_machine_has_cores_and_memory() -> None:
    found = describe_machine()
    assert found.cores == os.cpu_count()
    assert found.memory_gb > 0
