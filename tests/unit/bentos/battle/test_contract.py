import hashlib

from bentos.battle import contract
from bentos.battle.features import FEATURES
from bentos.battle.pokedex import TABLES, load_pokedex


def test_contract_names_every_feature_in_order() -> None:
    assert tuple(field.name for field in contract.load_contract().features) == FEATURES


def test_contract_stores_the_default_moves() -> None:
    pokedex = load_pokedex()
    stored = contract.load_contract().defaults
    assert {int(key): moves for key, moves in stored.items()} == {
        one.id: pokedex.default_moves(one.id) for one in pokedex.species
    }


def test_contract_follows_the_bytes_of_the_tables() -> None:
    digest = hashlib.sha256()
    for name in ("learnsets.csv", "moves.csv", "species.csv", "types.csv"):
        digest.update(name.encode() + b"\0" + (TABLES / name).read_bytes())
    assert contract.load_contract().tables_sha256 == digest.hexdigest()
