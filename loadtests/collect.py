"""Take the report out of the log of a load test in a cluster, and show the rest of the log.

kubectl logs -f job/load-loadtests-master-1 | python -m loadtests.collect build/loadtests/cluster
"""

import sys
from pathlib import Path

from bentos.core.errors import EkibenError
from loadtests.bundle import unpack


def main() -> None:
    """Read the log from stdin to its end, write the report into the folder, name its files."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit((__doc__ or "").strip())
    folder = Path(sys.argv[1])
    try:
        names = unpack(sys.stdin, folder, _show)
    except EkibenError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    for name in sorted(names):
        _show(str(folder / name))


def _show(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
