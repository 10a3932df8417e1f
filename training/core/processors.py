"""How many processors this process may really use: in a container that is its CPU limit, not the machine."""

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def available_processors(cgroups: Path = CGROUPS) -> int:
    """Return the CPU limit, rounded up, or the processors that the system lets us have if there is none."""
    allowed = len(os.sched_getaffinity(0))
    limit = _limit(cgroups)
    return allowed if limit is None else max(1, min(allowed, math.ceil(limit)))


def _limit(cgroups: Path) -> float | None:
    """Return the quota in processors: of version 2 of the kernel's groups, or else of version 1."""
    try:
        quota, period = (cgroups / "cpu.max").read_text().split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        pass
    try:
        quota = (cgroups / "cpu" / "cpu.cfs_quota_us").read_text()
        period = (cgroups / "cpu" / "cpu.cfs_period_us").read_text()
        return int(quota) / int(period) if int(quota) > 0 else None
    except (OSError, ValueError):
        return None
