"""What public sources answer, in the shape in which they were seen to."""

from pathlib import Path

RECORDED = Path(__file__).parents[1] / "unit/bentos/analyst/collect/sources/recorded"


def recorded(name: str) -> bytes:
    """Return one answer, such as `kraken.json`."""
    return (RECORDED / name).read_bytes()
