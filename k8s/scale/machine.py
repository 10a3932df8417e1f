"""On which machine figures were measured."""

import os
import re
from pathlib import Path

import psutil

from k8s.scale.results import Machine

BYTES_PER_GB = 1_000_000_000


def describe_machine() -> Machine:
    """Describe this one, and how busy others keep it."""
    return Machine(
        cores=os.cpu_count() or 1,
        processor=processor(Path("/proc/cpuinfo").read_text()),
        memory_gb=round(psutil.virtual_memory().total / BYTES_PER_GB),
        load_before=round(os.getloadavg()[0], 1),
    )


def processor(cpuinfo: str) -> str:
    """Return what the kernel calls the first processor."""
    found = re.search(r"^model name\s*: (.+)$", cpuinfo, re.MULTILINE)
    return found[1] if found else "unknown"
