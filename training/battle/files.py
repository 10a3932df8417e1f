"""Where the labelled battles lie, and their digest: quick, since every start asks whether anything is new."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

DATA = Path(__file__).parent / "data"
BATTLES = DATA / "battles.parquet"
CEILING = DATA / "ceiling.parquet"


def data_hash(paths: Iterable[Path] = (BATTLES, CEILING)) -> str:
    """Return the SHA-256, as hex, over the files' digests in order."""
    digest = sha256()
    for path in paths:
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()
