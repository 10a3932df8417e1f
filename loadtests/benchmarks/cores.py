"""Which core the server has, and which one the load comes from."""

import os
import resource
import shutil
from collections.abc import Sequence

from loadtests.benchmarks.errors import ToolMissing

FEWEST_CORES = 2


def divide_cores() -> tuple[int, int]:
    """Return the server's core and the clients'. Raises ToolMissing if there are fewer than two."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < FEWEST_CORES:
        raise ToolMissing("a second core", "server and load must not share one")
    return cores[0], cores[-1]


def on_core(core: int, command: Sequence[str]) -> list[str]:
    """Return the command, bound to one core. Raises ToolMissing without taskset."""
    taskset = shutil.which("taskset")
    if taskset is None:
        raise ToolMissing("taskset", "it is in util-linux")
    return [taskset, "-c", str(core), *command]


def open_many_files() -> int:
    """Let this process and its children open as many files as they may; return how many those are."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
