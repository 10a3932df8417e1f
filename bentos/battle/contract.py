"""The battle model's contract: what goes in, what comes out, and which features stand between."""

import hashlib
from functools import lru_cache

from bentos.battle.features import FEATURES
from bentos.battle.pokedex import TABLES, load_pokedex
from bentos.core.contract import Contract, Field

FEATURE_VERSION = "1"
"""Changed by hand whenever a feature's meaning changes while its name stays."""

_ID = "Dex number, or 10000 + it for Alolan forms."
_MOVES = "1 to 4 distinct learnable moves by slug; the default moves where left out."
INPUTS = (
    *(Field(name=f"pokemon_{side}_id", dtype="int64", shape=(-1,), description=_ID) for side in (1, 2)),
    *(
        Field(name=f"pokemon_{side}_moves", dtype="string", shape=(-1, 4), optional=True, description=_MOVES)
        for side in (1, 2)
    ),
)
OUTPUTS = (
    Field(name="winner", dtype="int64", shape=(-1,), description="1 or 2."),
    Field(name="pokemon_1_win_probability", dtype="float64", shape=(-1,)),
    Field(name="pokemon_2_win_probability", dtype="float64", shape=(-1,)),
)


@lru_cache(maxsize=1)
def load_contract() -> Contract:
    """Return the contract of this code: its tables, its features, its default moves."""
    pokedex = load_pokedex()
    return Contract(
        model="battle",
        feature_version=FEATURE_VERSION,
        tables_sha256=_tables_sha256(),
        inputs=INPUTS,
        features=tuple(Field(name=name, dtype="float32", shape=(-1,)) for name in FEATURES),
        outputs=OUTPUTS,
        classes=("pokemon_1", "pokemon_2"),
        defaults={str(one.id): pokedex.default_moves(one.id) for one in pokedex.species},
    )


def _tables_sha256() -> str:
    digest = hashlib.sha256()
    for path in sorted(TABLES.glob("*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
