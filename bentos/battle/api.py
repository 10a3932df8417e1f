"""What callers send and receive: the typed bodies of the battle service."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from bentos.battle.pokedex import Category

MAX_BATTLES = 10_000

PokemonId = Annotated[
    int,
    Meta(
        ge=1,
        le=20_000,
        description="Dex number for base forms (25 is Pikachu), 10000 + dex number for Alolan forms.",
    ),
]
MoveSlug = Annotated[
    str, Meta(min_length=1, max_length=32, description="A move by its slug, such as `thunderbolt`.")
]
MoveSlugs = Annotated[
    list[MoveSlug],
    Meta(min_length=1, max_length=4, description="1 to 4 distinct moves that this Pokémon can learn."),
]


class BattleRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Two Pokémon at level 50; whoever names no moves fights with the default ones."""

    pokemon_1_id: PokemonId
    pokemon_2_id: PokemonId
    pokemon_1_moves: MoveSlugs | None = None
    pokemon_2_moves: MoveSlugs | None = None


class BattlesRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Many battles at once; either all rows are answered or the bad ones are named."""

    battles: Annotated[list[BattleRequest], Meta(min_length=1, max_length=MAX_BATTLES)]


class BattleAnswer(Struct, frozen=True):
    """Who wins, and how sure. The two probabilities add up to exactly 1; `confidence` is the larger one."""

    winner: Annotated[int, Meta(ge=1, le=2)]
    winner_name: str
    confidence: Annotated[float, Meta(ge=0.5, le=1)]
    pokemon_1_win_probability: Annotated[float, Meta(ge=0, le=1)]
    pokemon_2_win_probability: Annotated[float, Meta(ge=0, le=1)]
    model_version: str


class BattlesAnswer(Struct, frozen=True):
    """One answer a battle, in the order of the request."""

    predictions: list[BattleAnswer]


class Contribution(Struct, frozen=True):
    """How much one mechanism moved the answer. `log_odds` above 0 favours Pokémon 1."""

    mechanism: str
    log_odds: float
    favours: str
    explanation: str
    values: dict[str, float]


class ExplainAnswer(Struct, frozen=True):
    """The answer, and what it rests on: largest contributions first; with `base_log_odds` they add up to the
    log-odds of Pokémon 1 winning. The base is what holds for the average battle: the faster side wins a
    little more often, so it has the sign of whoever is faster."""

    prediction: BattleAnswer
    summary: str
    base_log_odds: float
    contributions: list[Contribution]


class PokemonSummary(Struct, frozen=True):
    """One Pokémon in the list."""

    id: int
    name: str
    types: tuple[str, ...]


class PokemonDetail(Struct, frozen=True):
    """One Pokémon: its statistics at level 50, what it can learn, and what it fights with by default."""

    id: int
    name: str
    types: tuple[str, ...]
    statistics: dict[str, int]
    default_moves: tuple[str, ...]
    learnable_moves: tuple[str, ...]


class MoveSummary(Struct, frozen=True):
    """One move in the list. `number` is what stands for it in tensors. `power` is 0 for status moves and for
    those whose damage follows another rule; `accuracy` in percent."""

    number: Annotated[int, Meta(ge=1)]
    slug: str
    name: str
    type: str
    category: Category
    power: int
    accuracy: int


class MoveList(Struct, frozen=True):
    """Every move that some Pokémon of the service can learn, by number."""

    moves: list[MoveSummary]


class Counter(Struct, frozen=True):
    """An opponent that beats the asked Pokémon, both with default moves."""

    id: int
    name: str
    win_probability: float


class CountersAnswer(Struct, frozen=True):
    """The strongest opponents of one Pokémon, best first."""

    id: int
    name: str
    counters: list[Counter]
    model_version: str


class PokemonList(Struct, frozen=True):
    """Every Pokémon that the service knows."""

    pokemon: list[PokemonSummary]


EXAMPLE_BATTLE = msgspec.json.decode(b'{"pokemon_1_id": 25, "pokemon_2_id": 6}')
