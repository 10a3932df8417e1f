"""What training, serving and tests agree on about a model: data, declared once in
`bentos/<model>/contract.py`."""

import hashlib

import msgspec


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One named array. A dimension of -1 is the number of rows."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    unit: str = ""
    description: str = ""
    optional: bool = False


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """Names, dtypes, shapes and units of everything that crosses from training to serving.

    `feature_version` changes whenever a feature's meaning does; `tables_sha256` is the digest of the
    reference tables that features are computed from; `defaults` holds what is used where a caller leaves an
    optional input out.
    """

    model: str
    feature_version: str
    tables_sha256: str
    inputs: tuple[Field, ...]
    features: tuple[Field, ...]
    outputs: tuple[Field, ...]
    classes: tuple[str, ...]
    defaults: dict[str, tuple[str, ...]]

    def encode(self) -> bytes:
        """Return the canonical JSON: the same contract always has the same bytes."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=1) + b"\n"

    def digest(self) -> str:
        """Return `sha256:<hex>` of the canonical JSON."""
        return "sha256:" + hashlib.sha256(self.encode()).hexdigest()
