"""The real simulator: it reproduces what is committed; labelled battles are made, enlarged and verified.

The first test that needs it installs the simulator's package into the home, once.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from bentos.battle.pokedex import SAME_TYPE_BONUS, TABLES, load_pokedex
from training.battle import battles
from training.battle.data import load_battles, load_ceiling, made_by, write_battles
from training.battle.files import BATTLES
from training.battle.pairings import draw_pairings
from training.battle.reference import export
from training.battle.simulator import Pairing, Result, SimulatorUnavailable, export_damage, install, simulate

PIKACHU = (25, ("quick-attack", "thunder-wave", "thunderbolt"))
SQUIRTLE = (7, ("rest", "surf", "tackle", "withdraw"))


@pytest.fixture(scope="module")
def installation() -> Path:
    """Return the folder below the home where the simulator's packages are."""
    return install().parents[1]


@pytest.fixture
def home(installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an empty home in force that shares the installed simulator."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "simulator").symlink_to(installation)
    monkeypatch.setenv("EKIBEN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def _pairing(first: int, count: int, one: Any = PIKACHU, two: Any = SQUIRTLE) -> Pairing:
    return Pairing(
        index=first,
        species_1=one[0],
        moves_1=one[1],
        species_2=two[0],
        moves_2=two[1],
        first=first,
        count=count,
    )


def _fight(*pairings: Pairing, stock: bool = False) -> list[Result]:
    return [result for batch in simulate(pairings, stock=stock) for result in batch]


@pytest.mark.parametrize(
    ("load", "rows", "first", "count"), [(load_battles, 150, 0, None), (load_ceiling, 2, 1000, 200)]
)
def test_committed_rows_come_out_the_same_again(
    installation: Path, load: Any, rows: int, first: int, count: int | None
) -> None:
    sample = load().sample(rows, random_state=7)
    assert battles.count_differences(sample, 2, first, count) == 0


def test_committed_tables_equal_a_fresh_export(installation: Path) -> None:
    for name, text in export().items():
        assert (TABLES / f"{name}.csv").read_text(encoding="utf-8") == text


def test_quick_battles_end_as_the_simulators_own_do(installation: Path) -> None:
    draws = draw_pairings(14_535 + 60)[-60:]
    pairings = battles.to_pairings(draws, first=0, count=3)
    assert _fight(*pairings) == _fight(*pairings, stock=True)


def test_each_battle_depends_on_its_own_number_only(installation: Path) -> None:
    together = _fight(_pairing(0, 12))[0]
    alone = _fight(*(_pairing(number, 1) for number in reversed(range(12))))
    assert sum(result.wins_1 for result in alone) == together.wins_1
    assert sum(result.turns for result in alone) == together.turns
    assert len({(result.wins_1, result.turns) for result in alone}) > 1


def test_undecided_battles_are_counted_apart(installation: Path) -> None:
    ditto = (132, ("transform",))
    [result] = _fight(_pairing(0, 3, ditto, ditto))
    assert result.battles + result.ties == 3


def test_stronger_pokemon_win(installation: Path) -> None:
    mewtwo, magikarp = (150, ("psychic",)), (129, ("splash", "tackle"))
    [result] = _fight(_pairing(0, 20, mewtwo, magikarp))
    assert (result.wins_1, result.battles) == (20, 20)


def test_move_that_costs_the_user_is_not_chosen_when_there_is_another(installation: Path) -> None:
    electrode, magikarp = (101, ("explosion", "thunderbolt")), (129, ("splash",))
    only_explosion = (101, ("explosion",))
    first, second = _fight(_pairing(0, 20, electrode, magikarp), _pairing(0, 20, only_explosion, magikarp))
    assert (first.wins_1, second.wins_1) == (20, 0)


def test_unknown_move_is_refused_by_name(installation: Path) -> None:
    with pytest.raises(SimulatorUnavailable, match="no move is called thunderbold"):
        _fight(_pairing(0, 1, (25, ("thunderbold",))))


def test_unknown_species_is_refused(installation: Path) -> None:
    with pytest.raises(SimulatorUnavailable, match="no species has id 9999"):
        _fight(_pairing(0, 1, (9999, ("thunderbolt",))))


def test_expected_damage_is_the_documented_formula(installation: Path) -> None:
    dex = load_pokedex()
    rows = export_damage()
    assert len(rows) == 4665
    shares = {(row["species"], row["move"]): row["shares"] for row in rows}
    for species_id, slug in [(25, "thunderbolt"), (6, "slash"), (34, "earthquake"), (15, "pin-missile")]:
        user, move = dex.species_by_id[species_id], dex.moves_by_slug[slug]
        physical = move.category == "physical"
        attack = user.attack if physical else user.special_attack
        bonus = SAME_TYPE_BONUS if move.type in user.types else 1.0
        critical = 1 + (1 / 8 if move.critical_stage else 1 / 24) / 2
        for share, target in zip(shares[species_id, slug], dex.species, strict=True):
            defense = target.defense if physical else target.special_defense
            base = (22 * move.power * attack / defense / 50 + 2) * 0.925 * critical
            damage = base * bonus * dex.effectiveness(move.type, target.types) * move.mean_hits
            assert share == pytest.approx(damage / target.hp)


def test_expected_damage_of_special_moves(installation: Path) -> None:
    dex = load_pokedex()
    place = {one.id: index for index, one in enumerate(dex.species)}
    shares = {(row["species"], row["move"]): np.array(row["shares"]) for row in export_damage()}
    hit_points = np.array([one.hp for one in dex.species])
    assert shares[92, "night-shade"][place[150]] * 181 == pytest.approx(50)
    assert shares[92, "night-shade"][place[143]] == 0
    assert shares[19, "super-fang"][place[150]] == pytest.approx(0.5)
    assert shares[50, "fissure"][place[150]] == 1
    assert shares[50, "fissure"][place[6]] == 0
    assert (shares[97, "dream-eater"] == 0).all()
    assert not any(row.any() for (_, slug), row in shares.items() if slug == "counter")
    assert shares[66, "low-kick"][place[143]] > shares[66, "low-kick"][place[133]]
    assert (shares[147, "dragon-rage"] * hit_points)[place[25]] == pytest.approx(40)


def test_battles_are_made_enlarged_and_verified(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(battles, "CEILING_BATTLES", 20)
    run, folder = CliRunner(), ["--folder", str(tmp_path / "data"), "--processes", "2"]
    path = tmp_path / "data" / "battles.parquet"
    made = run.invoke(battles.app, ["generate", "--pairings", "60", "--ceiling", "2", *folder])
    assert made.exit_code == 0
    small, ceiling = load_battles(path), load_battles(tmp_path / "data" / "ceiling.parquet")
    assert (len(small), len(ceiling)) == (60, 2)
    assert ceiling["battles"].tolist() == [20, 20]

    assert run.invoke(battles.app, ["extend", "--pairings", "70", *folder]).exit_code == 0
    large = load_battles(path)
    assert len(large) == 70
    assert len(large.merge(small.drop(columns="split"))) == 60

    assert run.invoke(battles.app, ["verify", "--rows", "20", *folder]).exit_code == 0
    altered = large.assign(wins_1=large["battles"] - large["wins_1"])
    write_battles(altered, path, made_by(path))
    refused = run.invoke(battles.app, ["verify", "--rows", "20", *folder])
    assert isinstance(refused.exception, battles.NotReproduced)
    assert "of 20 rows" in str(refused.exception)


def test_battles_of_another_simulator_are_not_enlarged(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "battles.parquet"
    write_battles(load_battles(BATTLES).head(20), path, "0" * 64)
    before = path.read_bytes()
    refused = CliRunner().invoke(battles.app, ["extend", "--pairings", "30", "--folder", str(tmp_path)])
    assert isinstance(refused.exception, battles.OtherSimulator)
    assert path.read_bytes() == before


def test_command_line_ends_with_the_errors_code(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_battles(pd.DataFrame(load_battles(BATTLES).head(20)), tmp_path / "battles.parquet", "0" * 64)
    monkeypatch.setattr("sys.argv", ["battles", "extend", "--pairings", "30", "--folder", str(tmp_path)])
    assert battles.main() == battles.OtherSimulator.exit_code
