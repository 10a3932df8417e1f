"""Files of bodies hold exactly what was drawn."""

import struct
from pathlib import Path

import pytest

from loadtests.benchmarks.bodies import OCTETS, Bodies, write_lines, write_packed


def test_packed_bodies_follow_their_lengths(tmp_path: Path) -> None:
    contents = [b'{"a":1}', b"\n\x00" * 200]
    written = write_packed(Bodies(contents, 3, OCTETS, 7), tmp_path / "new" / "file")
    content = written.path.read_bytes()
    found = []
    while content:
        (length,) = struct.unpack_from("<I", content)
        found.append(content[4 : 4 + length])
        content = content[4 + length :]
    assert found == contents
    assert (written.rows, written.content_type, written.json_bytes) == (3, OCTETS, 7)


def test_lines_hold_a_body_each(tmp_path: Path) -> None:
    written = write_lines(Bodies([b"{}", b"[1]"], 1), tmp_path / "file")
    assert written.path.read_bytes() == b"{}\n[1]\n"


@pytest.mark.parametrize("bodies", [Bodies([b"{}\n"], 1), Bodies([b"{}abc"], 1, OCTETS, 2)])
def test_bodies_that_lines_would_break_are_refused(bodies: Bodies, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line ends"):
        write_lines(bodies, tmp_path / "file")
