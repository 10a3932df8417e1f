"""Files of request bodies, drawn beforehand: as wrk's script reads them, and as oha does, a line each."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

JSON = "application/json"
OCTETS = "application/octet-stream"


@dataclass(frozen=True)
class Bodies:
    """Bodies of one kind and size. `json_bytes` is how much JSON each begins with if bytes follow, else 0."""

    contents: Sequence[bytes]
    rows: int
    content_type: str = JSON
    json_bytes: int = 0


@dataclass(frozen=True)
class BodyFile:
    """Bodies in a file, ready for a load generator."""

    path: Path
    rows: int
    content_type: str
    json_bytes: int


def write_packed(bodies: Bodies, path: Path) -> BodyFile:
    """Write each body behind its length as four bytes, little-endian."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(struct.pack("<I", len(one)) + one for one in bodies.contents))
    return BodyFile(path, bodies.rows, bodies.content_type, bodies.json_bytes)


def write_lines(bodies: Bodies, path: Path) -> BodyFile:
    """Write a body a line. Raises ValueError for bodies that are not JSON: they may hold line ends."""
    if bodies.json_bytes or any(b"\n" in one for one in bodies.contents):
        raise ValueError("Only bodies without line ends can be written line by line.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(bodies.contents) + b"\n")
    return BodyFile(path, bodies.rows, bodies.content_type, 0)
