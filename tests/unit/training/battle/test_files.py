from pathlib import Path

from training.battle.files import BATTLES, CEILING, data_hash


def test_hash_depends_on_content_and_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"a")
    two.write_bytes(b"b")
    assert data_hash([one, two]) != data_hash([two, one])
    assert data_hash([one]) != data_hash([two])
    two.write_bytes(b"a")
    assert data_hash([one]) == data_hash([two])


def test_committed_files_are_at_most_ten_megabytes() -> None:
    assert BATTLES.stat().st_size + CEILING.stat().st_size <= 10_000_000
