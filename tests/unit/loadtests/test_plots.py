"""What Locust writes over time becomes a picture."""

import math
from pathlib import Path

from loadtests.plots import EVERYTHING, draw, read_history

HISTORY = """\
Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,95%,99%
1700000000,0,,Aggregated,0.00,0.00,N/A,N/A,N/A,N/A
1700000001,0,,Aggregated,0.00,0.00,0,0,0,0
1700000001,5,POST,/api/v1/predict/battle,10.0,0.5,2,3,9,12
1700000001,5,,Aggregated,10.0,0.5,2,3,9,12
1700000003,7,POST,/api/v1/predict/battle,20.0,0.0,0,3,8,11
1700000003,7,,Aggregated,20.0,0.0,0,3,8,11
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "history.csv"
    path.write_text(text)
    return path


def test_history_is_read_by_kind_in_seconds_since_the_start(tmp_path: Path) -> None:
    history = read_history(_write(tmp_path, HISTORY))
    assert history.keys() == {EVERYTHING, "/api/v1/predict/battle"}
    everything = history[EVERYTHING]
    assert everything.seconds == [0.0, 1.0, 1.0, 3.0]
    assert [math.isnan(value) for value in everything.values["p50"]] == [True, True, False, False]
    assert everything.values["p95"][2:] == [9.0, 8.0]
    assert everything.values["users"] == [0.0, 0.0, 5.0, 7.0]
    assert history["/api/v1/predict/battle"].values["failures"] == [0.5, 0.0]


def test_picture_is_drawn_even_of_nothing(tmp_path: Path) -> None:
    for name, text in (("some", HISTORY), ("nothing", HISTORY.splitlines()[0] + "\n")):
        draw(read_history(_write(tmp_path, text)), "steady", tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
