"""The frozen windows and headlines that prompts are judged on; `training.analyst.windows` chose them."""

from datetime import UTC
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import msgspec

from bentos.analyst.candles import Candle
from bentos.core.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["rising", "falling", "flat", "volatile", "gaps"]
KINDS: tuple[Kind, ...] = get_args(Kind)

DATA = Path(__file__).parent / "data"
WINDOWS = DATA / "windows.parquet"
HEADLINES = DATA / "headlines.json"


class FrozenWindow(msgspec.Struct, frozen=True):
    """Real candles of one symbol in ascending order, and why they were chosen."""

    name: str
    kind: Kind
    candles: tuple[Candle, ...]


@lru_cache(maxsize=1)
def load_windows() -> tuple[FrozenWindow, ...]:
    """Return all frozen windows; kinds take turns, so that the first n are a fair sample of them."""
    import pandas as pd

    rows = pd.read_parquet(WINDOWS)
    return tuple(
        FrozenWindow(str(name), of_window["kind"].iloc[0], _candles(of_window))
        for name, of_window in rows.groupby("window", sort=False)
    )


def first_windows(number: int) -> tuple[FrozenWindow, ...]:
    """Return the first windows, 0: all. Raises SettingsError if there are fewer."""
    windows = load_windows()
    if number > len(windows):
        raise SettingsError(f"There are {len(windows)} frozen windows, not {number}.")
    return windows[:number] if number else windows


def write_windows(windows: "tuple[FrozenWindow, ...]", path: Path = WINDOWS) -> None:
    """Write the frozen windows, one row for each candle."""
    import pandas as pd

    rows = [
        {"window": window.name, "kind": window.kind} | msgspec.structs.asdict(candle)
        for window in windows
        for candle in window.candles
    ]
    path.parent.mkdir(exist_ok=True)
    pd.DataFrame(rows).to_parquet(path, index=False, compression="zstd")


@lru_cache(maxsize=1)
def load_headlines() -> tuple[tuple[str, ...], ...]:
    """Return the sets of headlines; window i is shown set i modulo their number."""
    return msgspec.json.decode(HEADLINES.read_bytes(), type=tuple[tuple[str, ...], ...])


def headlines_of(number: int) -> tuple[str, ...]:
    """Return the headlines that are shown with the window of this number."""
    sets = load_headlines()
    return sets[number % len(sets)]


def data_hash() -> str:
    """Return the SHA-256, as hex, over the digests of windows and headlines."""
    digest = sha256()
    for path in (WINDOWS, HEADLINES):
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _candles(rows: "pd.DataFrame") -> tuple[Candle, ...]:
    fields = [name for name in rows.columns if name not in ("window", "kind", "timestamp")]
    return tuple(
        Candle(timestamp=moment.to_pydatetime().astimezone(UTC), **dict(zip(fields, values, strict=True)))
        for moment, values in zip(
            rows["timestamp"], rows[fields].itertuples(index=False, name=None), strict=True
        )
    )
