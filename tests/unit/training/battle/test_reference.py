"""Reference tables are written as CSV that serving can read."""

import csv
import io
from pathlib import Path

import pytest

from bentos.battle.pokedex import TABLES
from training.battle import reference
from training.battle.reference import TABLE_NAMES, main, render


def _committed(name: str) -> list[dict[str, object]]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_columns_keep_their_order_and_lines_end_in_line_feeds() -> None:
    assert render([{"b": 1, "a": ""}, {"b": 2, "a": "x,y"}]) == 'b,a\n1,\n2,"x,y"\n'


@pytest.mark.parametrize("name", TABLE_NAMES)
def test_committed_tables_are_rendered_as_they_are(name: str) -> None:
    text = render(_committed(name))
    assert text == (TABLES / f"{name}.csv").read_text(encoding="utf-8")
    assert list(csv.DictReader(io.StringIO(text))) == _committed(name)


def test_every_table_is_written_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "export_tables", lambda: {name: [{"name": name}] for name in TABLE_NAMES})
    main(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.csv" for name in TABLE_NAMES}
    assert (tmp_path / "moves.csv").read_text(encoding="utf-8") == "name\nmoves\n"
    assert str(tmp_path / "types.csv") in capsys.readouterr().err
